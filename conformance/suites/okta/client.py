"""Okta's headers and the bodies it writes."""

from harness.expect import GROUP, USER
from harness.replay import post

DOCS = "Okta, developer.okta.com SCIM reference"
GUIDE = "Okta, SCIM provisioning concepts"
HEADERS = {
    "User-Agent": "Okta SCIM Client 1.0.0",
    "Accept": "application/scim+json",
    "Accept-Charset": "utf-8",
    "Accept-Encoding": "gzip,deflate",
    "Content-Type": "application/scim+json; charset=utf-8",
}


def with_headers(scenarios: list) -> list:
    for scenario in scenarios:
        scenario.headers = HEADERS
    return scenarios


def user(tag: str = "", **more) -> dict:
    """An assignment's create: a placeholder password and empty groups are part of it."""
    address = "okta.{{n}}" + tag + "@atko.example"
    body = {
        "schemas": [USER],
        "userName": address,
        "name": {"givenName": "Test", "familyName": "User"},
        "emails": [{"primary": True, "value": address, "type": "work"}],
        "displayName": "Test User",
        "locale": "en-US",
        "externalId": "00u{{n}}" + tag,
        "groups": [],
        "password": "1mz050nq",
        "active": True,
    }
    return {**body, **more}


def assigned(tag: str = "", name: str = "id", **more):
    return post("/Users", user(tag, **more), save={name: "/id"})


def pushed(tag: str = "", name: str = "group", **more):
    """Group push: first an empty group, members come later."""
    return post(
        "/Groups", {"schemas": [GROUP], "displayName": "Push {{n}}" + tag, "members": [], **more}, save={name: "/id"}
    )
