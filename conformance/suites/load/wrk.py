"""The load: one run of wrk against one server, and proof that all its answers were right.

wrk is told by `wrk.lua` what to send; the same requests go to the static server and to the bridge.
"""

import dataclasses
import json
import os
import pathlib
import shutil
import subprocess

from . import people

SCRIPT = pathlib.Path(__file__).with_name("wrk.lua")
# How far the mean size of an answer may be from that of the answers that were looked at beforehand. An error or an empty list is
# another size altogether.
SIZE_TOLERANCE = 0.05


class LoadError(Exception):
    """A run that does not count: says what was wrong with it."""


@dataclasses.dataclass(frozen=True)
class Kind:
    """What is asked for: `mode` of wrk.lua and the path up to what is drawn."""

    name: str
    mode: str
    path: str


@dataclasses.dataclass(frozen=True)
class Effort:
    threads: int
    connections: int
    seconds: int


@dataclasses.dataclass(frozen=True)
class Rate:
    per_second: float
    p50_ms: float
    p99_ms: float
    # Microseconds of the server's processor time for one request, user and system. It depends less on what else the machine does
    # than a rate, and is comparable between machines of one kind.
    user_us: float
    system_us: float


def require() -> None:
    if not shutil.which("wrk"):
        raise LoadError("wrk is not installed; on Debian: apt-get install wrk")


def version() -> str:
    said = subprocess.run(["wrk", "--version"], capture_output=True, text=True).stdout
    return " ".join(said.split()[:2]) or "wrk"


def processor_seconds(pid: int) -> tuple:
    """User and system time that a process has used so far, from the operating system's accounting."""
    # The name in brackets may hold blanks.
    fields = pathlib.Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    ticks = os.sysconf("SC_CLK_TCK")
    return int(fields[11]) / ticks, int(fields[12]) / ticks


def run(pid: int, port: int, kind: Kind, users: int, token: str, effort: Effort, answer_bytes: int, seconds: int = 0) -> Rate:
    """Runs wrk against the server with that process and port, and checks that every answer was a 2xx of about `answer_bytes` (head and body)."""
    command = ["wrk", "--threads", str(effort.threads), "--connections", str(effort.connections)]
    command += ["--duration", f"{seconds or effort.seconds}s", "--timeout", "10s", "--script", str(SCRIPT)]
    command += [f"http://127.0.0.1:{port}/", "--", kind.mode, str(users), token, kind.path]
    command += [",".join(people.GIVEN), ",".join(people.FAMILY)]
    before = processor_seconds(pid)
    done = subprocess.run(command, capture_output=True, text=True)
    used = [after - earlier for earlier, after in zip(before, processor_seconds(pid))]
    found = [line for line in done.stdout.splitlines() if line.startswith("RESULT ")]
    if done.returncode != 0 or not found:
        raise LoadError(f"wrk failed: {(done.stderr or done.stdout).strip()}")
    result = json.loads(found[0].removeprefix("RESULT "))
    wrong = {what: result[what] for what in ("connect", "read", "write", "status", "timeout") if result[what]}
    if wrong:
        raise LoadError(f"{kind.name}: wrk saw errors: {wrong}")
    if not result["requests"]:
        raise LoadError(f"{kind.name}: not one answer came in time")
    mean = result["bytes"] / result["requests"]
    # Every connection may have got a part of an answer that was not counted any more.
    tolerance = SIZE_TOLERANCE + effort.connections / result["requests"]
    if abs(mean - answer_bytes) > tolerance * answer_bytes:
        raise LoadError(f"{kind.name}: answers had {mean:.0f} bytes on average, {answer_bytes} were expected")
    per_second = result["requests"] / (result["micros"] / 1e6)
    user_us, system_us = (seconds * 1e6 / result["requests"] for seconds in used)
    return Rate(per_second, result["p50"] / 1000, result["p99"] / 1000, user_us, system_us)
