"""Counting: what a suite found, and its one line on the screen.

A failure is *known* when the exceptions of the suite name it; an exception that no longer fails is a failure too, so that
the list cannot rot. Reads nothing from the network: see `replay` and `scim2_tester`.
"""

import pathlib
import sys
import tomllib
from dataclasses import dataclass, field

EXCEPTIONS = pathlib.Path(__file__).resolve().parents[2] / "exceptions"


@dataclass
class Case:
    """One scenario or check: its name, whether it held, and why not."""

    name: str
    passed: bool
    faults: list = field(default_factory=list)
    skipped: bool = False


@dataclass
class Outcome:
    """All cases of one suite, and what kept it from running when something did."""

    suite: str
    cases: list = field(default_factory=list)
    broken: str = ""
    note: str = ""
    seconds: float = 0.0
    exceptions: list = field(default_factory=list)
    complete: bool = True

    def failed(self) -> list:
        return [case for case in self.cases if not case.passed and not case.skipped]

    def known(self) -> list:
        return [case for case in self.failed() if any(one.covers(case) for one in self.exceptions)]

    def unexpected(self) -> list:
        known = {id(case) for case in self.known()}
        return [case for case in self.failed() if id(case) not in known]

    def stale(self) -> list:
        """Exceptions that explain nothing any more; only a complete run can tell."""
        if not self.complete or self.broken:
            return []
        return [one for one in self.exceptions if not any(one.covers(case) for case in self.failed())]

    def is_failure(self) -> bool:
        return bool(self.broken or self.unexpected() or self.stale() or not self.cases)


@dataclass
class Known:
    """An exception: a check that may fail, with its reason and the section that decides."""

    check: str
    reason: str
    section: str
    contains: str = ""

    def covers(self, case: Case) -> bool:
        text = "\n".join(case.faults)
        return case.name.startswith(self.check) and self.contains in text


def exceptions(suite: str) -> list:
    """The exceptions of a suite, from `exceptions/<suite>.toml`; none when there is no such file."""
    path = EXCEPTIONS / f"{suite}.toml"
    if not path.exists():
        return []
    entries = tomllib.loads(path.read_text(encoding="utf-8")).get("exception", [])
    return [Known(e["check"], e["reason"], e["section"], e.get("contains", "")) for e in entries]


def show(outcome: Outcome, verbose: bool) -> None:
    """Details of what needs attention, then the line with the counts."""
    for case in outcome.cases if verbose else []:
        if case.passed or case.skipped:
            print(
                f"  {'skipped' if case.skipped else 'ok     '} {outcome.suite}: {case.name} {' '.join(case.faults)}".rstrip()
            )
    for case in outcome.unexpected():
        print(f"  FAILED  {outcome.suite}: {case.name}")
        for fault in case.faults:
            print("          " + fault.replace("\n", "\n          "))
    for one in outcome.stale():
        print(f'  STALE   {outcome.suite}: the exception for "{one.check}" explains no failure any more; remove it')
    if outcome.broken:
        print(f"  BROKEN  {outcome.suite}: {outcome.broken}")
    passed = sum(1 for case in outcome.cases if case.passed)
    line = f"{outcome.suite}: {passed} passed, {len(outcome.unexpected()) + len(outcome.stale()) + bool(outcome.broken)} failed"
    known, skipped = len(outcome.known()), sum(1 for case in outcome.cases if case.skipped)
    line += f", {known} known" if known else ""
    line += f", {skipped} skipped" if skipped else ""
    line += f" ({outcome.note}; {outcome.seconds:.0f} s)" if outcome.note else f" ({outcome.seconds:.0f} s)"
    print(line)
    sys.stdout.flush()
