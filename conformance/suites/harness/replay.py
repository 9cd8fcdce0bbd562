"""The replay engine: scenarios as data (request, expected status, expected places of the answer) against a running bridge.

`{{n}}` is a text that no other scenario has, and what a step saved comes back under its name (`values`). Expectations: `expect`.
Scenarios: the suites. Commands instead of requests: `commands`.
"""

import gzip
import http.client
import json
import threading
import time
import urllib.parse
from dataclasses import dataclass, field

from . import expect, report
from .values import Fault, Merged, Values  # Merged is part of the language of scenarios

# A connector gives up after 60 seconds (Okta) or earlier; so does this one.
ANSWER_SECONDS = 60
SCIM_JSON = "application/scim+json"


@dataclass
class Step:
    """One request, what must come back, and what later steps want to know of it."""

    method: str
    target: str
    body: object = None
    status: object = 200
    check: dict = field(default_factory=dict)
    save: dict = field(default_factory=dict)
    headers: dict = field(default_factory=dict)
    plus: bool = False  # blanks in the query as "+" instead of "%20"
    bearer: bool = True


@dataclass
class Parallel:
    """Requests that are sent at the same moment."""

    steps: list


@dataclass
class Genesys:
    """What the emulator must hold: place in its state, expected value.

    What follows from a group reaches its members after the answer, so it is looked for again until `within` seconds are over.
    """

    check: dict
    within: float = 0


@dataclass
class Scenario:
    """A named sequence of steps; `headers` go with each of its requests; `source` says who documents the traffic."""

    name: str
    source: str
    steps: list
    headers: dict = field(default_factory=dict)


def post(target, body, status=201, **more):
    return Step("POST", target, body, status, **more)


def get(target, status=200, **more):
    return Step("GET", target, None, status, **more)


def put(target, body, status=200, **more):
    return Step("PUT", target, body, status, **more)


def patch(target, operations, status=(200, 204), **more):
    message = {"schemas": ["urn:ietf:params:scim:api:messages:2.0:PatchOp"], "Operations": operations}
    return Step("PATCH", target, message, status, **more)


def delete(target, status=204, **more):
    return Step("DELETE", target, None, status, **more)


class Session(Values):
    """One scenario being played: its variables, connection and counts."""

    def __init__(self, stand, number: int):
        super().__init__({"n": f"{stand.name[:2]}{number:03}", "base": stand.base})
        self.stand, self.requests, self.checks = stand, 0, 0

    def play(self, scenario: Scenario) -> None:
        for index, step in enumerate(scenario.steps, 1):
            if isinstance(step, Parallel):
                self._together(step.steps, scenario, index)
            elif isinstance(step, Genesys):
                self._inspect(step, index)
            else:
                self._one(step, scenario, f"step {index}")

    def _together(self, steps: list, scenario: Scenario, index: int) -> None:
        faults = []

        def send(step, at):
            try:
                self._one(step, scenario, at)
            except Fault as fault:
                faults.append(str(fault))

        threads = [threading.Thread(target=send, args=(step, f"step {index}.{k}")) for k, step in enumerate(steps, 1)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        if faults:
            raise Fault("\n".join(faults))

    def _inspect(self, step: Genesys, index: int) -> None:
        until = time.monotonic() + step.within
        while True:
            self.stand.emulator("settle", "POST")
            state = self.stand.emulator("state")
            found = [expect.fault(self.put(at), self.put(value), state) for at, value in step.check.items()]
            faults = [fault for fault in found if fault]
            if not faults or time.monotonic() >= until:
                break
            time.sleep(0.1)
        self.checks += len(step.check)
        self._judge(f"step {index}, state of Genesys Cloud", faults)

    def _one(self, step: Step, scenario: Scenario, at: str) -> None:
        target = self.address(step)
        status, headers, raw = self.send(step, target, scenario.headers)
        self.requests += 1
        try:
            body = json.loads(raw) if raw else None
        except ValueError:
            body = None
        allowed = step.status if isinstance(step.status, tuple) else (step.status,)
        faults = (
            []
            if status in allowed
            else [f"expected status {step.status}, found {status}: {raw[:600].decode(errors='replace')}"]
        )
        if not faults:
            faults = expect.standing_rules(status, headers, body, raw, step.headers.get("Accept", SCIM_JSON))
            # A change may be answered without a body; what it did is then read back by the step that follows.
            if body is not None or status != 204:
                faults += [
                    found
                    for where, wanted in step.check.items()
                    if (found := expect.fault(self.put(where), self.put(wanted), body))
                ]
        self.checks += 2 + len(step.check)
        self._judge(f"{at}, {step.method} {target}", faults)
        for name, where in step.save.items():
            value = (
                headers.get(where[1:].lower(), expect.NOTHING) if where.startswith("@") else expect.place(body, where)
            )
            if value is expect.NOTHING:
                raise Fault(f"{at}, {step.method} {target}: nothing to remember at {where}")
            self.values[name] = value

    @staticmethod
    def _judge(at: str, faults: list) -> None:
        if faults:
            raise Fault(f"{at}:\n" + "\n".join("  " + fault for fault in faults))

    def address(self, step: Step) -> str:
        """The request target, its query encoded the way the connector does it."""
        path, _, query = self.put(step.target).partition("?")
        quote = urllib.parse.quote_plus if step.plus else urllib.parse.quote
        pairs = [pair.partition("=") for pair in query.split("&")] if query else []
        encoded = "&".join(name + eq + quote(value, safe="") for name, eq, value in pairs)
        return path + ("?" + encoded if encoded else "")

    def send(self, step: Step, target: str, headers: dict):
        base = urllib.parse.urlsplit(self.stand.base)
        sent = {
            "Accept": SCIM_JSON,
            **({"Authorization": f"Bearer {self.stand.token}"} if step.bearer else {}),
        }
        body = None
        if step.body is not None:
            body = step.body if isinstance(step.body, bytes) else json.dumps(self.put(step.body)).encode()
            sent["Content-Type"] = "application/scim+json; charset=utf-8"
        sent.update(headers)
        sent.update({name: self.put(value) for name, value in step.headers.items()})
        connection = http.client.HTTPConnection(base.hostname, base.port, timeout=ANSWER_SECONDS)
        try:
            connection.request(step.method, base.path + target, body, sent)
            answer = connection.getresponse()
            raw, found = answer.read(), {name.lower(): value for name, value in answer.getheaders()}
            packed = found.get("content-encoding") == "gzip"
            return answer.status, found, gzip.decompress(raw) if packed else raw
        except (OSError, http.client.HTTPException) as error:
            raise Fault(f"{step.method} {target}: no answer ({error})") from error
        finally:
            connection.close()


def run(outcome: report.Outcome, stand, scenarios: list) -> None:
    """Plays all scenarios one after the other; each is one case."""
    requests = checks = 0
    for number, scenario in enumerate(scenarios, 1):
        session, case = Session(stand, number), report.Case(scenario.name, True)
        try:
            session.play(scenario)
        except Fault as fault:
            case.passed, case.faults = False, [f"source: {scenario.source}", str(fault)]
        requests, checks = requests + session.requests, checks + session.checks
        outcome.cases.append(case)
        stand.require_alive()
    outcome.note = f"{requests} requests, {checks} checks"
