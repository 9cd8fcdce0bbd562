"""The virtual environment of the suites that are Python packages: made once beside `run`, with pinned versions.

It is made anew when `suites/requirements.txt` changes. What runs in it: `packages`, `commands`.
"""

import hashlib
import pathlib
import shutil
import subprocess
import sys

from . import bench

ROOT = pathlib.Path(__file__).resolve().parents[2]
WHERE = ROOT / ".venv"
PINS = ROOT / "suites" / "requirements.txt"


def program(name: str) -> pathlib.Path:
    """A program of the environment, such as `python`; the environment is installed if it is not there yet."""
    _installed()
    return WHERE / "bin" / name


def version(package: str) -> str:
    """The pinned version of a package."""
    pins = dict(line.split("==") for line in PINS.read_text().splitlines() if "==" in line)
    return pins[package]


def _installed() -> None:
    wanted = hashlib.sha256(PINS.read_bytes()).hexdigest()
    stamp, interpreter = WHERE / "pins.sha256", WHERE / "bin" / "python"
    if stamp.exists() and stamp.read_text() == wanted and interpreter.exists():
        return
    print(f"making {WHERE} with the versions in {PINS.name}", file=sys.stderr)
    shutil.rmtree(WHERE, ignore_errors=True)
    _must(
        [sys.executable, "-m", "venv", str(WHERE)], "make a virtual environment (Debian: apt-get install python3-venv)"
    )
    pip = [str(interpreter), "-m", "pip", "install", "--quiet", "--disable-pip-version-check", "-r", str(PINS)]
    _must(pip, "install the pinned packages (is a package index reachable?)")
    stamp.write_text(wanted)


def _must(command: list, what: str) -> None:
    done = subprocess.run(command, capture_output=True, text=True)
    if done.returncode != 0:
        raise bench.BenchError(f"cannot {what}:\n{(done.stderr or done.stdout).strip()[-2000:]}")
