"""Runs the Python package scim2-tester against a SCIM service and prints one JSON object for each of its checks.

Runs inside the environment that `harness/environment.py` makes; takes address and token from SCIM_BASE and SCIM_TOKEN.

The package fills every writable attribute that /Schemas publishes with random values. For most attributes that is
right. The names of roles, queues, skills, languages, divisions and custom attributes must exist in the contact centre, or the
bridge refuses them by name, which no schema can say. So the description that the service publishes is handed to the package with
examples for exactly these (`canonicalValues`, RFC 7643 section 7: what the package draws values from). Nothing is taken
away from the checks: the attributes are still created, replaced, added, removed and compared.

The checks of `add` first add a whole extension and then each of its attributes, and want exactly the second value back. For an
attribute with many values that is only so when both values are the same: adding another one adds (RFC 7644 section 3.5.2.1). So these
checks run by themselves, with one example for each attribute; all others draw from several.
"""

import json
import os
import pathlib
import sys

from httpx2 import Client
from scim2_client.engines.httpx2 import SyncSCIMClient
from scim2_models import ResourceType, Schema, ScimProvider, ServiceProviderConfig
from scim2_tester import Status, check_server
from scim2_tester.utils import get_registered_tags

sys.path.append(str(pathlib.Path(__file__).resolve().parents[1]))
from harness.examples import EXAMPLES, ONE_OF_EACH

ADD = "patch:add"


def give_examples(schemas: list, examples: dict) -> None:
    """Adds the examples to the published schemas; an attribute that is not published is an error, so that none rots."""
    for (urn, name, inner), values in examples.items():
        schema = next(one for one in schemas if str(one.id) == urn)
        attribute = next(one for one in schema.attributes if one.name == name)
        if inner:
            attribute = next(one for one in attribute.sub_attributes if one.name == inner)
        attribute.canonical_values = values


def checked(http: Client, examples: dict, **tags) -> list:
    """The findings of the checks with these tags; the description is read from the service anew."""
    client = SyncSCIMClient(http)
    schemas = client.query(Schema).resources
    give_examples(schemas, examples)
    resource_types = client.query(ResourceType).resources
    client.provider = ScimProvider.from_discovery(schemas, resource_types, client.query(ServiceProviderConfig))
    return check_server(client, **tags)


def main() -> int:
    headers = {"Authorization": f"Bearer {os.environ['SCIM_TOKEN']}"}
    with Client(base_url=os.environ["SCIM_BASE"], headers=headers, timeout=60) as http:
        others = get_registered_tags() - {ADD}
        results = [one for one in checked(http, EXAMPLES, include_tags=others) if ADD not in one.tags]
        results += [one for one in checked(http, ONE_OF_EACH, include_tags={ADD}) if ADD in one.tags]
        for number, result in enumerate(results):
            print(json.dumps(finding(number, result)))
    return 0


def finding(number: int, result) -> dict:
    """One check as the harness reads it. Deviations from a SHOULD count as failures: the goal is none."""
    good = (Status.SUCCESS, Status.COMPLIANT, Status.ACCEPTABLE)
    urn = result.data.get("urn") if isinstance(result.data, dict) else None
    name = " ".join(str(part) for part in (result.resource_type, result.title, urn) if part)
    skipped = result.status is Status.SKIPPED
    reason = "" if result.status in good else f"{result.status.name}: {result.reason}"
    if reason and not skipped and result.data is not None:
        reason += f"\n{str(result.data)[:1500]}"
    return {"name": name or f"check {number}", "passed": result.status in good, "skipped": skipped, "reason": reason}


if __name__ == "__main__":
    sys.exit(main())
