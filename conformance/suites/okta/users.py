"""Okta and people: enable, assign, update, deactivate, password, import."""

from harness.expect import ABSENT, BRIDGE, ENTERPRISE, TEXT, length, with_entry
from harness.replay import Genesys, Merged, Scenario, get, patch, post, put

from .client import DOCS, GUIDE, assigned, user

AT = "/Users/{{id}}"
BY_NAME = '/Users?filter=userName eq "okta.{{n}}@atko.example"&startIndex=1&count=100'
NOBODY = {"/totalResults": 0, "/startIndex": 1, "/itemsPerPage": 0, "/Resources": ABSENT}


def active(value):
    """The integration network's form: no path, a real boolean."""
    return patch(AT, [{"op": "replace", "value": {"active": value}}], check={"/active": value})


def read(**check):
    return get(AT, check={f"/{name}": value for name, value in check.items()})


SCENARIOS = [
    Scenario(
        "the integration is enabled",
        DOCS,
        [
            get("/Users?startIndex=1&count=2", check={"/startIndex": 1}),
            get("/Groups?startIndex=1&count=100", check={"/startIndex": 1}),
        ],
    ),
    Scenario(
        "a user is assigned: looked for, created, looked for again",
        DOCS,
        [
            get(BY_NAME, check=NOBODY),
            post(
                "/Users",
                user(),
                check={
                    "/userName": "okta.{{n}}@atko.example",
                    "/active": True,
                    "/externalId": "00u{{n}}",
                    "/password": ABSENT,
                    "/groups": ABSENT,
                    "/emails/0/value": "okta.{{n}}@atko.example",
                    "/locale": "en-US",
                    "/displayName": "Test User",
                },
                save={"id": "/id"},
            ),
            get(BY_NAME, check={"/totalResults": 1, "/Resources/0/id": "{{id}}", "/Resources/0/password": ABSENT}),
            read(active=True, password=ABSENT),
        ],
    ),
    Scenario(
        "a user that is there already is told apart",
        "Okta, CRUD test",
        [
            assigned(),
            post("/Users", user(), 409, check={"/scimType": "uniqueness", "/detail": TEXT}),
            get(BY_NAME, check={"/totalResults": 1}),
        ],
    ),
    Scenario(
        "user names are found in any letter case",
        "Okta, spec test",
        [
            assigned(),
            get(
                '/Users?filter=userName eq "OKTA.{{n}}@ATKO.EXAMPLE"&startIndex=1&count=100',
                check={"/totalResults": 1, "/Resources/0/id": "{{id}}"},
            ),
        ],
    ),
    Scenario(
        "a profile is read and written back whole",
        DOCS,
        [
            assigned(),
            get(AT, save={"whole": ""}),
            put(
                AT,
                Merged(
                    "{{whole}}",
                    {"name": {"givenName": "Another", "familyName": "User"}, "groups": [], "title": "Agent"},
                ),
                check={"/name/givenName": "Another", "/id": "{{id}}"},
            ),
            read(title="Agent", externalId="00u{{n}}", userName="okta.{{n}}@atko.example"),
        ],
    ),
    Scenario(
        "attributes Okta does not know survive a profile update",
        GUIDE,
        [
            assigned(nickName="Nick", **{ENTERPRISE: {"employeeNumber": "77", "department": "Care"}}),
            get(AT, save={"whole": ""}),
            put(AT, Merged("{{whole}}", {"displayName": "New Name"})),
            get(AT, check={"/nickName": "Nick", f"/{ENTERPRISE}/employeeNumber": "77", "/displayName": "New Name"}),
        ],
    ),
    Scenario(
        "a user name is changed by PUT",
        DOCS,
        [
            assigned(),
            get(AT, save={"whole": ""}),
            put(
                AT,
                Merged("{{whole}}", {"userName": "renamed.{{n}}@atko.example"}),
                check={"/userName": "renamed.{{n}}@atko.example"},
            ),
            get(BY_NAME, check=NOBODY),
        ],
    ),
    Scenario(
        "deactivated and activated by PATCH (integration network)",
        DOCS,
        [
            assigned(),
            active(False),
            read(active=False),
            Genesys({"/users/{{id}}/state": "inactive"}),
            get(BY_NAME, check={"/Resources/0/active": False}),
            active(True),
            read(active=True),
            Genesys({"/users/{{id}}/state": "active"}),
        ],
    ),
    Scenario(
        "deactivated and activated by PUT (app wizard)",
        DOCS,
        [
            assigned(),
            get(AT, save={"whole": ""}),
            put(AT, Merged("{{whole}}", {"active": False}), check={"/active": False}),
            read(active=False),
            Genesys({"/users/{{id}}/state": "inactive"}),
            put(AT, Merged("{{whole}}", {"active": True}), check={"/active": True}),
            read(active=True),
            Genesys({"/users/{{id}}/state": "active"}),
        ],
    ),
    Scenario(
        "a deactivated agent keeps nothing that lets in, and gets it back when activated",
        GUIDE,
        [
            assigned(
                **{BRIDGE: {"compactRoles": "Agent@EMEA", "compactQueues": "Chat;VIP", "compactSkills": "Voice:3"}}
            ),
            Genesys({"/queues/VIP/{{id}}/joined": True, "/grants/{{id}}": ["Agent@EMEA", "employee@Home"]}),
            active(False),
            Genesys({"/users/{{id}}/state": "inactive", "/queues/VIP/{{id}}": ABSENT, "/queues/Chat/{{id}}": ABSENT}),
            active(True),
            Genesys(
                {"/queues/VIP/{{id}}/joined": True, "/skills/{{id}}": {"Voice": 3.0}, "/users/{{id}}/state": "active"}
            ),
            # Genesys Cloud itself takes all roles from the inactive; only what the bridge gave comes back.
            Genesys({"/grants/{{id}}": with_entry("Agent@EMEA")}),
        ],
    ),
    Scenario(
        "a password is pushed and never shown",
        GUIDE,
        [
            assigned(),
            patch(AT, [{"op": "replace", "value": {"password": "t1meMa$heen"}}], check={"/password": ABSENT}),
            read(password=ABSENT, active=True),
        ],
    ),
    Scenario(
        "an import pages over everybody with whole numbers",
        DOCS,
        [
            *[assigned(f"i{k}", f"i{k}", title="Import {{n}}") for k in range(5)],
            get(
                '/Users?filter=title eq "Import {{n}}"&startIndex=1&count=2',
                check={"/totalResults": 5, "/startIndex": 1, "/itemsPerPage": 2, "/Resources": length(2)},
                save={"first": "/Resources/0/id"},
            ),
            get(
                '/Users?filter=title eq "Import {{n}}"&startIndex=5&count=2',
                check={"/totalResults": 5, "/startIndex": 5, "/itemsPerPage": 1},
            ),
            get('/Users?filter=title eq "Import {{n}}"&startIndex=1&count=2', check={"/Resources/0/id": "{{first}}"}),
            get("/Users?startIndex=1&count=100", check={"/startIndex": 1}),
        ],
    ),
    Scenario(
        "an id from before a rebuilt database is not found, and that is no crash",
        "fleetdm/fleet#52593",
        [
            get("/Users/00000000-dead-4000-8000-000000000000", 404),
            patch("/Users/4711", [{"op": "replace", "value": {"active": False}}], 404),
            put("/Users/not-an-id", user(), 404),
        ],
    ),
    Scenario(
        "a refused token carries a SCIM error",
        "Okta, spec test",
        [get("/Users?startIndex=1&count=2", 401, bearer=False, check={"/status": "401"})],
    ),
    Scenario(
        "the spec test: what must be refused",
        "Okta, spec test",
        [
            get("/Users/010101001010101011001010101011", 404, check={"/detail": TEXT}),
            post(
                "/Users",
                {"schemas": ["urn:ietf:params:scim:schemas:core:2.0:User"], "name": {"givenName": "No name"}},
                400,
                check={"/scimType": "invalidValue"},
            ),
        ],
    ),
]
