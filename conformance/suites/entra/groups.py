"""Groups: create, rename, membership in both dialects, parallel additions, delete."""

from harness.expect import ABSENT, BRIDGE, length, members
from harness.replay import Genesys, Parallel, Scenario, delete, get, patch, post

from .dialect import BOTH, DOCS, Default, created, group, group_created

AT = "/Groups/{{group}}"
# Seconds in which what follows from a group must have reached its members.
AFTERWARDS = 15
# What the rule of the conformance profile gives, beside what the user asked for.
CREW = {
    "/queues/Fraud/{{a}}/joined": True,
    "/queues/Chat/{{a}}/joined": True,
    "/skills/{{a}}": {"Fraud review": 3.0},
    "/grants/{{a}}": ["Team Lead@EMEA", "employee@Home"],
}
NO_CREW = {
    "/queues/Fraud/{{a}}": ABSENT,
    "/queues/Chat/{{a}}/joined": True,
    "/skills/{{a}}": ABSENT,
    "/grants/{{a}}": ["employee@Home"],
}
WITHOUT = AT + "?excludedAttributes=members"


def people(*names):
    """Users of the scenario, under these names."""
    return [created(name, name) for name in names]


def read(*ids):
    return get(AT, check={"/members": members(*ids)})


def in_dialect(d) -> list:
    """The same story in one dialect."""

    def change(operations, **more):
        return patch(AT + d.query, operations, **more)

    rename = [
        Scenario(
            f"rename keeps the members ({d.name})",
            "langwatch#7131",
            [
                *people("a", "b"),
                group_created(members=[{"value": "{{a}}"}, {"value": "{{b}}"}]),
                change(d.set({"displayName": "Renamed {{n}}"})),
                get(AT, check={"/displayName": "Renamed {{n}}", "/members": members("{{a}}", "{{b}}")}),
                get('/Groups?filter=displayName eq "Group {{n}}"', check={"/totalResults": 0}),
                get('/Groups?filter=displayName eq "renamed {{n}}"', check={"/totalResults": 1}),
            ],
        )
    ]
    membership = [
        Scenario(
            f"members added and removed one by one ({d.name})",
            DOCS,
            [
                *people("a", "b", "c"),
                group_created(),
                read(),
                change(d.add_members("{{a}}")),
                change(d.add_members("{{b}}", "{{c}}")),
                read("{{a}}", "{{b}}", "{{c}}"),
                change(d.remove_member("{{b}}")),
                read("{{a}}", "{{c}}"),
            ],
        ),
        Scenario(
            f"adding twice and removing twice succeeds ({d.name})",
            "simpleidserver/SimpleIdServer#245",
            [
                *people("a", "b"),
                group_created(),
                change(d.add_members("{{a}}")),
                change(d.add_members("{{a}}", "{{b}}")),
                read("{{a}}", "{{b}}"),
                change(d.remove_member("{{a}}")),
                change(d.remove_member("{{a}}")),
                read("{{b}}"),
            ],
        ),
        Scenario(
            f"externalId replaced ({d.name})",
            "SCIM Validator, group replace attributes",
            [
                group_created(),
                change(d.set({"externalId": "moved-{{n}}"})),
                get(AT, check={"/externalId": "moved-{{n}}", "/displayName": "Group {{n}}"}),
            ],
        ),
        Scenario(
            f"added and removed in one request ({d.name})",
            "SCIM Validator preview",
            [
                *people("a"),
                group_created(),
                change(d.add_members("{{a}}") + d.remove_member("{{a}}")),
                read(),
            ],
        ),
    ]
    return rename + membership


def parallel() -> list:
    names = [f"u{k:02}" for k in range(24)]
    add = [patch(AT, Default.add_members("{{" + name + "}}")) for name in names]
    drop = [patch(AT, Default.remove_member("{{" + name + "}}")) for name in names[::2]]
    return [
        Scenario(
            "24 members added at the same moment, half of them removed at the same moment",
            "scimmyjs/scimmy#79; fleetdm/fleet#50724",
            [
                Parallel([created(name, name) for name in names]),
                group_created(),
                Parallel(add),
                read(*["{{" + name + "}}" for name in names]),
                Parallel(drop),
                read(*["{{" + name + "}}" for name in names[1::2]]),
            ],
        )
    ]


def scenarios() -> list:
    return [*STORIES, *in_dialect(BOTH[0]), *in_dialect(BOTH[1]), *parallel()]


STORIES = [
    Scenario(
        "create a group",
        DOCS,
        [
            post(
                "/Groups",
                group(),
                check={
                    "/displayName": "Group {{n}}",
                    "/externalId": "group-guid-{{n}}",
                    "/meta/resourceType": "Group",
                    "/members": ABSENT,
                },
                save={"group": "/id"},
            ),
            get(AT, check={"/displayName": "Group {{n}}", "/externalId": "group-guid-{{n}}"}),
        ],
    ),
    Scenario(
        "a group name exists once, letter case aside",
        "SCIM Validator, duplicate group",
        [
            group_created(),
            post("/Groups", group(externalId="other-{{n}}"), 409, check={"/scimType": "uniqueness"}),
            post(
                "/Groups",
                group(displayName="GROUP {{n}}", externalId="other-{{n}}"),
                409,
                check={"/scimType": "uniqueness"},
            ),
        ],
    ),
    Scenario(
        "create a group with members",
        DOCS,
        [
            *people("a", "b"),
            group_created(members=[{"value": "{{a}}"}, {"value": "{{b}}"}]),
            read("{{a}}", "{{b}}"),
            get("/Users/{{a}}", check={"/groups/[display=Group {{n}}]/value": "{{group}}"}),
        ],
    ),
    Scenario(
        "members replaced by an operation that names members",
        "SCIM Validator, add member by replace",
        [
            *people("a", "b"),
            group_created(members=[{"value": "{{a}}"}]),
            patch(AT, [{"op": "replace", "path": "members", "value": [{"value": "{{b}}"}]}]),
            read("{{b}}"),
        ],
    ),
    Scenario(
        "all members removed by name of the attribute",
        "RFC 7644 section 3.5.2.2",
        [
            *people("a", "b"),
            group_created(members=[{"value": "{{a}}"}, {"value": "{{b}}"}]),
            patch(AT, [{"op": "Remove", "path": "members"}]),
            read(),
        ],
    ),
    Scenario(
        "a member that nobody knows is refused and changes nothing",
        "fleetdm/fleet#52600",
        [
            *people("a"),
            group_created(members=[{"value": "{{a}}"}]),
            patch(
                AT,
                Default.add_members("0b2c8b5e-0000-4000-8000-000000000000"),
                400,
                check={"/scimType": "invalidValue"},
            ),
            read("{{a}}"),
        ],
    ),
    Scenario(
        "a change of a group may be answered without its members",
        DOCS,
        [
            *people("a"),
            group_created(),
            patch(WITHOUT, Default.add_members("{{a}}"), check={"/members": ABSENT}),
            read("{{a}}"),
        ],
    ),
    Scenario(
        "delete a group: its members stay, its name is free",
        DOCS,
        [
            *people("a"),
            group_created(members=[{"value": "{{a}}"}]),
            delete(AT),
            get(AT, 404),
            delete(AT, 404),
            get("/Users/{{a}}", check={"/active": True, "/groups": ABSENT}),
            group_created(name="again"),
            get(
                '/Groups?filter=displayName eq "Group {{n}}"',
                check={"/Resources": length(1), "/Resources/0/id": "{{again}}"},
            ),
        ],
    ),
    Scenario(
        "a deleted user is in no group any more",
        DOCS,
        [
            *people("a", "b"),
            group_created(members=[{"value": "{{a}}"}, {"value": "{{b}}"}]),
            delete("/Users/{{a}}"),
            read("{{b}}"),
        ],
    ),
    Scenario(
        "a rule makes agents of a group's members, and takes back what it gave",
        "promise: we take away only what we gave",
        [
            created("a", "a", **{BRIDGE: {"compactQueues": "Chat"}}),
            group_created(displayName="Crew {{n}}"),
            patch(AT, Default.add_members("{{a}}")),
            Genesys(CREW, within=AFTERWARDS),
            patch(AT, Default.set({"displayName": "Others {{n}}"})),
            Genesys(NO_CREW, within=AFTERWARDS),
            patch(AT, Default.set({"displayName": "Crew {{n}}"})),
            Genesys(CREW, within=AFTERWARDS),
            patch(AT, Default.remove_member("{{a}}")),
            Genesys(NO_CREW, within=AFTERWARDS),
            patch(AT, Default.add_members("{{a}}")),
            Genesys(CREW, within=AFTERWARDS),
            delete(AT),
            Genesys(NO_CREW, within=AFTERWARDS),
        ],
    ),
]
