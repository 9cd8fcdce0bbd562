"""Okta and group push: create, link, rename, members in every form the agent has used, delete."""

from harness.expect import ABSENT, GROUP, length, members
from harness.replay import Merged, Parallel, Scenario, delete, get, patch, post, put

from .client import DOCS, GUIDE, assigned, pushed

AT = "/Groups/{{group}}"
# The most members that one PATCH has been seen with (ory/polis#4080).
MOST = 256
CROWD = [f"c{k:03}" for k in range(MOST)]


def people(*names):
    return [assigned(name, name) for name in names]


def read(*ids):
    return get(AT, check={"/members": members(*ids)})


def renamed_first(name: str = "Push {{n}}"):
    """What comes before every membership change: the group's own id and name, without a path."""
    return patch(AT, [{"op": "replace", "value": {"id": "{{group}}", "displayName": name}}])


def entry(name: str) -> dict:
    return {"value": "{{" + name + "}}", "display": f"okta.{name}@atko.example"}


def add(*names):
    return {"op": "add", "path": "members", "value": [entry(name) for name in names]}


def remove(name: str):
    return {"op": "remove", "path": f'members[value eq "{{{{{name}}}}}"]'}


def crowd() -> list:
    """A large push, in batches that do not open hundreds of connections at once."""
    hire = [Parallel(people(*CROWD[start : start + 16])) for start in range(0, MOST, 16)]
    everybody = ["{{" + name + "}}" for name in CROWD]
    return [
        *hire,
        pushed(),
        patch(AT, [add(*CROWD)]),
        read(*everybody),
        patch(AT, [remove(name) for name in CROWD[1:]]),
        read(everybody[0]),
    ]


SCENARIOS = [
    Scenario(
        "a group is pushed: looked for, created, read",
        DOCS,
        [
            get(
                '/Groups?filter=displayName eq "Push {{n}}"&startIndex=1&count=100',
                check={"/totalResults": 0, "/Resources": ABSENT},
            ),
            post(
                "/Groups",
                {"schemas": [GROUP], "displayName": "Push {{n}}", "members": []},
                check={"/displayName": "Push {{n}}"},
                save={"group": "/id"},
            ),
            get(AT, check={"/displayName": "Push {{n}}", "/members": ABSENT}),
            get(
                '/Groups?filter=displayName eq "Push {{n}}"&startIndex=1&count=100',
                check={"/totalResults": 1, "/Resources/0/id": "{{group}}"},
            ),
        ],
    ),
    Scenario(
        "a group is renamed with its own id in the value",
        "Metatavu/keycloak-scim-server#113",
        [
            *people("a"),
            pushed(),
            patch(AT, [add("a")]),
            renamed_first("Renamed {{n}}"),
            get(AT, check={"/displayName": "Renamed {{n}}", "/members": members("{{a}}"), "/id": "{{group}}"}),
        ],
    ),
    Scenario(
        "members come and go one by one",
        DOCS,
        [
            *people("a", "b", "c"),
            pushed(),
            renamed_first(),
            patch(AT, [add("a", "b")]),
            read("{{a}}", "{{b}}"),
            renamed_first(),
            patch(AT, [remove("a"), add("c")]),
            read("{{b}}", "{{c}}"),
            get("/Users/{{c}}", check={"/groups": length(1)}),
            get("/Users/{{a}}", check={"/groups": ABSENT}),
        ],
    ),
    Scenario(
        "a member without a type is a user",
        "Captain-P-Goldfish/SCIM-SDK#419",
        [
            *people("a"),
            pushed(),
            patch(AT, [add("a")]),
            get(AT, check={"/members/0/value": "{{a}}"}),
        ],
    ),
    Scenario(
        "push now replaces the members",
        DOCS,
        [
            *people("a", "b"),
            pushed(),
            patch(AT, [add("a")]),
            patch(AT, [{"op": "replace", "path": "members", "value": [entry("b")]}]),
            read("{{b}}"),
        ],
    ),
    Scenario(
        "push now with nobody clears",
        "Captain-P-Goldfish/SCIM-SDK#757",
        [
            *people("a"),
            pushed(),
            patch(AT, [add("a")]),
            patch(AT, [{"op": "replace", "path": "members", "value": []}]),
            read(),
        ],
    ),
    Scenario(
        "the older form: members, id and name without a path",
        "jelhub/scimgateway#113",
        [
            *people("a", "b"),
            pushed(),
            patch(AT, [add("a")]),
            patch(
                AT,
                [{"op": "replace", "value": {"id": "{{group}}", "displayName": "Push {{n}}", "members": [entry("b")]}}],
            ),
            read("{{b}}"),
        ],
    ),
    Scenario(
        "a group is updated by PUT with its own name (app wizard)",
        "lightdash#15035; SimpleIdServer#247",
        [
            *people("a", "b"),
            pushed(),
            put(
                AT,
                {
                    "schemas": [GROUP],
                    "id": "{{group}}",
                    "displayName": "Push {{n}}",
                    "members": [entry("a"), entry("b")],
                },
            ),
            read("{{a}}", "{{b}}"),
            put(AT, {"schemas": [GROUP], "id": "{{group}}", "displayName": "Put {{n}}", "members": [entry("b")]}),
            get(AT, check={"/displayName": "Put {{n}}", "/members": members("{{b}}")}),
            put(AT, {"schemas": [GROUP], "id": "{{group}}", "displayName": "Put {{n}}", "members": []}),
            read(),
        ],
    ),
    Scenario(
        "a group is read and written back whole",
        GUIDE,
        [
            *people("a"),
            pushed(),
            patch(AT, [add("a")]),
            get(AT, save={"whole": ""}),
            put(AT, Merged("{{whole}}", {"displayName": "Whole {{n}}"})),
            read("{{a}}"),
        ],
    ),
    Scenario(
        "a push with somebody unknown changes nothing",
        "fleetdm/fleet#52600",
        [
            *people("a", "b"),
            pushed(),
            patch(AT, [add("a")]),
            patch(
                AT,
                [
                    {
                        "op": "add",
                        "path": "members",
                        "value": [entry("b"), {"value": "00000000-dead-4000-8000-000000000000"}],
                    }
                ],
                400,
                check={"/scimType": "invalidValue"},
            ),
            read("{{a}}"),
        ],
    ),
    Scenario(
        "a group is unlinked and deleted",
        DOCS,
        [
            *people("a"),
            pushed(),
            patch(AT, [add("a")]),
            delete(AT),
            get(AT, 404),
            get("/Users/{{a}}", check={"/active": True, "/groups": ABSENT}),
        ],
    ),
    Scenario(
        "a name that another group has is refused",
        DOCS,
        [
            pushed(),
            post(
                "/Groups",
                {"schemas": [GROUP], "displayName": "Push {{n}}", "members": []},
                409,
                check={"/scimType": "uniqueness"},
            ),
            pushed("x", "other"),
            patch(
                "/Groups/{{other}}",
                [{"op": "replace", "value": {"id": "{{other}}", "displayName": "Push {{n}}"}}],
                409,
                check={"/scimType": "uniqueness"},
            ),
        ],
    ),
    Scenario(f"{MOST} members in one request, and all but one out again in one", "ory/polis#4080", crowd()),
]
