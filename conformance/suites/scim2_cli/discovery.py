"""What `scim` reads before it does anything, what it makes of it, and its own test of the whole server."""

from harness.commands import Command, Scenario
from harness.expect import BRIDGE, ENTERPRISE, GENESYS, GROUP, TEXT, USER, length

NOBODY = {"SCIM_CLI_HEADERS": "Authorization: Bearer none"}
# Some of its checks, from all its parts, so that a test that looks at little is noticed.
CHECKS = (
    "service_provider_config_endpoint",
    "access_invalid_schema",
    "object_creation",
    "object_replacement",
    "object_list_with_attributes",
    "search_with_attributes",
    "check_add_attribute",
    "check_replace_attribute",
    "check_remove_attribute",
    "object_deletion",
)

SCENARIOS = [
    Scenario(
        "discovery",
        [
            Command(
                "what the service can do",
                ["query", "serviceproviderconfig"],
                check={
                    "/patch/supported": True,
                    "/filter/supported": True,
                    "/filter/maxResults": 1000,
                    "/sort/supported": True,
                    "/etag/supported": True,
                    "/changePassword/supported": False,
                    "/authenticationSchemes/0/type": "oauthbearertoken",
                },
            ),
            Command(
                "its resource types",
                ["query", "resourcetype"],
                check={
                    "/totalResults": 2,
                    "/Resources/[name=User]/endpoint": "/Users",
                    "/Resources/[name=User]/schemaExtensions": length(3),
                    "/Resources/[name=Group]/endpoint": "/Groups",
                },
            ),
            Command(
                "one resource type", ["query", "resourcetype", "Group"], check={"/schema": GROUP, "/id": "Group"}
            ),
            Command(
                "all schemas",
                ["query", "schema"],
                check={
                    f"/Resources/[id={urn}]/attributes/0/name": TEXT
                    for urn in (USER, GROUP, ENTERPRISE, BRIDGE, GENESYS)
                },
            ),
            Command(
                "one schema",
                ["query", "schema", USER],
                check={"/id": USER, "/attributes/[name=userName]/required": True},
            ),
            Command(
                "a schema that is not there",
                ["query", "schema", "urn:example:none"],
                status=1,
                check={"/status": "404"},
                error=("Error: 404",),
            ),
            Command(
                "a filter on schemas is refused (RFC 7644 section 4)",
                ["query", "schema", "--filter", f'id eq "{USER}"'],
                status=1,
                check={"/status": "403"},
                error=("Error: 403",),
            ),
            Command(
                "options for every attribute of a user",
                ["create", "user", "--help"],
                shows=("--user-name", "--emails", "--enterpriseuser", "--genesysuser", "--bridgeuser"),
            ),
            Command("options for every attribute of a group", ["create", "group", "--help"], shows=("--members",)),
            Command(
                "a token that is not ours",
                ["query", "user"],
                status=1,
                error=("Could not discover the server",),
                variables=NOBODY,
            ),
            Command(
                "/Me is not served (RFC 7644 section 3.11)",
                ["query", "--me"],
                status=1,
                check={"/status": "501"},
                error=("Error: 501",),
            ),
        ],
    ),
    Scenario(
        "its own test of a server",
        [
            Command(
                "every check succeeds",
                ["--schemas", "{{schemas}}", "test", "--verbose"],
                shows=tuple(f"SUCCESS {check}" for check in CHECKS),
                wrong="ERROR",
            )
        ],
    ),
]
