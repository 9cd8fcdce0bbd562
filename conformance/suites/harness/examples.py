"""Values that exist in the emulator's built-in organisation, for packages that invent a value for every writable attribute.

Such a package reads the published schemas and takes `canonicalValues` (RFC 7643 section 7) where there are some; these tables say
what is added there. Who hands them over: `scim2_tester/checks.py`, `scim2_cli`.
"""

from .expect import BRIDGE, ENTERPRISE, GENESYS, USER

# Each entitlement has one level wherever it is asked for, since two different ones for the same skill contradict each other.
EXAMPLES = {
    (USER, "roles", "value"): ["Agent", "Supervisor", "Team Lead"],
    (ENTERPRISE, "division", None): ["EMEA", "Americas", "APAC"],
    (BRIDGE, "roles", "role"): ["Agent", "Quality Evaluator"],
    (BRIDGE, "roles", "division"): ["EMEA", "Americas"],
    (BRIDGE, "queues", None): ["EMEA Billing", "Americas Sales", "VIP"],
    (BRIDGE, "teams", None): ["Claims Dublin", "Support Austin"],
    (BRIDGE, "skills", "name"): ["Billing", "Refunds"],
    (BRIDGE, "languages", "name"): ["German", "Spanish"],
    (BRIDGE, "attributes", "schema"): ["HR"],
    (BRIDGE, "attributes", "field"): ["cost_centre"],
    (BRIDGE, "attributes", "value"): ["CC-7", "CC-8"],
    (BRIDGE, "compactRoles", None): ["Claims Handler@EMEA", "Reporting Viewer;Knowledge Editor@APAC"],
    (BRIDGE, "compactQueues", None): ["Fraud;Chat", "APAC Billing"],
    (BRIDGE, "compactTeams", None): ["Claims Lisbon", "Support Lima"],
    (BRIDGE, "compactSkills", None): ["Underwriting:4;Chat:2", "Voice:3.5"],
    (BRIDGE, "compactLanguages", None): ["French:4", "Polish:2;Dutch:1"],
    (BRIDGE, "compactAttributes", None): ["Workplace.desk=4.17", "Workplace.site=Dublin"],
    (GENESYS, "routingSkills", "name"): ["Renewals", "Complaints"],
    (GENESYS, "routingLanguages", "name"): ["English", "Italian"],
}
# Examples for the checks of `add` alone: what is not a name of the organisation but must be the same twice.
SAME_TWICE = {
    (BRIDGE, "skills", "proficiency"): ["3"],
    (BRIDGE, "languages", "proficiency"): ["3"],
    (GENESYS, "routingSkills", "proficiency"): ["3"],
    (GENESYS, "routingLanguages", "proficiency"): ["3"],
    (GENESYS, "externalIds", "authority"): ["conformance"],
    (GENESYS, "externalIds", "value"): ["4711"],
}
# One value for each attribute, so that adding it twice is the same as adding it once.
ONE_OF_EACH = {at: values[:1] for at, values in EXAMPLES.items()} | SAME_TWICE


def annotate(listed: list, examples: dict) -> None:
    """Adds the examples to schemas as JSON; an attribute that is not published is an error, so that none rots."""
    for (urn, name, inner), values in examples.items():
        schema = next(one for one in listed if one["id"] == urn)
        attribute = next(one for one in schema["attributes"] if one["name"] == name)
        if inner:
            attribute = next(one for one in attribute["subAttributes"] if one["name"] == inner)
        attribute["canonicalValues"] = values
