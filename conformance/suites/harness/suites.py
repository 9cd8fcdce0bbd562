"""The list of suites, and how each is started: replays in this process, Python packages in their own environment."""

import importlib

from . import bench, environment, replay, report

REPLAYS = ("entra", "okta", "others")
NAMES = ("scim2-tester", *REPLAYS)


def run(name: str, binaries: dict, asked) -> report.Outcome:
    """Runs one suite against a fresh bridge and a fresh emulator."""
    outcome = report.Outcome(name, exceptions=report.exceptions(name), complete=not asked.only)
    try:
        python = None if name in REPLAYS else environment.python()
        with bench.Bench(binaries, name, keep=asked.keep) as stand:
            if name in REPLAYS:
                scenarios = importlib.import_module(name).scenarios()
                replay.run(outcome, stand, [one for one in scenarios if asked.only in one.name])
            else:
                environment.run_checks(outcome, stand, python, asked.only)
            stand.require_alive()
            if bench.description():
                found = stand.emulator("violations")
                outcome.cases.append(
                    report.Case("every call of the bridge is one that Genesys Cloud describes", not found, found)
                )
    except bench.BenchError as error:
        outcome.broken = str(error)
    return outcome
