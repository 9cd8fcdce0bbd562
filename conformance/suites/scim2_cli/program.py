"""Runs `scim` as often as it is told to, each time in a process of its own, without loading the package each time.

Runs inside the environment that `harness/environment.py` makes. Reads one JSON object a line, arguments, standard input and
environment variables of a call, and answers with one: exit status, output, error channel. What is called is the entry point of the
program `scim`, nothing of it is replaced. What is asked and expected: the other files beside this one.
"""

import json
import os
import signal
import sys
import tempfile
import traceback

import scim2_cli

# The client's own test of a server takes ten seconds; a call that hangs must end.
CALL_SECONDS = 300


def become_scim(call: dict, files: list) -> int:
    """In the child: what the program does from its start to its end."""
    for number, file in enumerate(files):
        os.dup2(file.fileno(), number)
    sys.stdin = open(0, encoding="utf-8")
    sys.stdout, sys.stderr = open(1, "w", encoding="utf-8"), open(2, "w", encoding="utf-8")
    os.environ.update(call["variables"])
    sys.argv = ["scim", *call["arguments"]]
    signal.alarm(CALL_SECONDS)
    try:
        scim2_cli.cli()
        status = 0
    except SystemExit as end:
        status = end.code if isinstance(end.code, int) else int(end.code is not None)
    except BaseException:
        traceback.print_exc()
        status = 1
    sys.stdout.flush()
    sys.stderr.flush()
    return status


def answer(call: dict) -> dict:
    with tempfile.TemporaryFile() as stdin, tempfile.TemporaryFile() as output, tempfile.TemporaryFile() as error:
        stdin.write(call["stdin"].encode())
        stdin.seek(0)
        child = os.fork()
        if child == 0:
            os._exit(become_scim(call, [stdin, output, error]))
        _, ended = os.waitpid(child, 0)
        output.seek(0)
        error.seek(0)
        return {
            "status": os.waitstatus_to_exitcode(ended),
            "output": output.read().decode(errors="replace"),
            "error": error.read().decode(errors="replace"),
        }


def main() -> None:
    for line in iter(sys.stdin.readline, ""):
        print(json.dumps(answer(json.loads(line))), flush=True)


if __name__ == "__main__":
    main()
