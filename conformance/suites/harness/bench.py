"""The bench: builds the binaries, starts one emulator and one bridge on loopback, makes a token, and stops it all again.

Every process runs in its own group and ends with the bench, whatever happened. Data and logs live in a temporary directory.
What is sent to the bridge: `replay` and `scim2_tester`.
"""

import json
import os
import pathlib
import shutil
import signal
import socket
import subprocess
import tempfile
import time
import urllib.error
import urllib.request

ROOT = pathlib.Path(__file__).resolve().parents[3]
BRIDGE, EMULATOR = "scim-bridge", "genesys-cloud-emulator"
# A cold start opens a new store and fetches a token; half a minute is generous on a busy machine.
START_SECONDS = 60
STOP_SECONDS = 30
# So that no suite ever waits for budget: what is tested here is the protocol.
CALLS_PER_MINUTE = 60000

PROFILE = """\
# The conformance profile: user names need not be e-mail addresses, and the directory starts empty.
public_url = "http://127.0.0.1:{port}"
data_dir = "{data}"

[server]
listen = "127.0.0.1:{port}"

[genesys]
api_base = "{api}"
login_base = "{login}"
client_id = "{client_id}"
client_secret_file = "{secret}"
calls_per_minute = {rate}

[tenant]
name = "conformance"
dialect = "tolerant"
fallback_email_domain = "conformance.example"
import = "off"
groups = "create"

# One rule, so that membership of a group makes an agent; no group of the other scenarios is called so.
[[rule]]
name = "crew"
when = 'groups.display sw "Crew"'
roles = ["Team Lead@EMEA"]
queues = ["Fraud"]
skills = {{ "Fraud review" = 3 }}
"""


class BenchError(Exception):
    """The bench cannot stand: says what is missing and shows the end of the log."""


def build() -> dict:
    """Builds both binaries in the debug profile and says where they are. `CARGO` names the cargo to call."""
    command = [
        os.environ.get("CARGO", "cargo"),
        "build",
        "--quiet",
        "--bins",
        "--message-format=json-render-diagnostics",
    ]
    for package in ("genesys-scim-bridge", EMULATOR):
        command += ["-p", package]
    if description():
        command += ["--features", f"{EMULATOR}/contract"]
    try:
        done = subprocess.run(command, cwd=ROOT, stdout=subprocess.PIPE, text=True)
    except OSError as error:
        raise BenchError(f"cannot start {command[0]} ({error}); set CARGO to the path of cargo") from error
    if done.returncode != 0:
        raise BenchError("the build failed; its messages are above")
    found = {}
    for line in done.stdout.splitlines():
        message = json.loads(line) if line.startswith("{") else {}
        if message.get("reason") == "compiler-artifact" and message.get("executable"):
            found[message["target"]["name"]] = pathlib.Path(message["executable"])
    return _complete(found)


def description() -> str:
    """The public description of the Genesys Cloud API that every call of the bridge is held to; empty when there is none."""
    named = os.environ.get("GENESYS_OPENAPI", "")
    return str(pathlib.Path(named).resolve()) if named and pathlib.Path(named).is_file() else ""


def find_binaries() -> dict:
    """The binaries of the last debug build."""
    target = pathlib.Path(os.environ.get("CARGO_TARGET_DIR", ROOT / "target")) / "debug"
    return _complete({name: target / name for name in (BRIDGE, EMULATOR) if (target / name).exists()})


def _complete(found: dict) -> dict:
    missing = [name for name in (BRIDGE, EMULATOR) if name not in found]
    if missing:
        raise BenchError(f"no binary {' and no binary '.join(missing)}; run without --no-build")
    return found


class Bench:
    """One emulator and one bridge, as a context manager. `base` and `token` are what a suite needs."""

    def __init__(self, binaries: dict, name: str, keep: bool = False):
        self.binaries, self.name, self.keep = binaries, name, keep
        self.running, self.base, self.api, self.token = [], "", "", ""

    def __enter__(self):
        self.folder = pathlib.Path(tempfile.mkdtemp(prefix=f"conformance-{self.name}-"))
        try:
            self._start()
        except BaseException:
            self.__exit__(None, None, None)
            raise
        return self

    def _start(self) -> None:
        port_file, secret = self.folder / "emulator.json", self.folder / "secret"
        options = ["--port-file", str(port_file), "--rate", str(CALLS_PER_MINUTE)]
        # Packages that invent a value for every attribute do not know that a team goes with a division, and is the only one.
        options += ["--quirk", "team_single=false", "--quirk", "team_same_division=false"]
        self._spawn(EMULATOR, options + (["--contract", description()] if description() else []))
        cloud = self._wait("the emulator", lambda: json.loads(port_file.read_text()) if port_file.exists() else None)
        secret.write_text(cloud["client_secret"])
        secret.chmod(0o600)
        self.api = cloud["api"]
        port = free_port()
        self.config = self.folder / "bridge.toml"
        values = {
            "port": port,
            "data": self.folder / "data",
            "api": cloud["api"],
            "login": cloud["login"],
            "client_id": cloud["client_id"],
            "secret": secret,
            "rate": CALLS_PER_MINUTE,
        }
        self.config.write_text(PROFILE.format(**values))
        self.token = self._new_token()
        self._spawn(BRIDGE, ["serve", "--config", str(self.config)])
        root = f"http://127.0.0.1:{port}"
        self._wait("the bridge", lambda: _answers(root + "/readyz"))
        self.base = root + "/scim/v2"

    def _new_token(self) -> str:
        command = [
            str(self.binaries[BRIDGE]),
            "token",
            "new",
            "--config",
            str(self.config),
            "--name",
            "conformance",
            "--json",
        ]
        done = subprocess.run(command, capture_output=True, text=True, timeout=START_SECONDS, cwd=self.folder)
        if done.returncode != 0:
            raise BenchError(f"`scim-bridge token new` failed: {(done.stderr or done.stdout).strip()}")
        return json.loads(done.stdout)["token"]

    def _spawn(self, binary: str, options: list) -> None:
        log = (self.folder / f"{binary}.log").open("wb")
        child = subprocess.Popen(
            [str(self.binaries[binary]), *options],
            stdout=log,
            stderr=log,
            stdin=subprocess.DEVNULL,
            cwd=self.folder,
            start_new_session=True,
        )
        log.close()
        self.running.append((binary, child))

    def _wait(self, who: str, ready):
        deadline = time.monotonic() + START_SECONDS
        while time.monotonic() < deadline:
            self.require_alive()
            try:
                answer = ready()
            except (OSError, ValueError):
                answer = None
            if answer:
                return answer
            time.sleep(0.05)
        raise BenchError(f"{who} was not ready within {START_SECONDS} s\n{self._log_tail()}")

    def require_alive(self) -> None:
        """Fails when a process has ended by itself."""
        for binary, child in self.running:
            if child.poll() is not None:
                raise BenchError(f"{binary} ended with status {child.returncode}\n{self._log_tail(binary)}")

    def _log_tail(self, binary: str = BRIDGE) -> str:
        log = self.folder / f"{binary}.log"
        lines = log.read_text(errors="replace").splitlines() if log.exists() else []
        return "\n".join(lines[-20:])

    def emulator(self, name: str, method: str = "GET"):
        """One of the emulator's control endpoints, as JSON: its state, its ledger, its contract violations."""
        request = urllib.request.Request(f"{self.api}/__emulator/{name}", method=method)
        with urllib.request.urlopen(request, timeout=30) as answer:
            return json.loads(answer.read() or b"null")

    def __exit__(self, *_reason) -> None:
        for _, child in reversed(self.running):
            _end(child)
        if self.keep:
            print(f"  kept {self.folder}")
        else:
            shutil.rmtree(self.folder, ignore_errors=True)


def _end(child: subprocess.Popen) -> None:
    """Asks a process to stop, then insists."""
    if child.poll() is None:
        os.killpg(child.pid, signal.SIGTERM)
        try:
            child.wait(STOP_SECONDS)
        except subprocess.TimeoutExpired:
            os.killpg(child.pid, signal.SIGKILL)
            child.wait()


def _answers(url: str) -> bool:
    try:
        with urllib.request.urlopen(url, timeout=5) as answer:
            return answer.status == 200
    except urllib.error.HTTPError:
        return False


def free_port() -> int:
    """A port that nobody listens on at this moment."""
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        return listener.getsockname()[1]
