"""Creating users: the documented body and the ways in which connectors bend it."""

from harness.expect import ABSENT, BRIDGE, ENTERPRISE, GENESYS, TEXT, USER, holding, length, people_with
from harness.replay import Genesys, Scenario, get, post

from .dialect import DOCS, created, user

CAPTURE = "SCIM Validator captures, pranems/SCIMServer"
CUSTOM = "urn:ietf:params:scim:schemas:extension:contoso:2.0:User"


def create(name: str, source: str, body: dict, check: dict, genesys: dict | None = None) -> Scenario:
    """A user is created; answer and read-back agree, and so does Genesys Cloud where it is asked."""
    steps = [post("/Users", body, check=check, save={"id": "/id"}), get("/Users/{{id}}", check=check)]
    return Scenario(name, source, steps + ([Genesys(genesys)] if genesys else []))


SCENARIOS = [
    create(
        "create with the documented body",
        DOCS,
        user(),
        {
            "/userName": "User.{{n}}@contoso.example",
            "/externalId": "guid-{{n}}",
            "/active": True,
            "/displayName": "User {{n}}",
            "/name/givenName": "Given",
            "/name/familyName": "Family",
            "/name/formatted": "Given Family",
            "/emails/[type=work]/value": "user.{{n}}@contoso.example",
            "/emails/0/primary": True,
            "/meta/resourceType": "User",
            "/meta/created": TEXT,
            "/meta/lastModified": TEXT,
            "/meta/version": TEXT,
            "/password": ABSENT,
        },
        {
            "/users/{{id}}/email": "User.{{n}}@contoso.example",
            "/users/{{id}}/name": "User {{n}}",
            "/users/{{id}}/state": "active",
        },
    ),
    create("create with active as a text", "AzureAD/SCIMReferenceCode#21", user(active="True"), {"/active": True}),
    create(
        "create disabled with active as a text",
        "AzureAD/SCIMReferenceCode#21",
        user(active="False"),
        {"/active": False},
        {"/users/{{id}}/state": "inactive"},
    ),
    create(
        "create with primary as a text",
        CAPTURE,
        user(roles=[{"primary": "True", "value": "Agent", "display": "Agent", "type": "App"}]),
        {"/roles/0/primary": True, "/roles/0/value": "Agent", "/roles/0/type": "App"},
    ),
    create(
        "create with nulls",
        DOCS,
        user(nickName=None, title=None, addresses=None),
        {"/nickName": ABSENT, "/title": ABSENT, "/addresses": ABSENT},
    ),
    create(
        "create with values no format check would pass",
        CAPTURE,
        user(
            profileUrl="BAPNQLJSRQGD",
            locale="XKFHWPQ",
            timezone="QOWIEU",
            preferredLanguage="ZZZZZ",
            phoneNumbers=[{"type": "work", "value": "87-070-6655 ext. x", "primary": True}],
        ),
        {
            "/profileUrl": "BAPNQLJSRQGD",
            "/locale": "XKFHWPQ",
            "/timezone": "QOWIEU",
            "/preferredLanguage": "ZZZZZ",
            "/phoneNumbers/0/value": "87-070-6655 ext. x",
        },
    ),
    create(
        "create with the enterprise extension",
        DOCS,
        {
            **user(),
            ENTERPRISE: {
                "employeeNumber": "4711",
                "department": "Claims",
                "costCenter": "CC-1",
                "organization": "Contoso",
                "division": "EMEA",
            },
        },
        {
            f"/{ENTERPRISE}/employeeNumber": "4711",
            f"/{ENTERPRISE}/department": "Claims",
            f"/{ENTERPRISE}/costCenter": "CC-1",
            f"/{ENTERPRISE}/organization": "Contoso",
            f"/{ENTERPRISE}/division": "EMEA",
        },
    ),
    create(
        "create with a manager nobody knows",
        CAPTURE,
        {**user(), ENTERPRISE: {"manager": {"value": "JUSTAVALUE"}}},
        {f"/{ENTERPRISE}/manager/value": "JUSTAVALUE"},
    ),
    create(
        "create with the manager as a plain text",
        "apache/directory-scimple#1242",
        {**user(), ENTERPRISE: {"manager": "boss-{{n}}"}},
        {f"/{ENTERPRISE}/manager/value": "boss-{{n}}"},
    ),
    create(
        "create with an extension that schemas does not list",
        DOCS,
        {**user(), CUSTOM: {"tag": "701984", "nested": {"a": [1, 2]}}},
        {f"/{CUSTOM}/tag": "701984", f"/{CUSTOM}/nested/a": [1, 2]},
    ),
    create(
        "create with attribute names in another letter case",
        DOCS,
        {
            "schemas": [USER],
            "username": "case.{{n}}@contoso.example",
            "DisplayName": "Case {{n}}",
            "Name": {"GivenName": "Case"},
        },
        {"/userName": "case.{{n}}@contoso.example", "/displayName": "Case {{n}}", "/name/givenName": "Case"},
    ),
    create(
        "create with a user name that is no address",
        "Microsoft, customize-application-attributes",
        {"schemas": [USER], "userName": "plain-{{n}}", "externalId": "x-{{n}}", "active": True},
        {"/userName": "plain-{{n}}", "/emails": ABSENT},
        {"/users/{{id}}/email": "plain-{{n}}@conformance.example"},
    ),
    create(
        "create an agent with what Entra can map: compact texts",
        "connector attribute mapping, single texts only",
        {
            **user(),
            BRIDGE: {
                "compactRoles": "Agent@EMEA",
                "compactQueues": "EMEA Billing;EMEA Support",
                "compactSkills": "Billing:4;Refunds:2",
                "compactLanguages": "German:4.5",
                "compactAttributes": "HR.cost_centre=CC-9",
            },
        },
        {
            f"/{BRIDGE}/compactRoles": "Agent@EMEA",
            f"/{BRIDGE}/compactQueues": "EMEA Billing;EMEA Support",
            f"/{BRIDGE}/compactSkills": "Billing:4;Refunds:2",
        },
        {
            "/queues/EMEA Billing/{{id}}/joined": True,
            "/queues/EMEA Support/{{id}}/joined": True,
            "/skills/{{id}}": {"Billing": 4.0, "Refunds": 2.0},
            "/languages/{{id}}": {"German": 4.5},
            "/attributes/{{id}}/HR/cost_centre_text": "CC-9",
            "/grants/{{id}}": ["Agent@EMEA", "employee@Home"],
        },
    ),
    create(
        "create with the skills of Genesys' own extension",
        "Genesys Cloud SCIM documentation",
        {
            **user(),
            GENESYS: {
                "routingSkills": [{"name": "Billing", "proficiency": 3}],
                "routingLanguages": [{"name": "French", "proficiency": 4}],
            },
        },
        {
            f"/{GENESYS}/routingSkills/[name=Billing]/proficiency": 3,
            f"/{GENESYS}/routingLanguages/[name=French]/proficiency": 4,
        },
        {"/skills/{{id}}": {"Billing": 3.0}, "/languages/{{id}}": {"French": 4.0}},
    ),
    create(
        "create with roles as JSON in a text",
        "Microsoft, customize-application-attributes: AppRoleAssignmentsComplex",
        user(
            roles=[
                {
                    "primary": False,
                    "type": "WindowsAzureActiveDirectoryRole",
                    "value": '{"id":"18d1","value":"Agent","displayName":"Agent"}',
                }
            ]
        ),
        {"/roles": length(1), "/roles/0/value": "Agent"},
    ),
    Scenario(
        "a user name exists once, letter case aside",
        "SCIM Validator, duplicate user",
        [
            created(),
            post("/Users", user(externalId="other-{{n}}"), 409, check={"/scimType": "uniqueness"}),
            post(
                "/Users",
                user(externalId="other-{{n}}", userName="USER.{{n}}@CONTOSO.EXAMPLE", emails=[]),
                409,
                check={"/scimType": "uniqueness"},
            ),
        ],
    ),
    Scenario(
        "an unknown queue is refused by name, and the name stays free",
        "promise: all or nothing",
        [
            post(
                "/Users",
                {**user(), BRIDGE: {"queues": ["No Such Queue"]}},
                400,
                check={"/scimType": "invalidValue", "/detail": holding("No Such Queue")},
            ),
            get('/Users?filter=userName eq "User.{{n}}@contoso.example"', check={"/totalResults": 0}),
            Genesys({"/users": people_with("user.{{n}}@contoso.example", 0)}),
            created(),
        ],
    ),
    Scenario(
        "bodies that are no users are refused",
        "RFC 7644 section 3.12",
        [
            post("/Users", b'{"userName": ', 400, check={"/scimType": "invalidSyntax"}),
            post(
                "/Users",
                {"schemas": [USER], "displayName": "No name {{n}}"},
                400,
                check={"/scimType": "invalidValue", "/detail": holding("userName")},
            ),
            post("/Users", b"[]", 400),
            post("/Users", user(name="not an object"), 400, check={"/scimType": "invalidValue"}),
            post(
                "/Users", user(active="perhaps"), 400, check={"/scimType": "invalidValue", "/detail": holding("active")}
            ),
        ],
    ),
    Scenario(
        "a request without a token, or with a wrong one, is refused the same way",
        "RFC 7644 section 2",
        [
            get("/Users", 401, bearer=False, check={"/detail": TEXT}),
            get("/Users", 401, bearer=False, headers={"Authorization": "Bearer nonsense"}, check={"/detail": TEXT}),
            get("/Users", 401, bearer=False, headers={"Authorization": "Basic dTpw"}, check={"/detail": TEXT}),
        ],
    ),
]
