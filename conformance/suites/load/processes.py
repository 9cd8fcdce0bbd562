"""The processes of `conformance/load`: build, import, emulator, static server and bridge on loopback, and their end.

Every process runs in its own group and ends with `Ground`, whatever happened. What is sent to them: `wrk`.
"""

import json
import os
import pathlib
import re
import subprocess
import time

from harness import bench

from . import people
from .wrk import LoadError

BRIDGE, EMULATOR, STATIC = "scim-bridge", "genesys-cloud-emulator", "static-server"
# Of a big directory every key is read when it is opened; a slow disk takes its time.
START_SECONDS = 600
# Both servers get as many; it is what the bridge has when nothing is configured.
WORKERS = 2
CACHE_MIB = 256

CONFIG = """\
# The default configuration, but for addresses and names. Logs go where they go by default; here that is a file.
data_dir = "{data}"

[server]
listen = "127.0.0.1:{port}"

{store}[genesys]
api_base = "{api}"
login_base = "{login}"
client_id = "{client_id}"
client_secret_file = "{secret}"

[tenant]
name = "aurora"
"""


def build(debug: bool) -> dict:
    """Builds the three binaries and says where they are. `CARGO` names the cargo to call."""
    cargo = os.environ.get("CARGO", "cargo")
    command = [cargo, "build", "--bins", "--message-format=json-render-diagnostics"]
    for package in ("genesys-scim-bridge", EMULATOR, STATIC):
        command += ["-p", package]
    if not debug:
        command += ["--profile", "dist"]
    try:
        done = subprocess.run(command, cwd=bench.ROOT, stdout=subprocess.PIPE, text=True)
    except OSError as error:
        raise LoadError(f"cannot start {cargo} ({error}); set CARGO to the path of cargo") from error
    if done.returncode != 0:
        raise LoadError("the build failed; its messages are above")
    found = {}
    for line in done.stdout.splitlines():
        message = json.loads(line) if line.startswith("{") else {}
        if message.get("reason") == "compiler-artifact" and message.get("executable"):
            found[message["target"]["name"]] = pathlib.Path(message["executable"])
    return complete(found)


def find(debug: bool) -> dict:
    """The binaries of the last build."""
    target = pathlib.Path(os.environ.get("CARGO_TARGET_DIR", bench.ROOT / "target")) / ("debug" if debug else "dist")
    return complete({name: target / name for name in (BRIDGE, EMULATOR, STATIC) if (target / name).exists()})


def complete(found: dict) -> dict:
    missing = [name for name in (BRIDGE, EMULATOR, STATIC) if name not in found]
    if missing:
        raise LoadError(f"no binary {' and no binary '.join(missing)}; run without --no-build")
    return found


class Ground:
    """One size: a data directory with its users, and the processes on it. A context manager."""

    def __init__(self, binaries: dict, folder: pathlib.Path, users: int, cache_mib: int):
        self.binaries, self.folder, self.users, self.cache_mib = binaries, folder, users, cache_mib
        self.running = {}

    def __enter__(self):
        try:
            self.folder.mkdir(parents=True, exist_ok=True)
            self._emulator()
        except BaseException:
            self.__exit__(None, None, None)
            raise
        return self

    def _emulator(self) -> None:
        port_file, secret = self.folder / "emulator.json", self.folder / "secret"
        port_file.unlink(missing_ok=True)
        self._spawn(EMULATOR, ["--port-file", str(port_file), "--rate", "60000"])
        cloud = self._wait(EMULATOR, lambda: json.loads(port_file.read_text()) if port_file.exists() else None)
        secret.write_text(cloud["client_secret"])
        secret.chmod(0o600)
        self.port, self.static_port = bench.free_port(), bench.free_port()
        self.config = self.folder / "bridge.toml"
        store = "" if self.cache_mib == CACHE_MIB else f"[store]\ncache_mib = {self.cache_mib}\n\n"
        self.config.write_text(
            CONFIG.format(
                data=self.folder / "data",
                port=self.port,
                store=store,
                api=cloud["api"],
                login=cloud["login"],
                client_id=cloud["client_id"],
                secret=secret,
            )
        )

    def fill(self) -> str:
        """Imports the users, unless a run before has done it; says how long it took."""
        done, wanted = self.folder / "imported.json", {"users": self.users, "version": people.VERSION}
        if done.exists() and json.loads(done.read_text()) == wanted:
            return "imported by an earlier run"
        file = self.folder / "users.ndjson"
        people.write(file, self.users)
        begun = time.monotonic()
        told = self._command("users", "import", "--file", str(file), "--complete", "--json")
        seconds = time.monotonic() - begun
        tally = json.loads(told)
        if tally["written"] + tally["unchanged"] != self.users:
            raise LoadError(f"the import did not take all {self.users} users: {told.strip()}")
        megabytes = file.stat().st_size / 1e6
        file.unlink()
        done.write_text(json.dumps(wanted))
        return f"imported in {seconds:.1f} s ({self.users / seconds:,.0f} users/s, {megabytes:,.0f} MB)"

    def token(self) -> str:
        """A token of this directory, made once: opening a big directory for each command takes its time."""
        file = self.folder / "token"
        if not file.exists():
            made = json.loads(self._command("token", "new", "--name", "load", "--json"))
            file.touch(mode=0o600)
            file.write_text(made["token"])
        return file.read_text()

    def _command(self, *words: str) -> str:
        command = [str(self.binaries[BRIDGE]), *words, "--config", str(self.config)]
        done = subprocess.run(command, capture_output=True, text=True, cwd=self.folder, env=environment())
        if done.returncode != 0:
            raise LoadError(f"`scim-bridge {words[0]} {words[1]}` failed: {(done.stderr or done.stdout).strip()[-2000:]}")
        return done.stdout

    def start_bridge(self) -> float:
        """Starts the bridge, waits until it is ready, and says how many seconds that took."""
        begun = time.monotonic()
        self._spawn(BRIDGE, ["serve", "--config", str(self.config)])
        self._wait(BRIDGE, lambda: bench._answers(f"http://127.0.0.1:{self.port}/readyz"))
        return time.monotonic() - begun

    def start_static(self, body: bytes) -> None:
        file = self.folder / "static.json"
        file.write_bytes(body)
        self._spawn(STATIC, [str(file), f"127.0.0.1:{self.static_port}", str(WORKERS)])
        self._wait(STATIC, lambda: bench._answers(f"http://127.0.0.1:{self.static_port}/"))

    def pid(self, name: str) -> int:
        """The process that runs under that name."""
        return self.running[name].pid

    def rss_mib(self) -> float:
        """Resident memory of the bridge (VmRSS)."""
        status = pathlib.Path(f"/proc/{self.running[BRIDGE].pid}/status").read_text()
        return int(re.search(r"VmRSS:\s+(\d+) kB", status).group(1)) / 1024

    def stop(self, name: str) -> None:
        child = self.running.pop(name, None)
        if child:
            bench._end(child)

    def _spawn(self, name: str, options: list) -> None:
        with (self.folder / f"{name}.log").open("wb") as log:
            self.running[name] = subprocess.Popen(
                [str(self.binaries[name]), *options],
                stdout=log,
                stderr=log,
                stdin=subprocess.DEVNULL,
                cwd=self.folder,
                env=environment(),
                start_new_session=True,
            )

    def _wait(self, name: str, ready):
        deadline = time.monotonic() + START_SECONDS
        while time.monotonic() < deadline:
            status = self.running[name].poll()
            if status is not None:
                raise LoadError(f"{name} ended with status {status}\n{self._log_tail(name)}")
            try:
                answer = ready()
            except (OSError, ValueError):
                answer = None
            if answer:
                return answer
            time.sleep(0.05)
        raise LoadError(f"{name} was not ready within {START_SECONDS} s\n{self._log_tail(name)}")

    def _log_tail(self, name: str) -> str:
        return "\n".join((self.folder / f"{name}.log").read_text(errors="replace").splitlines()[-20:])

    def __exit__(self, *_reason) -> None:
        for name in reversed(list(self.running)):
            self.stop(name)


def environment() -> dict:
    """Ours without the variables that would change the configuration."""
    return {name: value for name, value in os.environ.items() if not name.startswith(("SCIM_BRIDGE_", "GENESYS_"))}
