"""Sessions with a command-line client as data: each command, how it must end, and what must be in its output.

Placeholders as in `values`, places as in `expect`. Each command is a case; after one that did not hold, the rest of its session
counts as failed. Requests of our own: `replay`.
"""

import contextlib
import json
import os
import pathlib
import subprocess
from dataclasses import dataclass, field

from . import bench, environment, expect, report
from .values import Fault, Values

# As much of an output is shown when it is not what it should be.
SHOWN = 1500


@dataclass
class Command:
    """One call of the client: what it does, its arguments (what is not a text is passed as JSON), and what must come of it.

    `check` is about its output as JSON, `shows` are texts in an output that is not, `error` are texts on the error channel.
    Unless it must fail it says nothing there. Where `wrong` is given, lines that begin with it tell what is wrong, each with the
    line that follows: then they are what is shown when it fails, and their number.
    """

    name: str
    arguments: list
    status: int = 0
    check: dict = field(default_factory=dict)
    shows: tuple = ()
    error: tuple = ()
    save: dict = field(default_factory=dict)
    stdin: object = None
    variables: dict = field(default_factory=dict)
    wrong: str = ""


@dataclass
class Scenario:
    """Commands in order. `needs` are places of the ServiceProviderConfig: where they do not hold, the session is left out."""

    name: str
    commands: list
    needs: dict = field(default_factory=dict)


class Client:
    """The client's program, started once in the environment of the packages; a context manager.

    `driver` is a script that reads calls and answers them, see `scim2_cli/program.py`. `variables` point it to the service,
    `values` are for all sessions, `configuration` is what the service says it can do.
    """

    def __init__(self, name: str, driver: pathlib.Path, variables: dict, values: dict, configuration: dict):
        self.name, self.driver, self.variables = name, driver, variables
        self.values, self.configuration = values, configuration

    def __enter__(self):
        self.child = subprocess.Popen(
            [str(environment.program("python")), str(self.driver)],
            env={**os.environ, **self.variables},
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )
        return self

    def __exit__(self, *_reason) -> None:
        # It ends when there is nothing more to read; when it has died, what it was sent last cannot be written.
        with contextlib.suppress(OSError):
            self.child.stdin.close()
        self.child.stdout.close()
        self.child.wait()

    def call(self, arguments: list, stdin: str, variables: dict) -> dict:
        """One call of the program: its exit `status`, `output` and `error`."""
        asked = {"arguments": arguments, "stdin": stdin, "variables": variables}
        try:
            self.child.stdin.write(json.dumps(asked) + "\n")
            self.child.stdin.flush()
            return json.loads(self.child.stdout.readline())
        except (OSError, ValueError) as error:
            raise bench.BenchError(f"{self.name} cannot be called ({error}); its messages are above") from error


class Session(Values):
    """One session being played."""

    def __init__(self, client: Client, number: int):
        super().__init__({"n": f"sc{number:03}", **client.values})
        self.client = client

    def hold(self, command: Command) -> None:
        """Runs a command and compares; `Fault` when it did not end or say what it must."""
        arguments = [one if isinstance(one, str) else json.dumps(one) for one in self.put(command.arguments)]
        stdin = "" if command.stdin is None else json.dumps(self.put(command.stdin))
        done = self.client.call(arguments, stdin, self.put(command.variables))
        body = _json(done["output"])
        faults = self._faults(command, done) + [
            found
            for where, wanted in command.check.items()
            if (found := expect.fault(self.put(where), self.put(wanted), body))
        ]
        if faults:
            raise Fault("\n".join([f"{self.client.name} {' '.join(arguments)}", *faults]))
        for name, where in command.save.items():
            value = expect.place(body, where)
            if value is expect.NOTHING:
                raise Fault(f"nothing to remember at {where}")
            self.values[name] = value

    def _faults(self, command: Command, done: dict) -> list:
        status, output, error, faults = done["status"], done["output"], done["error"], []
        if status != command.status:
            said = _mistakes(output, command.wrong) or (error.strip() or output.strip())[-SHOWN:]
            faults.append(f"expected exit status {command.status}, found {status}: {said}")
        if error and not command.status:
            faults.append(f"it complains: {error.strip()[-SHOWN:]}")
        if "Traceback" in error:
            faults.append("the client broke down")
        texts = [(text, output, "output") for text in self.put(list(command.shows))]
        texts += [(text, error, "error channel") for text in self.put(list(command.error))]
        faults += [f"no {text!r} in its {where}: {found[-SHOWN:]}" for text, found, where in texts if text not in found]
        return faults


def _mistakes(output: str, mark: str) -> str:
    """The lines that begin with the mark, each with the one behind it, and how many there are."""
    lines = output.splitlines()
    found = [number for number, line in enumerate(lines) if mark and line.startswith(mark)]
    told = [" ".join(line.strip() for line in lines[number : number + 2])[:SHOWN] for number in found]
    return "\n".join([f"{len(found)} x {mark}", *told]) if found else ""


def _json(output: str):
    try:
        return json.loads(output)
    except ValueError:
        return expect.NOTHING


def run(outcome: report.Outcome, stand: bench.Bench, client: Client, scenarios: list) -> None:
    """Plays all sessions one after the other."""
    commands = checks = 0
    for number, scenario in enumerate(scenarios, 1):
        lacking = [expect.fault(at, wanted, client.configuration) for at, wanted in scenario.needs.items()]
        if any(lacking):
            why = [f"ServiceProviderConfig{fault}" for fault in lacking if fault]
            outcome.cases.append(report.Case(scenario.name, False, why, skipped=True))
            continue
        session, broken = Session(client, number), ""
        for command in scenario.commands:
            case = report.Case(f"{scenario.name}: {command.name}", True)
            try:
                if broken:
                    raise Fault(f'not tried after "{broken}"')
                session.hold(command)
                commands += 1
                checks += 1 + len(command.check) + len(command.shows) + len(command.error)
            except Fault as fault:
                case.passed, case.faults = False, [str(fault)]
                broken = broken or command.name
            outcome.cases.append(case)
        stand.require_alive()
    outcome.note = f"{commands} commands, {checks} checks"
