"""`scim` and people: create, query, search, replace, modify, delete, and what it is told when it asks for the wrong thing."""

from harness.commands import Command, Scenario
from harness.expect import ABSENT, BRIDGE, ENTERPRISE, GENESYS, TEXT, USER, length, with_entry

SEARCH = "urn:ietf:params:scim:api:messages:2.0:SearchRequest"
PATCH = "urn:ietf:params:scim:api:messages:2.0:PatchOp"


def emails(name: str) -> list:
    return [
        {"value": f"{name}.{{{{n}}}}@example.com", "type": "work", "primary": True},
        {"value": f"{name}.{{{{n}}}}@home.example", "type": "home"},
    ]


def hired(name: str, surname: str) -> Command:
    """Somebody with a name, two addresses and a title, made from options."""
    return Command(
        f"create {name}",
        [
            *("create", "user", "--user-name", name + ".{{n}}", "--external-id", "x-" + name + "-{{n}}"),
            *("--name", {"givenName": name.capitalize(), "familyName": surname}),
            *("--emails", emails(name), "--title", "Clerk {{n}}", "--active", "true"),
        ],
        check={
            "/userName": name + ".{{n}}",
            "/name/familyName": surname,
            "/active": True,
            "/emails": length(2),
            "/emails/[type=work]/primary": True,
            "/meta/resourceType": "User",
            "/meta/version": TEXT,
            "/schemas": with_entry(USER),
        },
        save={name: "/id"},
    )


def read(name: str, what: str, **check) -> Command:
    return Command(what, ["query", "user", "{{" + name + "}}"], **check)


def found(what: str, arguments: list, *names, command: str = "query") -> Command:
    """A list of exactly these people, in this order."""
    check = {"/totalResults": len(names), "/Resources": length(len(names)) if names else ABSENT}
    check |= {f"/Resources/{at}/userName": name + ".{{n}}" for at, name in enumerate(names)}
    return Command(what, [command, "user", *arguments], check=check)


def refused(what: str, arguments: list, status: int, kind=ABSENT, **more) -> Command:
    """What the service answers with an error, which the client shows and ends with 1."""
    check = {"/status": str(status), "/scimType": kind, "/detail": TEXT}
    return Command(what, arguments, status=1, check=check, error=(f"Error: {status}",), **more)


MINE = 'title eq "Clerk {{n}}"'

SCENARIOS = [
    Scenario(
        "users are found",
        [
            hired("ada", "Lovelace"),
            hired("grace", "Hopper"),
            hired("mary", "Somerville"),
            found("by user name, letter case aside", ["--filter", 'userName eq "ADA.{{n}}"'], "ada"),
            found("by external id", ["--filter", 'externalId eq "x-grace-{{n}}"'], "grace"),
            found("by an address", ["--filter", 'emails.value eq "mary.{{n}}@home.example"'], "mary"),
            found(
                "by a value filter",
                ["--filter", 'emails[type eq "home" and value sw "ada.{{n}}@home"]'],
                "ada",
            ),
            found("not by an address of another type", ["--filter", 'emails[type eq "work" and value co "{{n}}@home"]']),
            found(
                "by and, or, not",
                ["--filter", f'{MINE} and (userName sw "ada" or not (userName co "a"))'],
                "ada",
            ),
            found("sorted", ["--filter", MINE, "--sort-by", "userName"], "ada", "grace", "mary"),
            found(
                "sorted backwards by a part of the name",
                ["--filter", MINE, "--sort-by", "name.familyName", "--sort-order", "descending"],
                *("mary", "ada", "grace"),
            ),
            Command(
                "a page",
                ["query", "user", "--filter", MINE, "--sort-by", "userName", "--start-index", "2", "--count", "1"],
                check={
                    "/totalResults": 3,
                    "/startIndex": 2,
                    "/itemsPerPage": 1,
                    "/Resources": length(1),
                    "/Resources/0/userName": "grace.{{n}}",
                },
            ),
            Command(
                "a count of nothing still has the total (RFC 7644 section 3.4.2.4)",
                ["query", "user", "--filter", MINE, "--count", "0"],
                check={"/totalResults": 3, "/Resources": ABSENT},
            ),
            Command(
                "a page behind the last",
                ["query", "user", "--filter", MINE, "--start-index", "4"],
                check={"/totalResults": 3, "/Resources": ABSENT},
            ),
            Command(
                "only some attributes",
                [*("query", "user", "--filter", MINE, "--sort-by", "userName"), *("--attribute", "name.givenName")],
                check={
                    "/Resources/0/name/givenName": "Ada",
                    "/Resources/0/name/familyName": ABSENT,
                    "/Resources/0/id": "{{ada}}",
                    "/Resources/0/emails": ABSENT,
                },
            ),
            read("ada", "one", check={"/id": "{{ada}}", "/meta/location": "{{base}}/Users/{{ada}}"}),
            Command(
                "one without some attributes",
                [*("query", "user", "{{ada}}"), *("--excluded-attribute", "emails", "--excluded-attribute", "title")],
                check={"/userName": "ada.{{n}}", "/emails": ABSENT, "/title": ABSENT, "/active": True},
            ),
            Command(
                "by search",
                ["search", "user", "--filter", MINE, "--sort-by", "userName", "--attribute", "userName"],
                check={"/totalResults": 3, "/Resources/0/userName": "ada.{{n}}", "/Resources/0/title": ABSENT},
            ),
            Command(
                "by search from the root",
                ["search", "--filter", 'userName eq "grace.{{n}}"'],
                check={"/totalResults": 1, "/Resources/0/id": "{{grace}}"},
            ),
            # The client reads filters itself and breaks down over a bad one; a document goes to the service as it is.
            refused("a bad filter", ["query", "user"], 400, "invalidFilter", stdin={"filter": "userName eq"}),
            refused(
                "a bad filter in a search",
                ["search", "user"],
                *(400, "invalidFilter"),
                stdin={"schemas": [SEARCH], "filter": 'userName is "x"'},
            ),
        ],
    ),
    Scenario(
        "users are changed",
        [
            hired("emmy", "Noether"),
            refused("nobody else has her name", ["create", "user", "--user-name", "Emmy.{{n}}"], 409, "uniqueness"),
            refused(
                "modify: a queue that Genesys Cloud does not have",
                ["modify", "user", "{{emmy}}", "add", f"{BRIDGE}:queues", ["Nowhere {{n}}"]],
                *(400, "invalidValue"),
            ),
            Command(
                "modify: several operations at once",
                [
                    *("modify", "user", "{{emmy}}", "replace", "displayName", "Emmy N."),
                    *("remove", 'emails[type eq "home"]'),
                    *("add", "phoneNumbers", [{"value": "+493012345", "type": "work"}]),
                ],
            ),
            read(
                "emmy",
                "they all held",
                check={
                    "/displayName": "Emmy N.",
                    "/emails": length(1),
                    "/emails/0/type": "work",
                    "/phoneNumbers/[type=work]/value": "+493012345",
                },
            ),
            Command(
                "modify: a value behind a filter",
                ["modify", "user", "{{emmy}}", "replace", 'emails[type eq "work"].value', "noether.{{n}}@example.com"],
            ),
            Command("modify: a boolean", ["modify", "user", "{{emmy}}", "replace", "active", "false"]),
            Command(
                "modify: extensions",
                [
                    *("modify", "user", "{{emmy}}", "replace", f"{ENTERPRISE}:department", "Algebra"),
                    *("add", f"{BRIDGE}:skills", [{"name": "Billing", "proficiency": 4}]),
                    *("add", f"{BRIDGE}:queues", ["VIP"]),
                ],
            ),
            Command(
                "modify: without a path",
                ["modify", "user", "{{emmy}}", "replace", "", {"title": "Professor", "nickName": "Em"}],
            ),
            Command(
                "modify: a document",
                ["modify", "user", "{{emmy}}"],
                stdin={"schemas": [PATCH], "Operations": [{"op": "add", "path": "locale", "value": "de-DE"}]},
            ),
            read(
                "emmy",
                "they all held, too",
                check={
                    "/emails/[type=work]/value": "noether.{{n}}@example.com",
                    "/active": False,
                    f"/{ENTERPRISE}/department": "Algebra",
                    f"/{BRIDGE}/skills/[name=Billing]/proficiency": 4,
                    f"/{BRIDGE}/queues": with_entry("VIP"),
                    "/title": "Professor",
                    "/nickName": "Em",
                    "/locale": "de-DE",
                },
            ),
            refused(
                "modify: nobody with that id",
                ["modify", "user", "none-{{n}}", "replace", "title", "x"],
                404,
            ),
            Command(
                "replace",
                [
                    *("replace", "user", "--id", "{{emmy}}", "--user-name", "emmy.{{n}}"),
                    *("--name", {"givenName": "Amalie", "familyName": "Noether"}),
                    *("--emails", emails("emmy"), "--active", "true"),
                ],
                check={"/id": "{{emmy}}", "/name/givenName": "Amalie", "/active": True},
            ),
            read(
                "emmy",
                "what was not sent again is gone (RFC 7644 section 3.5.1)",
                check={
                    "/name/givenName": "Amalie",
                    "/emails": length(2),
                    "/phoneNumbers": ABSENT,
                    "/nickName": ABSENT,
                    "/locale": ABSENT,
                    f"/{ENTERPRISE}/department": ABSENT,
                },
            ),
            Command(
                "replace: a document",
                ["replace", "user"],
                stdin={
                    "schemas": [USER, ENTERPRISE],
                    "id": "{{emmy}}",
                    "userName": "noether.{{n}}",
                    "emails": emails("emmy"),
                    ENTERPRISE: {"employeeNumber": "7"},
                },
                check={"/userName": "noether.{{n}}", f"/{ENTERPRISE}/employeeNumber": "7"},
            ),
            found("by her new name", ["--filter", 'userName eq "noether.{{n}}"'], "noether"),
            found("not by her old name", ["--filter", 'userName eq "emmy.{{n}}"']),
        ],
    ),
    Scenario(
        "users with extensions",
        [
            Command(
                "create from options, one for each extension",
                [
                    *("create", "user", "--user-name", "katherine.{{n}}", "--emails", emails("katherine")),
                    *("--enterpriseuser", {"department": "Orbits {{n}}", "division": "EMEA", "costCenter": "K-1"}),
                    *("--bridgeuser", {"skills": [{"name": "Billing", "proficiency": 2}], "queues": ["VIP"]}),
                    *("--genesysuser", {"externalIds": [{"authority": "hr", "value": "{{n}}"}]}),
                ],
                check={
                    "/schemas": length(4),
                    f"/{ENTERPRISE}/department": "Orbits {{n}}",
                    f"/{BRIDGE}/skills/[name=Billing]/proficiency": 2,
                    f"/{BRIDGE}/queues": ["VIP"],
                    f"/{GENESYS}/externalIds/[authority=hr]/value": "{{n}}",
                },
                save={"katherine": "/id"},
            ),
            found("by an extension's attribute", ["--filter", f'{ENTERPRISE}:department eq "orbits {{{{n}}}}"'], "katherine"),
            found(
                "by a value filter inside an extension",
                ["--filter", f'{BRIDGE}:skills[name eq "Billing" and proficiency lt 3] and userName co "{{{{n}}}}"'],
                "katherine",
            ),
            Command(
                "only one attribute of one extension",
                ["query", "user", "{{katherine}}", "--attribute", f"{ENTERPRISE}:costCenter"],
                check={
                    f"/{ENTERPRISE}/costCenter": "K-1",
                    f"/{ENTERPRISE}/department": ABSENT,
                    f"/{BRIDGE}": ABSENT,
                    "/userName": ABSENT,
                },
            ),
            Command(
                "without one extension",
                ["query", "user", "{{katherine}}", "--excluded-attribute", BRIDGE],
                check={f"/{ENTERPRISE}/division": "EMEA", f"/{BRIDGE}": ABSENT, "/userName": "katherine.{{n}}"},
            ),
            Command(
                "modify: an attribute of an extension is removed, and another extension as a whole",
                [
                    *("modify", "user", "{{katherine}}", "remove", f"{ENTERPRISE}:costCenter"),
                    *("remove", BRIDGE),
                ],
            ),
            read(
                "katherine",
                "both are gone, the rest is there",
                check={
                    f"/{ENTERPRISE}/costCenter": ABSENT,
                    f"/{ENTERPRISE}/department": "Orbits {{n}}",
                    f"/{BRIDGE}/skills": ABSENT,
                    f"/{BRIDGE}/queues": ABSENT,
                },
            ),
        ],
    ),
    Scenario(
        "users are deleted",
        [
            Command(
                "create from a document",
                ["create"],
                stdin={"schemas": [USER], "userName": "ruth.{{n}}", "emails": emails("ruth"), "password": "Secret-77{{n}}"},
                check={"/userName": "ruth.{{n}}", "/password": ABSENT},
                save={"ruth": "/id"},
            ),
            Command("delete", ["delete", "user", "{{ruth}}"]),
            refused("gone", ["query", "user", "{{ruth}}"], 404),
            refused("and cannot be deleted twice", ["delete", "user", "{{ruth}}"], 404),
            refused("nor modified", ["modify", "user", "{{ruth}}", "replace", "title", "x"], 404),
            found("nor found", ["--filter", 'userName eq "ruth.{{n}}"']),
            Command(
                "her name can be used again",
                ["create", "user", "--user-name", "ruth.{{n}}", "--emails", emails("ruth")],
                check={"/userName": "ruth.{{n}}", "/id": TEXT},
            ),
        ],
    ),
]
