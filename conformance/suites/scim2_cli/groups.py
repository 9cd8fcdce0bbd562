"""`scim` and groups: create with members, members come and go, replace, search, delete."""

from harness.commands import Command, Scenario
from harness.expect import ABSENT, GROUP, TEXT, length, members

from .users import hired, refused


def holds(what: str, name: str, *ids) -> Command:
    return Command(what, ["query", "group", "{{group}}"], check={"/displayName": name, "/members": members(*ids)})


SCENARIOS = [
    Scenario(
        "groups",
        [
            hired("dora", "Richter"),
            hired("emma", "Herwegh"),
            Command(
                "create with a member",
                [*("create", "group", "--display-name", "Team {{n}}"), *("--members", [{"value": "{{dora}}"}])],
                check={
                    "/displayName": "Team {{n}}",
                    "/members": members("{{dora}}"),
                    "/members/0/$ref": "{{base}}/Users/{{dora}}",
                    "/members/0/type": "User",
                    "/meta/resourceType": "Group",
                },
                save={"group": "/id"},
            ),
            refused(
                "a member that does not exist (RFC 7643 section 4.2)",
                ["modify", "group", "{{group}}", "add", "members", [{"value": "nobody-{{n}}"}]],
                *(400, "invalidValue"),
            ),
            Command(
                "a member is added",
                ["modify", "group", "{{group}}", "add", "members", [{"value": "{{emma}}"}]],
            ),
            holds("both are in it", "Team {{n}}", "{{dora}}", "{{emma}}"),
            Command(
                "adding one again changes nothing (RFC 7644 section 3.5.2.1)",
                ["modify", "group", "{{group}}", "add", "members", [{"value": "{{emma}}"}]],
            ),
            Command(
                "one is removed and the group renamed",
                [
                    *("modify", "group", "{{group}}", "remove", 'members[value eq "{{dora}}"]'),
                    *("replace", "displayName", "Crowd {{n}}"),
                ],
            ),
            holds("one is left", "Crowd {{n}}", "{{emma}}"),
            Command(
                "a person knows the group (RFC 7643 section 4.1.2)",
                ["query", "user", "{{emma}}"],
                check={"/groups/[value={{group}}]/display": "Crowd {{n}}"},
            ),
            Command(
                "found by its name, without members",
                [
                    *("query", "group", "--filter", 'displayName eq "crowd {{n}}"'),
                    *("--excluded-attribute", "members"),
                ],
                check={"/totalResults": 1, "/Resources/0/id": "{{group}}", "/Resources/0/members": ABSENT},
            ),
            Command(
                "found by a member",
                ["query", "group", "--filter", 'members.value eq "{{emma}}"'],
                check={"/totalResults": 1, "/Resources/0/id": "{{group}}"},
            ),
            Command(
                "found by search",
                ["search", "group", "--filter", 'displayName co "{{n}}"', "--attribute", "displayName"],
                check={"/totalResults": 1, "/Resources/0/displayName": "Crowd {{n}}", "/Resources/0/members": ABSENT},
            ),
            Command(
                "replace",
                [
                    *("replace", "group", "--id", "{{group}}", "--display-name", "Crowd {{n}}"),
                    *("--members", [{"value": "{{dora}}"}]),
                ],
                check={"/id": "{{group}}", "/members": members("{{dora}}")},
            ),
            Command(
                "replace: a document that does not speak of members leaves them (a MAY of RFC 7644 section 3.5.1)",
                ["replace", "group"],
                stdin={"schemas": [GROUP], "id": "{{group}}", "displayName": "Crew of {{n}}"},
                check={"/members": members("{{dora}}"), "/meta/version": TEXT},
            ),
            Command("all members are removed", ["modify", "group", "{{group}}", "remove", "members"]),
            holds("nobody is left", "Crew of {{n}}"),
            Command("delete", ["delete", "group", "{{group}}"]),
            refused("gone", ["query", "group", "{{group}}"], 404),
            refused("and cannot be deleted twice", ["delete", "group", "{{group}}"], 404),
            Command(
                "its members stay",
                ["query", "user", "{{dora}}"],
                check={"/userName": "dora.{{n}}", "/groups": ABSENT},
            ),
        ],
    ),
]
