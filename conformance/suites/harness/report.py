"""Counting: what a suite found, and its one line on the screen.

A failure is *known* when the exceptions of the suite name it. A check that a suite leaves out must be named there too, or it
counts as failed. An exception that explains nothing any more is a failure, so that the list cannot rot. Reads nothing from the
network: see `replay`, `commands`, `packages`.
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

    def skipped(self) -> list:
        return [case for case in self.cases if case.skipped]

    def known(self) -> list:
        return [case for case in self.failed() if self.explanation(case)]

    def left_out(self) -> list:
        return [case for case in self.skipped() if self.explanation(case)]

    def unexpected(self) -> list:
        """What failed, or was left out, without an exception that says why."""
        return [case for case in self.failed() + self.skipped() if not self.explanation(case)]

    def explanation(self, case: Case):
        """The exception that covers a case; `None` when there is none."""
        return next((one for one in self.exceptions if one.covers(case)), None)

    def stale(self) -> list:
        """Exceptions that explain nothing any more; only a complete run can tell."""
        if not self.complete or self.broken:
            return []
        return [one for one in self.exceptions if not any(one.covers(case) for case in self.cases)]

    def is_failure(self) -> bool:
        return bool(self.broken or self.unexpected() or self.stale() or not self.cases)


class ExceptionsError(Exception):
    """A list of exceptions cannot be used: which entry, and what it lacks."""


@dataclass
class Known:
    """An exception: a check that may fail, or may be left out, with its reason and the section that decides."""

    check: str
    reason: str
    section: str
    contains: str = ""
    outcome: str = "failed"

    def covers(self, case: Case) -> bool:
        outcome = "skipped" if case.skipped else "passed" if case.passed else "failed"
        return (
            outcome == self.outcome
            and case.name.startswith(self.check)
            and self.contains in "\n".join(case.faults)
        )


def exceptions(name: str) -> list:
    """The exceptions in `exceptions/<name>.toml`; none when there is no such file."""
    path = EXCEPTIONS / f"{name}.toml"
    if not path.exists():
        return []
    try:
        entries = tomllib.loads(path.read_text(encoding="utf-8")).get("exception", [])
    except tomllib.TOMLDecodeError as error:
        raise ExceptionsError(f"{path.name}: {error}") from error
    found = []
    for number, entry in enumerate(entries, 1):
        try:
            one = Known(**entry)
        except TypeError as error:
            raise ExceptionsError(f"{path.name}, entry {number}: {error}") from error
        if not (one.check and one.reason and one.section) or one.outcome not in ("failed", "skipped"):
            wanted = 'check, reason and section must not be empty; outcome is "failed" or "skipped"'
            raise ExceptionsError(f"{path.name}, entry {number}: {wanted}")
        found.append(one)
    return found


def show(outcome: Outcome, verbose: bool) -> None:
    """Details of what needs attention, then the line with the counts."""
    for case in outcome.cases:
        why = outcome.explanation(case)
        if why:
            print(f"  {'skipped' if case.skipped else 'known  '} {outcome.suite}: {case.name} ({why.section})")
            print(f"          {why.reason}" if verbose else "", end="\n" if verbose else "")
        elif case.passed and verbose:
            print(f"  ok      {outcome.suite}: {case.name} {' '.join(case.faults)}".rstrip())
    for case in outcome.unexpected():
        print(f"  {'SKIPPED' if case.skipped else 'FAILED '} {outcome.suite}: {case.name}")
        for fault in case.faults:
            print("          " + fault.replace("\n", "\n          "))
    for one in outcome.stale():
        print(f'  STALE   {outcome.suite}: the exception for "{one.check}" explains nothing any more; remove it')
    if outcome.broken:
        print(f"  BROKEN  {outcome.suite}: {outcome.broken}")
    passed = sum(1 for case in outcome.cases if case.passed)
    line = f"{outcome.suite}: {passed} passed, {len(outcome.unexpected()) + len(outcome.stale()) + bool(outcome.broken)} failed"
    known, skipped = len(outcome.known()), len(outcome.left_out())
    line += f", {known} known" if known else ""
    line += f", {skipped} skipped" if skipped else ""
    line += f" ({outcome.note}; {outcome.seconds:.0f} s)" if outcome.note else f" ({outcome.seconds:.0f} s)"
    print(line)
    sys.stdout.flush()
