"""Suites that are Python packages with checks of their own: runs them in the environment and reads their findings.

Each finding is a case; nothing is judged here. Versions: `environment`. Command-line clients driven step by step: `commands`.
"""

import json
import os
import pathlib
import subprocess

from . import bench, environment, report

TESTER_CHECKS = pathlib.Path(__file__).resolve().parents[1] / "scim2_tester" / "checks.py"
# The longest takes about a minute on two busy cores; one that hangs must end.
CHECKS_SECONDS = 1200
# Of scim-sanity. A warning is a departure from a recommendation, which counts as a failure here.
PASSED, SKIPPED = "pass", "skip"


def tester(outcome: report.Outcome, stand: bench.Bench, only: str) -> None:
    """scim2-tester, through `scim2_tester/checks.py`: one JSON object a line."""
    python = environment.program("python")
    child = {"SCIM_BASE": stand.base, "SCIM_TOKEN": stand.token, "PYTHONDONTWRITEBYTECODE": "1"}
    done = _run([str(python), str(TESTER_CHECKS)], child)
    if done.returncode != 0:
        raise bench.BenchError(f"the checks could not run:\n{done.stderr.strip()[-3000:]}")
    for line in done.stdout.splitlines():
        found = json.loads(line)
        if only in found["name"]:
            faults = [found["reason"]] if found["reason"] else []
            outcome.cases.append(report.Case(found["name"], found["passed"], faults, found["skipped"]))
    outcome.note = f"{len(outcome.cases)} checks"


def sanity(outcome: report.Outcome, stand: bench.Bench, only: str, mode: list) -> None:
    """scim-sanity's probe of a live server, through its own command line and its JSON report."""
    command = [str(environment.program("scim-sanity")), "probe", stand.base, "--token", stand.token]
    done = _run([*command, "--json-output", "--i-accept-side-effects", *mode], {})
    try:
        found = json.loads(done.stdout)
        results, summary = found["results"], found["summary"]
    except (ValueError, KeyError) as error:
        said = (done.stderr or done.stdout).strip()[-3000:]
        raise bench.BenchError(f"scim-sanity ended with status {done.returncode} and no report:\n{said}") from error
    cases = [
        report.Case(
            f"{one['phase']}: {one['name']}",
            one["status"] == PASSED,
            [one["message"]] if one.get("message") else [],
            one["status"] == SKIPPED,
        )
        for one in results
    ]
    _agree(cases, summary, done.returncode)
    outcome.cases += [case for case in cases if only in case.name]
    counts = ", ".join(f"{summary[key]} {key}" for key in ("passed", "failed", "errors", "warnings", "skipped"))
    outcome.note = f"scim-sanity {found['scim_sanity_version']} says: {counts}"


def _agree(cases: list, summary: dict, status: int) -> None:
    """What was read must be what the package itself counted."""
    passed, skipped = sum(case.passed for case in cases), sum(case.skipped for case in cases)
    failed = summary["failed"] + summary["errors"]
    if (passed, skipped, len(cases)) != (summary["passed"], summary["skipped"], summary["total"]):
        raise bench.BenchError(f"scim-sanity counts {summary}, but {passed} passed and {skipped} skipped were read")
    if status != (1 if failed else 0):
        raise bench.BenchError(f"scim-sanity ended with status {status} after {failed} failures")


def _run(command: list, variables: dict) -> subprocess.CompletedProcess:
    try:
        return subprocess.run(
            command,
            env={**os.environ, **variables},
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            timeout=CHECKS_SECONDS,
        )
    except subprocess.TimeoutExpired as error:
        raise bench.BenchError(f"the checks did not end within {CHECKS_SECONDS} s") from error
