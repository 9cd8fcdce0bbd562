"""The virtual environment of the suites that are Python packages: made once beside `run`, with pinned versions.

It is made anew when `suites/requirements.txt` changes. The checks themselves run in a child process of that environment.
"""

import hashlib
import json
import os
import pathlib
import shutil
import subprocess
import sys

from . import bench, report

ROOT = pathlib.Path(__file__).resolve().parents[2]
WHERE = ROOT / ".venv"
PINS = ROOT / "suites" / "requirements.txt"
CHECKS = ROOT / "suites" / "scim2_tester" / "checks.py"
# The whole suite takes about a minute on two cores; a suite that hangs must end.
CHECKS_SECONDS = 1200


def python() -> pathlib.Path:
    """The interpreter of the environment, installed if it is not there yet."""
    wanted = hashlib.sha256(PINS.read_bytes()).hexdigest()
    stamp, interpreter = WHERE / "pins.sha256", WHERE / "bin" / "python"
    if stamp.exists() and stamp.read_text() == wanted and interpreter.exists():
        return interpreter
    print(f"making {WHERE} with the versions in {PINS.name}", file=sys.stderr)
    shutil.rmtree(WHERE, ignore_errors=True)
    _must(
        [sys.executable, "-m", "venv", str(WHERE)], "make a virtual environment (Debian: apt-get install python3-venv)"
    )
    pip = [str(interpreter), "-m", "pip", "install", "--quiet", "--disable-pip-version-check", "-r", str(PINS)]
    _must(pip, "install the pinned packages (is a package index reachable?)")
    stamp.write_text(wanted)
    return interpreter


def _must(command: list, what: str) -> None:
    done = subprocess.run(command, capture_output=True, text=True)
    if done.returncode != 0:
        raise bench.BenchError(f"cannot {what}:\n{(done.stderr or done.stdout).strip()[-2000:]}")


def run_checks(outcome: report.Outcome, stand: bench.Bench, interpreter: pathlib.Path, only: str) -> None:
    """Runs the package's checks in the environment and reads its findings, one JSON object a line."""
    child = {**os.environ, "SCIM_BASE": stand.base, "SCIM_TOKEN": stand.token, "PYTHONDONTWRITEBYTECODE": "1"}
    try:
        done = subprocess.run(
            [str(interpreter), str(CHECKS)], env=child, capture_output=True, text=True, timeout=CHECKS_SECONDS
        )
    except subprocess.TimeoutExpired as error:
        raise bench.BenchError(f"the checks did not end within {CHECKS_SECONDS} s") from error
    if done.returncode != 0:
        raise bench.BenchError(f"the checks could not run:\n{done.stderr.strip()[-3000:]}")
    for line in done.stdout.splitlines():
        found = json.loads(line)
        if only in found["name"]:
            faults = [found["reason"]] if found["reason"] else []
            outcome.cases.append(report.Case(found["name"], found["passed"], faults, found["skipped"]))
    outcome.note = f"{len(outcome.cases)} checks"
