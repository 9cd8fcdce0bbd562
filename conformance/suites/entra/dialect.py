"""The two ways in which Entra writes the same changes, and the bodies it creates users and groups with.

Default: one operation for each attribute, a capital letter first, booleans as texts. With the flag `aadOptscim062020` in the tenant
URL: lower case, real booleans, value paths kept apart, everything else merged into one operation without a path. The flag has no effect on
provisioning on demand, so one server sees both.
"""

from harness.expect import ENTERPRISE, GROUP, USER
from harness.replay import patch, post

DOCS = "Microsoft, use-scim-to-provision-users-and-groups"
COMPATIBILITY = "Microsoft, application-provisioning-config-problem-scim-compatibility"


class Default:
    """The dialect of every tenant that has not asked for the other one."""

    name = "default dialect"
    query = ""

    @staticmethod
    def set(changes: dict, op: str = "Replace") -> list:
        return [{"op": op, "path": path, "value": _text(value)} for path, value in changes.items()]

    @staticmethod
    def add(changes: dict) -> list:
        return Default.set(changes, "Add")

    @staticmethod
    def remove_member(member: str) -> list:
        return [{"op": "Remove", "path": "members", "value": [{"$ref": None, "value": member}]}]

    @staticmethod
    def add_members(*ids) -> list:
        return [{"op": "Add", "path": "members", "value": [{"$ref": None, "value": one} for one in ids]}]


class Flagged:
    """The dialect with `?aadOptscim062020`; the flag itself leaks into requests and must be passed over."""

    name = "aadOptscim062020"
    query = "?aadOptscim062020"

    @staticmethod
    def set(changes: dict, op: str = "replace") -> list:
        apart = [{"op": op, "path": path, "value": value} for path, value in changes.items() if "[" in path]
        merged = {path: value for path, value in changes.items() if "[" not in path}
        return apart + ([{"op": op, "value": merged}] if merged else [])

    @staticmethod
    def add(changes: dict) -> list:
        return Flagged.set(changes, "add")

    @staticmethod
    def remove_member(member: str) -> list:
        return [{"op": "remove", "path": f'members[value eq "{member}"]'}]

    @staticmethod
    def add_members(*ids) -> list:
        return [{"op": "add", "path": "members", "value": [{"value": one} for one in ids]}]


BOTH = (Default, Flagged)


def _text(value):
    return str(value) if isinstance(value, bool) else value


def user(tag: str = "", **more) -> dict:
    """The body of a create, as documented: `meta` and empty arrays are there, the enterprise URN is listed without attributes."""
    body = {
        "schemas": [USER, ENTERPRISE],
        "externalId": "guid-{{n}}" + tag,
        "userName": "User.{{n}}" + tag + "@contoso.example",
        "active": True,
        "displayName": "User {{n}}" + tag,
        "emails": [{"primary": True, "type": "work", "value": "user.{{n}}" + tag + "@contoso.example"}],
        "meta": {"resourceType": "User"},
        "name": {"formatted": "Given Family", "familyName": "Family", "givenName": "Given"},
        "roles": [],
    }
    return {**body, **more}


def created(tag: str = "", name: str = "id", **more):
    """Creates a user and remembers its id."""
    return post("/Users", user(tag, **more), save={name: "/id"})


def group(tag: str = "", **more) -> dict:
    """The body of a group's create: Entra lists a schema of its own beside the standard one."""
    own = "http://schemas.microsoft.com/2006/11/ResourceManagement/ADSCIM/2.0/Group"
    body = {
        "schemas": [GROUP, own],
        "externalId": "group-guid-{{n}}" + tag,
        "displayName": "Group {{n}}" + tag,
        "meta": {"resourceType": "Group"},
    }
    return {**body, **more}


def group_created(tag: str = "", name: str = "group", **more):
    return post("/Groups", group(tag, **more), save={name: "/id"})


def change(dialect, operations: list, **more):
    """A PATCH on the user of the scenario."""
    return patch("/Users/{{id}}" + dialect.query, operations, **more)
