"""PATCH on users: each change in both dialects, and the shapes that only one of them has."""

from harness.expect import ABSENT, ENTERPRISE, length
from harness.replay import Scenario, get, patch

from .dialect import BOTH, COMPATIBILITY, DOCS, Default, Flagged, change, created

MAIL = 'emails[type eq "work"].value'
MANAGER = f"/{ENTERPRISE}/manager"

# Name, source, more of the create body, operations of a dialect, what is read back.
IN_BOTH = [
    ("disable", DOCS, {}, lambda d: d.set({"active": False}), {"/active": False}),
    (
        "enable",
        DOCS,
        {"active": False},
        lambda d: d.set({"active": True}),
        {"/active": True, "/userName": "User.{{n}}@contoso.example"},
    ),
    ("active through add", "rancher/rancher#54025", {}, lambda d: d.add({"active": False}), {"/active": False}),
    (
        "replace a plain attribute",
        DOCS,
        {},
        lambda d: d.set({"displayName": "Bjfe"}),
        {"/displayName": "Bjfe", "/name/givenName": "Given"},
    ),
    ("add a plain attribute", DOCS, {}, lambda d: d.add({"nickName": "Babs"}), {"/nickName": "Babs"}),
    (
        "names inside an attribute",
        DOCS,
        {},
        lambda d: d.set({"name.givenName": "Kkom", "name.familyName": "Unua"}),
        {
            "/name/givenName": "Kkom",
            "/name/familyName": "Unua",
            "/name/formatted": "Given Family",
            "/name.givenName": ABSENT,
        },
    ),
    (
        "attributes of an extension by their URN",
        DOCS,
        {},
        lambda d: d.set({f"{ENTERPRISE}:employeeNumber": "Aklq", f"{ENTERPRISE}:department": "D"}),
        {
            f"/{ENTERPRISE}/employeeNumber": "Aklq",
            f"/{ENTERPRISE}/department": "D",
            f"/{ENTERPRISE}:employeeNumber": ABSENT,
        },
    ),
    (
        "the work e-mail that is there",
        DOCS,
        {},
        lambda d: d.set({MAIL: "new.{{n}}@contoso.example"}),
        {
            "/emails": length(1),
            "/emails/0/value": "new.{{n}}@contoso.example",
            "/emails/0/primary": True,
            "/emails/0/type": "work",
        },
    ),
    (
        "a work e-mail that is not there yet",
        "scim-patch#176; SCIM-SDK#416",
        {"emails": []},
        lambda d: d.set({MAIL: "first.{{n}}@contoso.example"}),
        {"/emails": length(1), "/emails/0/value": "first.{{n}}@contoso.example", "/emails/0/type": "work"},
    ),
    (
        "one e-mail leaves the others alone",
        "Captain-P-Goldfish/SCIM-SDK#668",
        {
            "emails": [
                {"type": "work", "value": "w.{{n}}@contoso.example", "primary": True},
                {"type": "home", "value": "h.{{n}}@contoso.example"},
            ]
        },
        lambda d: d.set({MAIL: "w2.{{n}}@contoso.example"}),
        {
            "/emails": length(2),
            "/emails/[type=home]/value": "h.{{n}}@contoso.example",
            "/emails/[type=work]/value": "w2.{{n}}@contoso.example",
        },
    ),
    (
        "several parts of one missing element make one element",
        "pingidentity/scim2#213",
        {},
        lambda d: d.add(
            {
                'addresses[type eq "work"].streetAddress': "Street 1",
                'addresses[type eq "work"].locality': "Town",
                'addresses[type eq "work"].country': "DE",
            }
        ),
        {
            "/addresses": length(1),
            "/addresses/0/streetAddress": "Street 1",
            "/addresses/0/locality": "Town",
            "/addresses/0/type": "work",
        },
    ),
    (
        "the phone numbers of three types",
        DOCS,
        {},
        lambda d: d.set(
            {
                'phoneNumbers[type eq "work"].value': "+1 555",
                'phoneNumbers[type eq "mobile"].value': "+1 556",
                'phoneNumbers[type eq "fax"].value': "+1 557",
            }
        ),
        {"/phoneNumbers": length(3), "/phoneNumbers/[type=mobile]/value": "+1 556"},
    ),
    (
        "the primary mark as a text",
        "simpleidserver/SimpleIdServer#376",
        {},
        lambda d: d.set({'emails[type eq "work"].primary': "true"}),
        {"/emails/0/primary": True},
    ),
    (
        "roles picked by a primary that is a text",
        "SCIM Validator captures",
        {},
        lambda d: d.add(
            {
                'roles[primary eq "True"].display': "Agent",
                'roles[primary eq "True"].value': "Agent",
                'roles[primary eq "True"].type': "App",
            }
        ),
        {"/roles": length(1), "/roles/0/value": "Agent", "/roles/0/primary": True},
    ),
    ("externalId", "langwatch#616", {}, lambda d: d.set({"externalId": "moved-{{n}}"}), {"/externalId": "moved-{{n}}"}),
    (
        "the user name",
        "SCIM Validator, update userName",
        {},
        lambda d: d.set({"userName": "moved.{{n}}@contoso.example"}),
        {"/userName": "moved.{{n}}@contoso.example"},
    ),
    (
        "an empty text clears",
        "gallery test SCIM_Null_Update",
        {"title": "Boss"},
        lambda d: d.set({"title": ""}),
        {"/title": ABSENT},
    ),
    (
        "a null clears",
        "gallery test SCIM_Null_Update",
        {"title": "Boss"},
        lambda d: d.set({"title": None}),
        {"/title": ABSENT},
    ),
    (
        "core attributes by their URN",
        "rancher/rancher#54871",
        {},
        lambda d: d.set({"urn:ietf:params:scim:schemas:core:2.0:User:displayName": "By URN"}),
        {"/displayName": "By URN"},
    ),
    (
        "names in another letter case",
        "rancher/rancher#54871",
        {},
        lambda d: d.set({"DisplayName": "Case", "Name.FamilyName": "Cased"}),
        {"/displayName": "Case", "/name/familyName": "Cased"},
    ),
    (
        "a manager by id",
        DOCS,
        {},
        lambda d: d.add({f"{ENTERPRISE}:manager": "m-{{n}}"}),
        {f"{MANAGER}/value": "m-{{n}}"},
    ),
    (
        "another manager",
        DOCS,
        {ENTERPRISE: {"manager": {"value": "first"}}},
        lambda d: d.set({f"{ENTERPRISE}:manager": {"value": "m-{{n}}"}}),
        {f"{MANAGER}/value": "m-{{n}}"},
    ),
    (
        "the manager taken away by an empty value",
        "SCIM Validator, remove manager",
        {ENTERPRISE: {"manager": {"value": "first"}}},
        lambda d: d.set({f"{ENTERPRISE}:manager": {"value": ""}}),
        {MANAGER: ABSENT},
    ),
    (
        "the manager taken away by an empty text",
        "gallery test, manager replace with nothing",
        {ENTERPRISE: {"manager": {"value": "first"}}},
        lambda d: d.set({f"{ENTERPRISE}:manager": ""}),
        {MANAGER: ABSENT},
    ),
]

# One dialect only: name, source, more of the create body, operations, what is read back.
SHAPES = [
    (
        "the manager as documented: short path, array",
        DOCS,
        {},
        [{"op": "Add", "path": "manager", "value": [{"$ref": "http://x/Users/2819c223", "value": "2819c223"}]}],
        {f"{MANAGER}/value": "2819c223"},
    ),
    (
        "the manager removed",
        DOCS,
        {ENTERPRISE: {"manager": {"value": "first"}}},
        [{"op": "Remove", "path": f"{ENTERPRISE}:manager"}],
        {MANAGER: ABSENT},
    ),
    (
        "roles added as JSON in a text",
        "Microsoft, customize-application-attributes",
        {},
        [{"op": "Add", "path": "roles", "value": [{"value": '{"id":"06b0","value":"Agent","displayName":"Agent"}'}]}],
        {"/roles": length(1), "/roles/0/value": "Agent"},
    ),
    (
        "one role replaces the others",
        "Microsoft, SingleAppRoleAssignment",
        {"roles": [{"value": "Agent", "primary": True}]},
        [{"op": "Replace", "path": "roles", "value": [{"primary": "True", "value": "Supervisor"}]}],
        {"/roles": length(1), "/roles/0/value": "Supervisor"},
    ),
    ("a removed attribute", DOCS, {"title": "Boss"}, [{"op": "Remove", "path": "title"}], {"/title": ABSENT}),
    (
        "the element a filter picks, removed",
        DOCS,
        {},
        [{"op": "Remove", "path": 'emails[type eq "work"]'}],
        {"/emails": ABSENT},
    ),
    (
        "a value path inside an operation without a path",
        "SCIM Validator, path-less replace",
        {},
        [{"op": "replace", "value": {MAIL: "inside.{{n}}@contoso.example", "displayName": "Inside"}}],
        {"/displayName": "Inside", "/emails": length(1), "/emails/0/value": "inside.{{n}}@contoso.example"},
    ),
    (
        "the extension as an object, without a path",
        DOCS,
        {ENTERPRISE: {"employeeNumber": "1", "department": "D"}},
        [{"op": "replace", "value": {ENTERPRISE: {"employeeNumber": "2"}}}],
        {f"/{ENTERPRISE}/employeeNumber": "2", f"/{ENTERPRISE}/department": "D"},
    ),
    (
        "two values for one attribute: the last one counts",
        "SCIM Validator preview, several operations on one attribute",
        {},
        [
            {"op": "replace", "path": "displayName", "value": "First"},
            {"op": "replace", "path": "displayName", "value": "Second"},
        ],
        {"/displayName": "Second"},
    ),
]


def scenario(name: str, source: str, more: dict, operations: list, check: dict, dialect) -> Scenario:
    """Create, change, and compare both the answer and what is read back."""
    steps = [created(**more), change(dialect, operations, check=check), get("/Users/{{id}}", check=check)]
    return Scenario(f"PATCH: {name}", source, steps)


def scenarios() -> list:
    both = [
        scenario(f"{name} ({d.name})", source, more, ops(d), check, d)
        for name, source, more, ops, check in IN_BOTH
        for d in BOTH
    ]
    return both + [scenario(*shape, Default) for shape in SHAPES] + REFUSED


def refused(name: str, operations: list, scim_type: str, status: int = 400) -> Scenario:
    """A PATCH with a fault in its last operation changes nothing at all."""
    wanted = {"/displayName": "User {{n}}"}
    steps = [
        created(),
        change(
            Flagged,
            [{"op": "replace", "path": "displayName", "value": "Lost"}, *operations],
            status=status,
            check={"/scimType": scim_type},
        ),
        get("/Users/{{id}}", check=wanted),
    ]
    return Scenario(f"PATCH refused: {name}", "RFC 7644 sections 3.5.2 and 3.12", steps)


REFUSED = [
    refused("an unknown operation", [{"op": "destroy", "path": "title"}], "invalidSyntax"),
    refused("remove without a path", [{"op": "remove"}], "noTarget"),
    refused("a path that cannot be read", [{"op": "replace", "path": "emails[type eq", "value": "x"}], "invalidPath"),
    refused("a value of the wrong type", [{"op": "replace", "path": "active", "value": "perhaps"}], "invalidValue"),
    Scenario(
        "PATCH of somebody who is gone",
        COMPATIBILITY,
        [
            patch(
                "/Users/0b2c8b5e-0000-4000-8000-000000000000",
                [{"op": "Replace", "path": "active", "value": "False"}],
                404,
            ),
            patch(
                "/Groups/0b2c8b5e-0000-4000-8000-000000000000",
                [{"op": "Replace", "path": "displayName", "value": "x"}],
                404,
            ),
        ],
    ),
]
