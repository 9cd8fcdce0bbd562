"""The requests of the Okta provisioning agent, replayed with its headers: integration, users, imports, group push.

Both kinds of Okta application are covered: the ones of the integration network, which PATCH, and the ones of the app
wizard, which PUT. Each scenario names who documents its traffic.
"""

from . import groups, users
from .client import with_headers


def scenarios() -> list:
    return with_headers([*users.SCENARIOS, *groups.SCENARIOS])
