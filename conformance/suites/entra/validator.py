"""The scenarios of the Entra SCIM Validator that the other files do not hold yet: long PATCHes, deletes, groups with and without members."""

from harness.expect import ABSENT, ENTERPRISE, TEXT, USER, WHOLE, Expected, length, members
from harness.replay import Scenario, delete, get, patch, post

from .dialect import Flagged, change, created, group_created

VALIDATOR = "SCIM Validator captures"
BOOLEAN = Expected("true or false", lambda value: isinstance(value, bool))
# What the validator sends, with names of the contact centre where only those make sense (division, role).
PLAIN = {
    "displayName": "ZQMGKXPJ",
    "title": "NLWUVPOA",
    "preferredLanguage": "hi-IN",
    "name.givenName": "Gaetano",
    "name.familyName": "Else",
    "name.formatted": "Sigurd",
    "name.middleName": "Maurine",
    "name.honorificPrefix": "Emiliano",
    "name.honorificSuffix": "Mireya",
    "nickName": "OQBGTEKV",
    "profileUrl": "BAPNQLJSRQGD",
    "userType": "DUKUKHPE",
    "locale": "HAMJBRSA",
    "timezone": "America/Belize",
    "externalId": "long-{{n}}",
    f"{ENTERPRISE}:employeeNumber": "PCMCRDVT",
    f"{ENTERPRISE}:costCenter": "SWGPUGAV",
    f"{ENTERPRISE}:organization": "TGPVDDBX",
    f"{ENTERPRISE}:department": "MAFFFTPV",
    f"{ENTERPRISE}:division": "EMEA",
}
PICKED = {
    'emails[type eq "work"].value': "long.{{n}}@contoso.example",
    'emails[type eq "work"].primary': True,
    'phoneNumbers[type eq "work"].value': "87-070-6655",
    'phoneNumbers[type eq "work"].primary': True,
    'phoneNumbers[type eq "mobile"].value': "87-070-6656",
    'phoneNumbers[type eq "fax"].value': "87-070-6657",
    'addresses[type eq "work"].formatted': "KIYMCUXJ",
    'addresses[type eq "work"].streetAddress': "2486 Runolfsson",
    'addresses[type eq "work"].locality': "IQXWVXAN",
    'addresses[type eq "work"].region': "ESXNFXDB",
    'addresses[type eq "work"].postalCode': "ya42 0zo",
    'addresses[type eq "work"].primary': True,
    'addresses[type eq "work"].country': "Macao",
    'roles[primary eq "True"].display': "Agent",
    'roles[primary eq "True"].value': "Agent",
    'roles[primary eq "True"].type': "GLQEHYSC",
}
READ = {
    "/displayName": "ZQMGKXPJ",
    "/name/givenName": "Gaetano",
    "/name/honorificSuffix": "Mireya",
    "/profileUrl": "BAPNQLJSRQGD",
    "/timezone": "America/Belize",
    "/externalId": "long-{{n}}",
    f"/{ENTERPRISE}/employeeNumber": "PCMCRDVT",
    f"/{ENTERPRISE}/division": "EMEA",
    f"/{ENTERPRISE}/department": "MAFFFTPV",
    "/emails": length(1),
    "/emails/0/value": "long.{{n}}@contoso.example",
    "/emails/0/primary": True,
    "/phoneNumbers": length(3),
    "/phoneNumbers/[type=work]/primary": True,
    "/phoneNumbers/[type=fax]/value": "87-070-6657",
    "/addresses": length(1),
    "/addresses/0/postalCode": "ya42 0zo",
    "/addresses/0/country": "Macao",
    "/roles": length(1),
    "/roles/0/value": "Agent",
    "/roles/0/primary": True,
}


def long_patch(name: str, op: str, first: list) -> Scenario:
    """36 operations in one request."""
    operations = [{"op": op, "path": path, "value": value} for path, value in {**PICKED, **PLAIN}.items()]
    return Scenario(
        name, VALIDATOR, [*first, change(Flagged, operations, check=READ), get("/Users/{{id}}", check=READ)]
    )


BARE = post("/Users", {"schemas": [USER], "userName": "bare.{{n}}@contoso.example"}, save={"id": "/id"})
FILTER = '/Groups?filter=displayName eq "Group {{n}}"'

SCENARIOS = [
    long_patch("PATCH replace of everything on a full user", "replace", [created()]),
    long_patch("PATCH add of everything on a user with only a name", "add", [BARE]),
    Scenario(
        "the same long PATCH in one operation without a path",
        VALIDATOR,
        [created(), change(Flagged, Flagged.set({**PICKED, **PLAIN})), get("/Users/{{id}}", check=READ)],
    ),
    Scenario(
        "user name changed without a path",
        VALIDATOR,
        [
            created(),
            change(
                Flagged,
                [{"op": "replace", "value": {"userName": "changed.{{n}}@contoso.example"}}],
                check={"/userName": "changed.{{n}}@contoso.example"},
            ),
            get('/Users?filter=userName eq "changed.{{n}}@contoso.example"', check={"/totalResults": 1}),
            get('/Users?filter=userName eq "User.{{n}}@contoso.example"', check={"/totalResults": 0}),
        ],
    ),
    Scenario(
        "disabled, then found by filter",
        VALIDATOR,
        [
            created(),
            change(Flagged, [{"op": "replace", "path": "active", "value": False}]),
            get('/Users?filter=userName eq "User.{{n}}@contoso.example"', check={"/Resources/0/active": False}),
        ],
    ),
    Scenario(
        "manager added, replaced and removed",
        VALIDATOR,
        [
            created(),
            change(
                Flagged,
                [{"op": "add", "path": f"{ENTERPRISE}:manager", "value": {"value": "m1"}}],
                check={f"/{ENTERPRISE}/manager/value": "m1"},
            ),
            change(
                Flagged,
                [{"op": "replace", "path": f"{ENTERPRISE}:manager", "value": {"value": "m2"}}],
                check={f"/{ENTERPRISE}/manager/value": "m2"},
            ),
            change(Flagged, [{"op": "replace", "path": f"{ENTERPRISE}:manager", "value": {"value": ""}}]),
            get("/Users/{{id}}", check={f"/{ENTERPRISE}/manager": ABSENT}),
        ],
    ),
    Scenario(
        "several operations on different attributes",
        "SCIM Validator preview",
        [
            created(),
            change(
                Flagged,
                [
                    {"op": "remove", "path": 'emails[type eq "work"]'},
                    {
                        "op": "add",
                        "path": "emails",
                        "value": [{"type": "work", "value": "second.{{n}}@contoso.example", "primary": True}],
                    },
                    {"op": "replace", "path": "name.familyName", "value": "Other"},
                ],
            ),
            get(
                "/Users/{{id}}",
                check={
                    "/emails": length(1),
                    "/emails/0/value": "second.{{n}}@contoso.example",
                    "/name/familyName": "Other",
                },
            ),
        ],
    ),
    Scenario(
        "delete twice and delete of nobody",
        "SCIM Validator preview",
        [
            created(),
            delete("/Users/{{id}}"),
            delete("/Users/{{id}}", 404),
            delete("/Users/4c8e4c0c-0000-4000-8000-000000000000", 404),
        ],
    ),
    Scenario(
        "group filters with and without members",
        VALIDATOR,
        [
            created(),
            group_created(members=[{"value": "{{id}}"}]),
            get(
                FILTER,
                check={"/totalResults": 1, "/Resources/0/id": "{{group}}", "/Resources/0/displayName": "Group {{n}}"},
            ),
            get(
                FILTER + "&excludedAttributes=members", check={"/Resources/0/members": ABSENT, "/Resources/0/id": TEXT}
            ),
            get('/Groups?filter=displayName eq "gROUP {{n}}"', check={"/totalResults": 1}),
            get('/Groups?excludedAttributes=members&filter=displayName eq "nobody"', check={"/totalResults": 0}),
        ],
    ),
    Scenario(
        "group renamed without a path",
        VALIDATOR,
        [
            created(),
            group_created(members=[{"value": "{{id}}"}]),
            patch(
                "/Groups/{{group}}",
                [{"op": "replace", "value": {"displayName": "Renamed {{n}}", "externalId": "moved-{{n}}"}}],
            ),
            get(
                "/Groups/{{group}}",
                check={"/displayName": "Renamed {{n}}", "/externalId": "moved-{{n}}", "/members": members("{{id}}")},
            ),
        ],
    ),
    Scenario(
        "what a service says about itself",
        "gallery test Schema_Discoverability",
        [
            get(
                "/Schemas",
                check={
                    "/totalResults": WHOLE,
                    "/Resources/[id=urn:ietf:params:scim:schemas:core:2.0:Group]/name": "Group",
                    "/Resources/[id=urn:ietf:params:scim:schemas:core:2.0:User]/name": "User",
                    f"/Resources/[id={ENTERPRISE}]/id": ENTERPRISE,
                },
            ),
            get(
                "/ResourceTypes",
                check={"/Resources/[id=User]/endpoint": "/Users", "/Resources/[id=Group]/endpoint": "/Groups"},
            ),
            get(
                "/ServiceProviderConfig",
                check={
                    "/patch/supported": True,
                    "/filter/supported": True,
                    "/bulk/maxOperations": WHOLE,
                    "/bulk/maxPayloadSize": WHOLE,
                    "/etag/supported": True,
                    "/sort/supported": BOOLEAN,
                    "/changePassword/supported": BOOLEAN,
                    "/authenticationSchemes/0/type": TEXT,
                },
            ),
        ],
    ),
]
