"""The requests of the Microsoft Entra provisioning service, replayed: look-ups, create, both PATCH dialects, groups, life cycle.

Every request is one that Microsoft documents, that somebody has published as a capture, or that server authors report; each
scenario says which. Nothing here was invented to pass.
"""

from . import groups, lifecycle, lookups, users, validator
from .patches import scenarios as patches


def scenarios() -> list:
    return [
        *lookups.SCENARIOS,
        *users.SCENARIOS,
        *patches(),
        *groups.scenarios(),
        *lifecycle.SCENARIOS,
        *validator.SCENARIOS,
    ]
