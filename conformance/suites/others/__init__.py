"""Requests of OneLogin, JumpCloud, Google Workspace, Auth0, Keycloak and Ping where they differ from Entra's and Okta's."""

from harness.expect import ABSENT, ENTERPRISE, GROUP, USER, WHOLE, length, members
from harness.replay import Scenario, delete, get, patch, post, put

AT, GROUP_AT = "/Users/{{id}}", "/Groups/{{group}}"


def user(tag: str = "", **more) -> dict:
    return {
        "schemas": [USER],
        "userName": "other.{{n}}" + tag + "@idp.example",
        "name": {"givenName": "O", "familyName": "Ther"},
        **more,
    }


def created(tag: str = "", name: str = "id", **more):
    return post("/Users", user(tag, **more), save={name: "/id"})


def group(name: str = "group"):
    return post(
        "/Groups",
        {"schemas": [GROUP], "displayName": "Others {{n}}", "members": [{"value": "{{id}}"}]},
        save={name: "/id"},
    )


def scenarios() -> list:
    return [
        Scenario(
            "OneLogin: a template with texts, nulls and its own manager",
            "OneLogin guides of keepnetlabs and scim.dev",
            [
                post(
                    "/Users",
                    user(
                        id=None,
                        active="true",
                        title=None,
                        **{ENTERPRISE: {"department": "D", "manager": {"managerId": "m7", "displayName": "Boss"}}},
                    ),
                    check={
                        "/active": True,
                        "/title": ABSENT,
                        f"/{ENTERPRISE}/department": "D",
                        f"/{ENTERPRISE}/manager/value": "m7",
                    },
                    save={"id": "/id"},
                ),
                put(AT, user(active="false"), check={"/active": False}),
            ],
        ),
        Scenario(
            "OneLogin: a group PATCH without a User-Agent",
            "goauthentik/authentik#11249",
            [
                created(),
                group(),
                patch(GROUP_AT, [{"op": "remove", "path": 'members[value eq "{{id}}"]'}], headers={"User-Agent": ""}),
                get(GROUP_AT, check={"/members": ABSENT}),
            ],
        ),
        Scenario(
            "JumpCloud: the test connection makes a user and a group and takes them away",
            "JumpCloud documentation",
            [
                created(),
                group(),
                get(GROUP_AT, check={"/members": members("{{id}}")}),
                patch(GROUP_AT, [{"op": "remove", "path": "members", "value": [{"value": "{{id}}"}]}]),
                get(GROUP_AT, check={"/members": ABSENT}),
                put(AT, user(active=False), check={"/active": False}),
                delete(GROUP_AT),
                delete(AT),
                get(AT, 404),
            ],
        ),
        Scenario(
            "Google Workspace: application/json",
            "RIPAGlobal/scimitar#142",
            [
                post(
                    "/Users",
                    user(),
                    headers={
                        "Content-Type": "application/json",
                        "Accept": "application/json",
                        "User-Agent": "Google-Auto-Provisioning",
                    },
                    save={"id": "/id"},
                ),
                patch(
                    AT, [{"op": "replace", "path": "title", "value": "T"}], headers={"Content-Type": "application/json"}
                ),
                get(AT, check={"/title": "T"}),
            ],
        ),
        Scenario(
            "Auth0: externalId is how it finds people",
            "auth0/docs-v2#1464",
            [
                get('/Users?filter=externalId eq "auth0|{{n}}"', check={"/totalResults": 0, "/Resources": ABSENT}),
                created(externalId="auth0|{{n}}"),
                get(
                    '/Users?filter=externalId eq "auth0|{{n}}"',
                    check={"/totalResults": 1, "/Resources": length(1), "/Resources/0/id": "{{id}}"},
                ),
                delete(AT),
            ],
        ),
        Scenario(
            "Keycloak: active as a text without a path",
            "scim-for-keycloak",
            [
                created(),
                patch(AT, [{"op": "replace", "value": {"active": "false"}}], check={"/active": False}),
                get(AT, check={"/active": False}),
            ],
        ),
        Scenario(
            "Ping: an empty text clears",
            "PingFederate provisioner documentation",
            [created(title="T"), put(AT, user(title=""), check={"/title": ABSENT}), get(AT, check={"/title": ABSENT})],
        ),
        Scenario(
            "authentik: reads the configuration first",
            "goauthentik/authentik#25056",
            [
                get(
                    "/ServiceProviderConfig",
                    check={
                        "/bulk/maxOperations": WHOLE,
                        "/bulk/maxPayloadSize": WHOLE,
                        "/filter/maxResults": WHOLE,
                        "/filter/supported": True,
                    },
                )
            ],
        ),
    ]
