"""`scim` and what a service may offer: bulk requests and cursors. Left out where the service does not advertise them."""

from harness.commands import Command, Scenario
from harness.expect import ABSENT, GROUP, TEXT, USER, holding, length, members

from .users import MINE, hired

BULK = "urn:ietf:params:scim:api:messages:2.0:BulkRequest"


def person(name: str) -> dict:
    address = name + ".{{n}}@example.com"
    return {"schemas": [USER], "userName": name + ".{{n}}", "emails": [{"value": address, "type": "work"}]}


def post(path: str, key: str, data: dict) -> dict:
    return {"method": "POST", "path": path, "bulkId": key, "data": data}


def page(what: str, cursor: list, name: str, **more) -> Command:
    """One person of the three, in the order of their names."""
    arguments = ["query", "user", "--filter", MINE, "--sort-by", "userName", "--count", "1", *cursor]
    check = {"/totalResults": 3, "/Resources": length(1), "/Resources/0/userName": name + ".{{n}}"}
    return Command(what, arguments, check={**check, **more.pop("check", {})}, **more)


SCENARIOS = [
    Scenario(
        "bulk",
        [
            Command(
                "people and their group in one request (RFC 7644 section 3.7.2)",
                ["bulk"],
                stdin={
                    "schemas": [BULK],
                    "Operations": [
                        post("/Users", "one", person("hedy")),
                        post("/Users", "two", person("joan")),
                        post(
                            "/Groups",
                            "all",
                            {
                                "schemas": [GROUP],
                                "displayName": "Bulk {{n}}",
                                "members": [{"value": "bulkId:one"}, {"value": "bulkId:two"}],
                            },
                        ),
                    ],
                },
                check={
                    "/Operations": length(3),
                    "/Operations/[bulkId=one]/status": "201",
                    "/Operations/[bulkId=two]/location": holding("{{base}}/Users/"),
                    "/Operations/[bulkId=all]/status": "201",
                    "/Operations/[bulkId=all]/location": holding("{{base}}/Groups/"),
                },
            ),
            Command(
                "one of them",
                ["query", "user", "--filter", 'userName eq "hedy.{{n}}"'],
                check={"/totalResults": 1},
                save={"hedy": "/Resources/0/id"},
            ),
            Command(
                "the other",
                ["query", "user", "--filter", 'userName eq "joan.{{n}}"'],
                check={"/totalResults": 1},
                save={"joan": "/Resources/0/id"},
            ),
            Command(
                "both are in the group",
                ["query", "group", "--filter", 'displayName eq "Bulk {{n}}"'],
                check={"/totalResults": 1, "/Resources/0/members": members("{{hedy}}", "{{joan}}")},
                save={"group": "/Resources/0/id"},
            ),
            Command(
                "changes, one of which fails (RFC 7644 section 3.7.3)",
                ["bulk"],
                status=1,
                stdin={
                    "schemas": [BULK],
                    "Operations": [
                        {"method": "DELETE", "path": "/Groups/{{group}}"},
                        {"method": "DELETE", "path": "/Users/none-{{n}}"},
                        {"method": "DELETE", "path": "/Users/{{joan}}"},
                    ],
                },
                check={
                    "/Operations/0/status": "204",
                    "/Operations/1/status": "404",
                    "/Operations/1/response/detail": TEXT,
                    "/Operations/2/status": "204",
                },
                error=("1 of 3 bulk operations failed",),
            ),
        ],
        needs={"/bulk/supported": True},
    ),
    Scenario(
        "cursors",
        [
            hired("anna", "Atkins"),
            hired("beth", "Blackwell"),
            hired("clara", "Barton"),
            page("the first page (RFC 9865 section 2)", ["--cursor", ""], "anna", save={"next": "/nextCursor"}),
            page("the second", ["--cursor", "{{next}}"], "beth", save={"last": "/nextCursor"}),
            page("the last, and no more", ["--cursor", "{{last}}"], "clara", check={"/nextCursor": ABSENT}),
            Command(
                "a cursor that is none of ours",
                ["query", "user", "--cursor", "nonsense"],
                status=1,
                check={"/status": "400", "/scimType": "invalidCursor"},
                error=("Error: 400",),
            ),
        ],
        needs={"/pagination/cursor": True},
    ),
]
