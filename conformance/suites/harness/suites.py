"""The list of suites, and how each is started: replays in this process, Python packages in their own environment."""

import importlib
from dataclasses import dataclass
from functools import partial

from . import bench, commands, packages, replay, report


def _replay(module: str, outcome: report.Outcome, stand: bench.Bench, only: str) -> None:
    scenarios = importlib.import_module(module).scenarios()
    replay.run(outcome, stand, [one for one in scenarios if only in one.name])


def _commands(module: str, outcome: report.Outcome, stand: bench.Bench, only: str) -> None:
    suite = importlib.import_module(module)
    with suite.client(stand) as client:
        commands.run(outcome, stand, client, [one for one in suite.scenarios() if only in one.name])


@dataclass
class Suite:
    """What runs it (outcome, bench, filter of names), and the file of its exceptions where that is not its own name."""

    start: object
    exceptions: str = ""


def _sanity(*mode: str) -> Suite:
    # One list for all modes: they send the same requests and differ in what they forgive.
    return Suite(partial(packages.sanity, mode=list(mode)), "scim-sanity")


SUITES = {
    "scim2-tester": Suite(packages.tester),
    "scim-sanity": _sanity(),
    "scim-sanity-compat": _sanity("--compat"),
    "scim-sanity-entra": _sanity("--profile", "entra"),
    "scim2-cli": Suite(partial(_commands, "scim2_cli")),
    "entra": Suite(partial(_replay, "entra")),
    "okta": Suite(partial(_replay, "okta")),
    "others": Suite(partial(_replay, "others")),
}
NAMES = tuple(SUITES)


def run(name: str, binaries: dict, asked) -> report.Outcome:
    """Runs one suite against a fresh bridge and a fresh emulator."""
    suite, outcome = SUITES[name], report.Outcome(name, complete=not asked.only)
    try:
        outcome.exceptions = report.exceptions(suite.exceptions or name)
        with bench.Bench(binaries, name, keep=asked.keep) as stand:
            suite.start(outcome, stand, asked.only)
            stand.require_alive()
            if bench.description():
                found = stand.emulator("violations")
                outcome.cases.append(
                    report.Case("every call of the bridge is one that Genesys Cloud describes", not found, found)
                )
    except (bench.BenchError, report.ExceptionsError) as error:
        outcome.broken = str(error)
    return outcome
