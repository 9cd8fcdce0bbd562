"""How Entra looks for people and groups before it writes: exact filters, letter case, encodings, paging."""

from harness.expect import ABSENT, TEXT, length
from harness.replay import Scenario, delete, get, post

from .dialect import DOCS, created, group_created, user

TROUBLE = "Microsoft, troubleshoot-user-provisioning-validation"
NOBODY = {"/totalResults": 0, "/Resources": ABSENT, "/startIndex": 1, "/itemsPerPage": 0}


def found(**at) -> dict:
    return {"/totalResults": 1, "/Resources": length(1), "/Resources/0/id": "{{id}}", **at}


def lookup(name: str, query: str, source: str = DOCS, check=None, **more) -> Scenario:
    """A user is created, then looked for."""
    return Scenario(name, source, [created(), get("/Users?" + query, check=check or found(), **more)])


SCENARIOS = [
    Scenario(
        "test connection: a random name finds nobody and is no error",
        TROUBLE,
        [
            get('/Users?filter=userName eq "c3b6a2f0-93c9-4c06-8b2e-7c5e0c5e8a55"', check=NOBODY),
            get('/Users?filter=externalId eq "c3b6a2f0-93c9-4c06-8b2e-7c5e0c5e8a55"', check=NOBODY),
            get('/Groups?excludedAttributes=members&filter=displayName eq "c3b6a2f0"', check=NOBODY),
        ],
    ),
    lookup(
        "by userName",
        'filter=userName eq "User.{{n}}@contoso.example"',
        check=found(**{"/Resources/0/userName": "User.{{n}}@contoso.example"}),
    ),
    lookup(
        "by userName in another letter case",
        'filter=userName eq "uSER.{{n}}@CONTOSO.example"',
        "SCIM Validator, user filter tests",
    ),
    lookup("by userName with blanks as plus signs", 'filter=userName eq "User.{{n}}@contoso.example"', plus=True),
    lookup(
        "by userName with a flag of the tenant URL in the query",
        'aadOptscim062020&filter=userName eq "User.{{n}}@contoso.example"',
    ),
    lookup("by externalId", 'filter=externalId eq "guid-{{n}}"', "OctopusDeploy/Issues#9841"),
    lookup(
        "by externalId, letter case counts", 'filter=externalId eq "GUID-{{n}}"', "RFC 7643 section 3.1", check=NOBODY
    ),
    lookup(
        "by work e-mail through a value filter",
        'filter=emails[type eq "work"].value eq "user.{{n}}@contoso.example"',
        TROUBLE,
    ),
    lookup("by displayName and active", 'filter=displayName eq "User {{n}}" and active eq true'),
    lookup("by id", 'filter=id eq "{{id}}"&attributes=id', check=found(**{"/Resources/0/userName": ABSENT})),
    Scenario(
        "reference check: who has this manager",
        DOCS,
        [
            created("m", "manager"),
            created(
                **{"urn:ietf:params:scim:schemas:extension:enterprise:2.0:User": {"manager": {"value": "{{manager}}"}}}
            ),
            get('/Users?filter=id eq "{{id}}" and manager eq "{{manager}}"&attributes=id', check=found()),
            get('/Users?filter=id eq "{{id}}" and manager eq "nobody"&attributes=id', check=NOBODY),
        ],
    ),
    Scenario(
        "a filter never finds a part of a name",
        "FusionAuth/fusionauth-issues#3111",
        [
            group_created(),
            get('/Groups?filter=displayName eq "Group"', check=NOBODY),
        ],
    ),
    Scenario(
        "groups by displayName, with an apostrophe, an umlaut and blanks",
        DOCS,
        [
            group_created(displayName="Jürgen's {{n}} team"),
            get(
                '/Groups?excludedAttributes=members&filter=displayName eq "Jürgen\'s {{n}} team"',
                check={"/totalResults": 1, "/Resources/0/id": "{{group}}"},
            ),
            get(
                '/Groups?excludedAttributes=members&filter=displayName eq "JÜRGEN\'S {{n}} TEAM"',
                plus=True,
                check={"/totalResults": 1},
            ),
        ],
    ),
    Scenario(
        "groups by externalId",
        "SCIM Validator, group filter tests",
        [
            group_created(),
            get(
                '/Groups?filter=externalId eq "group-guid-{{n}}"',
                check={"/totalResults": 1, "/Resources/0/id": "{{group}}"},
            ),
        ],
    ),
    Scenario(
        "a group is read without its members",
        DOCS,
        [
            created(),
            group_created(members=[{"value": "{{id}}"}]),
            get(
                "/Groups/{{group}}?excludedAttributes=members",
                check={"/displayName": "Group {{n}}", "/members": ABSENT},
            ),
            get(
                '/Groups?excludedAttributes=members&filter=displayName eq "Group {{n}}"',
                check={"/Resources/0/members": ABSENT},
            ),
            get("/Groups/{{group}}", check={"/members": length(1), "/members/0/value": "{{id}}"}),
        ],
    ),
    Scenario(
        "account discovery pages over everybody",
        "Microsoft, how-to-account-discovery; gallery pagination test",
        [
            *[post("/Users", user(f"p{k}", title="Pager {{n}}"), save={f"p{k}": "/id"}) for k in range(12)],
            *[
                get(
                    f'/Users?filter=title eq "Pager {{{{n}}}}"&startIndex={start}&count=5',
                    check={
                        "/totalResults": 12,
                        "/startIndex": start,
                        "/itemsPerPage": size,
                        "/Resources": length(size),
                    },
                )
                for start, size in ((1, 5), (6, 5), (11, 2))
            ],
            get("/Users?startIndex=1&count=5", check={"/startIndex": 1, "/itemsPerPage": 5}),
            get("/Users?startIndex=100000&count=5", check={"/Resources": ABSENT, "/itemsPerPage": 0}),
            get("/Users?count=0", check={"/itemsPerPage": 0, "/Resources": ABSENT}),
        ],
    ),
    Scenario(
        "a list without any parameter",
        "bitwarden/server#4034",
        [created(), get("/Users", check={"/Resources/0/id": TEXT})],
    ),
    Scenario(
        "a disabled user is still found",
        DOCS,
        [
            created(active=False),
            get(
                '/Users?filter=userName eq "User.{{n}}@contoso.example"', check=found(**{"/Resources/0/active": False})
            ),
            delete("/Users/{{id}}"),
            get('/Users?filter=userName eq "User.{{n}}@contoso.example"', check=NOBODY),
        ],
    ),
    Scenario(
        "filters that cannot be read are refused by name",
        "RFC 7644 section 3.12",
        [
            get("/Users?filter=userName eq", 400, check={"/scimType": "invalidFilter"}),
            get('/Users?filter=userName like "x"', 400, check={"/scimType": "invalidFilter"}),
            get('/Users?filter=((((userName eq "x")', 400, check={"/scimType": "invalidFilter"}),
        ],
    ),
]
