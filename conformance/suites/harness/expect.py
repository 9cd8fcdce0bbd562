"""Expectations: how a place in an answer is named, what may be expected there, and what every SCIM answer must fulfil.

A place is written like a JSON pointer, `/name/givenName`; a step in brackets picks the one element of a list with that
member, `/emails/[type=work]/value`. Names are compared letter by letter, as Entra does.
"""

import re

ENTERPRISE = "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User"
BRIDGE = "urn:ietf:params:scim:schemas:extension:genesysbridge:2.0:User"
GENESYS = "urn:ietf:params:scim:schemas:extension:genesys:purecloud:2.0:User"
USER = "urn:ietf:params:scim:schemas:core:2.0:User"
GROUP = "urn:ietf:params:scim:schemas:core:2.0:Group"
LIST = "urn:ietf:params:scim:api:messages:2.0:ListResponse"
ERROR = "urn:ietf:params:scim:api:messages:2.0:Error"
NOTHING = object()


class Expected:
    """An expectation that is not plain equality: `holds` decides, the text says what was wanted."""

    def __init__(self, text, holds):
        self.text, self.holds = text, holds

    def __repr__(self):
        return self.text


# Unassigned: missing, null, "" or [] mean the same to a client (RFC 7643 section 2.5).
ABSENT = Expected("nothing", lambda value: value is NOTHING or value is None or value in ("", []))
WHOLE = Expected("a whole number", lambda value: type(value) is int and value >= 0)
TEXT = Expected("a text that is not empty", lambda value: isinstance(value, str) and value != "")


def length(count: int) -> Expected:
    return Expected(f"{count} entries", lambda value: isinstance(value, list) and len(value) == count)


def members(*ids) -> Expected:
    """Exactly these members, each once, in any order."""

    def holds(value):
        found = [] if value is NOTHING or value is None else [one.get("value") for one in value]
        return sorted(found) == sorted(ids)

    return Substituted(
        f"the members {', '.join(ids) or 'nobody'}", holds, lambda put: members(*[put(one) for one in ids])
    )


def holding(*texts) -> Expected:
    """A text that contains all of these, letter case aside."""

    def holds(value):
        return isinstance(value, str) and all(text.lower() in value.lower() for text in texts)

    return Substituted(f"a text with {' and '.join(texts)}", holds, lambda put: holding(*[put(text) for text in texts]))


def with_entry(entry: str) -> Expected:
    """A list that has this entry, among others."""
    return Expected(f"a list with {entry}", lambda value: isinstance(value, list) and entry in value)


def people_with(address: str, count: int) -> Expected:
    """So many people of the organisation have this address; for the emulator's state, at `/users`."""

    def holds(value):
        return (
            isinstance(value, dict)
            and sum(1 for one in value.values() if one.get("email", "").lower() == address.lower()) == count
        )

    return Substituted(f"{count} people with {address}", holds, lambda put: people_with(put(address), count))


class Substituted(Expected):
    """An expectation whose parts may hold placeholders."""

    def __init__(self, text, holds, again):
        super().__init__(text, holds)
        self.again = again


def place(body, pointer: str):
    """The value at a place, or `NOTHING`."""
    value = body
    for step in [part for part in pointer.split("/") if part]:
        value = _step(value, step)
        if value is NOTHING:
            return NOTHING
    return value


def _step(value, step: str):
    picked = re.fullmatch(r"\[([^=]+)=(.*)\]", step)
    if isinstance(value, list):
        if picked:
            found = [one for one in value if isinstance(one, dict) and str(one.get(picked[1])) == picked[2]]
            return found[0] if len(found) == 1 else NOTHING
        return value[int(step)] if step.isdigit() and int(step) < len(value) else NOTHING
    return value.get(step, NOTHING) if isinstance(value, dict) else NOTHING


def fault(pointer: str, expected, body):
    """Why the value at a place is not what was expected; `None` when it is. `True` is not `1`, and not `"True"`."""
    value = place(body, pointer)
    if isinstance(expected, Expected):
        held = expected.holds(value)
    else:
        held = value is not NOTHING and value == expected and isinstance(value, bool) == isinstance(expected, bool)
    shown = "nothing" if value is NOTHING else repr(value)
    return None if held else f"{pointer or 'body'}: expected {expected!r}, found {shown[:400]}"


def standing_rules(status: int, headers: dict, body, raw: bytes, media="application/scim+json") -> list:
    """What every answer of a SCIM service must fulfil, as faults. `media` is the type that was asked for."""
    if status >= 500:
        return [f"status {status} tells a connector to try for ever"]
    if not raw:
        return [] if status in (204, 304) else [f"status {status} without a body"]
    if status == 204:
        return ["a 204 has a body"]
    if body is None:
        return [f"the body of a {status} is not JSON"]
    kind = headers.get("content-type", "")
    faults = [] if kind.split(";")[0].strip() == media else [f'Content-Type is "{kind}"']
    if status >= 400:
        return faults + _error_rules(status, body)
    if LIST in body.get("schemas", []):
        return faults + _list_rules(body)
    # ServiceProviderConfig has no id (RFC 7643 section 5).
    if "meta" in body and "id" in body:
        return faults + _resource_rules(status, headers, body)
    return faults


def _error_rules(status: int, body: dict) -> list:
    """RFC 7644 section 3.12; Okta shows `detail` to the administrator and wants the status as a text."""
    wanted = {"/schemas": [ERROR], "/status": str(status), "/detail": TEXT}
    return [found for found in (fault(at, value, body) for at, value in wanted.items()) if found]


def _list_rules(body: dict) -> list:
    """RFC 7644 section 3.4.2; numbers must be numbers."""
    faults = []
    for name in ("totalResults", "startIndex", "itemsPerPage"):
        if type(body.get(name)) is not int:
            faults.append(f"{name} is {body.get(name)!r}, not an integer")
    resources = body.get("Resources")
    if not isinstance(resources, list):
        return [*faults, "a list without Resources"]
    if body.get("itemsPerPage") != len(resources):
        faults.append(f"itemsPerPage is {body.get('itemsPerPage')} for {len(resources)} resources")
    for resource in resources:
        faults += _resource_rules(200, {}, resource) if "meta" in resource and "id" in resource else []
    return faults


def _resource_rules(status: int, headers: dict, body: dict) -> list:
    """RFC 7643 section 3.1, and what Entra cannot deserialize: nulls, booleans as texts."""
    faults = [f for f in (fault("/id", TEXT, body), fault("/meta/location", TEXT, body)) if f]
    location = place(body, "/meta/location")
    if isinstance(location, str) and not location.endswith("/" + str(body.get("id"))):
        faults.append(f"meta.location {location} does not end with the id")
    if status == 201 and headers.get("location") != location:
        faults.append(f"Location {headers.get('location')} is not meta.location {location}")
    version = place(body, "/meta/version")
    if "etag" in headers and headers["etag"] != version:
        faults.append(f"ETag {headers['etag']} is not meta.version {version}")
    listed = body.get("schemas", [])
    faults += [f"schemas does not list {name}" for name in body if name.startswith("urn:") and name not in listed]
    faults += [f"null at {at}" for at in _nulls(body, "")]
    for at in ("/active", "/emails/0/primary", "/roles/0/primary"):
        value = place(body, at)
        if value is not NOTHING and not isinstance(value, bool):
            faults.append(f"{at} is {value!r}, not a boolean")
    return faults


def _nulls(value, at: str) -> list:
    if value is None:
        return [at]
    if isinstance(value, dict):
        return [found for key, inner in value.items() for found in _nulls(inner, f"{at}/{key}")]
    if isinstance(value, list):
        return [found for index, inner in enumerate(value) for found in _nulls(inner, f"{at}/{index}")]
    return []
