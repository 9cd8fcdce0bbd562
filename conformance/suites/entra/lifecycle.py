"""A person's whole time: hired, moved, put on leave, back again, gone; and what must hold in Genesys Cloud meanwhile."""

from harness.expect import ABSENT, BRIDGE, ENTERPRISE, length, members, people_with
from harness.replay import Genesys, Merged, Parallel, Scenario, delete, get, patch, post, put

from .dialect import DOCS, Default, Flagged, change, created, group_created, user

NAME = 'filter=userName eq "User.{{n}}@contoso.example"'
VANISHED = "/Users/0b2c8b5e-0000-4000-8000-000000000001"


def leave_and_return(dialect) -> Scenario:
    """Out of scope, then in scope again: the same id, found by look-up."""
    return Scenario(
        f"unassigned and assigned again keeps the id ({dialect.name})",
        DOCS,
        [
            created(),
            change(dialect, dialect.set({"active": False})),
            get("/Users?" + NAME, check={"/Resources/0/active": False, "/Resources/0/id": "{{id}}"}),
            Genesys({"/users/{{id}}/state": "inactive"}),
            change(dialect, dialect.set({"active": True, "displayName": "Back {{n}}"})),
            get("/Users/{{id}}", check={"/active": True, "/displayName": "Back {{n}}"}),
            Genesys({"/users/{{id}}/state": "active", "/users/{{id}}/name": "Back {{n}}"}),
        ],
    )


SCENARIOS = [
    leave_and_return(Default),
    leave_and_return(Flagged),
    Scenario(
        "deleted for good: gone, and the name can be given again",
        DOCS,
        [
            created(),
            delete("/Users/{{id}}"),
            get("/Users/{{id}}", 404),
            delete("/Users/{{id}}", 404),
            get("/Users?" + NAME, check={"/totalResults": 0}),
            patch("/Users/{{id}}", Default.set({"active": True}), 404),
            Genesys({"/users/{{id}}": ABSENT, "/deleted_users/{{id}}/state": "deleted"}),
        ],
    ),
    Scenario(
        "an agent is hired, promoted through a group, moved and put on leave",
        DOCS,
        [
            get("/Users?" + NAME, check={"/totalResults": 0}),
            post(
                "/Users",
                {
                    **user(),
                    ENTERPRISE: {"department": "Claims", "division": "EMEA"},
                    BRIDGE: {
                        "compactRoles": "Agent@EMEA",
                        "compactQueues": "EMEA Billing",
                        "compactSkills": "Billing:4",
                    },
                },
                save={"id": "/id"},
            ),
            group_created(),
            patch("/Groups/{{group}}", Default.add_members("{{id}}")),
            get("/Groups/{{group}}", check={"/members": members("{{id}}")}),
            get(
                "/Users/{{id}}",
                check={
                    "/groups": length(1),
                    "/groups/0/value": "{{group}}",
                    f"/{BRIDGE}/compactQueues": "EMEA Billing",
                },
            ),
            change(
                Default,
                Default.set(
                    {f"{BRIDGE}:compactQueues": "EMEA Billing;EMEA Support", f"{BRIDGE}:compactSkills": "Billing:5"}
                ),
            ),
            get(
                "/Users/{{id}}",
                check={f"/{BRIDGE}/compactSkills": "Billing:5", f"/{BRIDGE}/compactRoles": "Agent@EMEA"},
            ),
            Genesys(
                {
                    "/queues/EMEA Support/{{id}}/joined": True,
                    "/skills/{{id}}": {"Billing": 5.0},
                    "/users/{{id}}/division": "EMEA",
                }
            ),
            change(Default, Default.set({"active": False})),
            get("/Users/{{id}}", check={"/active": False, "/groups": length(1)}),
            Genesys(
                {
                    "/users/{{id}}/state": "inactive",
                    "/queues/EMEA Support/{{id}}": ABSENT,
                    "/queues/EMEA Billing/{{id}}": ABSENT,
                }
            ),
        ],
    ),
    Scenario(
        "a second create after a lost answer is told that the name is taken",
        "langwatch#6973",
        [
            created(),
            post("/Users", user(), 409, check={"/scimType": "uniqueness"}),
            get("/Users?" + NAME, check={"/totalResults": 1}),
        ],
    ),
    Scenario(
        "24 creates of one name: one is made, all others are told",
        "promise: no duplicate users",
        [
            Parallel([post("/Users", user(), (201, 409)) for _ in range(24)]),
            get("/Users?" + NAME, check={"/totalResults": 1, "/Resources": length(1)}),
            Genesys({"/users": people_with("user.{{n}}@contoso.example", 1)}),
        ],
    ),
    Scenario(
        "a version that is out of date is refused, a current one is not",
        "RFC 7644 section 3.14",
        [
            created(),
            get("/Users/{{id}}", save={"etag": "@ETag"}),
            get("/Users/{{id}}", 304, headers={"If-None-Match": "{{etag}}"}),
            change(Default, Default.set({"title": "One"}), headers={"If-Match": "{{etag}}"}),
            change(Default, Default.set({"title": "Two"}), status=412, headers={"If-Match": "{{etag}}"}),
            get("/Users/{{id}}", check={"/title": "One"}),
        ],
    ),
    Scenario(
        "what a GET showed can be written back",
        "RFC 7644 section 3.5.1",
        [
            created(title="Boss", **{ENTERPRISE: {"department": "D"}}),
            get("/Users/{{id}}", save={"whole": ""}),
            put(
                "/Users/{{id}}",
                Merged("{{whole}}", {"title": "Chief"}),
                check={"/title": "Chief", f"/{ENTERPRISE}/department": "D", "/id": "{{id}}"},
            ),
            put(
                "/Users/{{id}}", user(), check={"/title": ABSENT, f"/{ENTERPRISE}": ABSENT, "/name/givenName": "Given"}
            ),
        ],
    ),
    Scenario(
        "a changed name that somebody else has is refused",
        DOCS,
        [
            created("a", "other"),
            created(),
            change(
                Default,
                Default.set({"userName": "User.{{n}}a@contoso.example"}),
                status=409,
                check={"/scimType": "uniqueness"},
            ),
            get("/Users/{{id}}", check={"/userName": "User.{{n}}@contoso.example"}),
        ],
    ),
    Scenario(
        "requests for somebody who was never there",
        DOCS,
        [get(VANISHED, 404), delete(VANISHED, 404), put(VANISHED, user(), 404), get("/Groups/nobody", 404)],
    ),
]
