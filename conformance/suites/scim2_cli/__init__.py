"""A session with the Python package scim2-cli, the command line `scim`: discovery, users, groups, and its own test of a server.

The client builds its commands and models from what the service publishes, and refuses an answer that does not fit. Steps are data
(`harness/commands.py`). The bare `scim` knows no name of the contact centre; for `scim test` it is given the published schemas with
examples, through its own option for that (`harness/examples.py`).
"""

import json
import pathlib
import urllib.request

from harness import bench, examples
from harness.commands import Client

from . import discovery, groups, paging, users

PROGRAM = pathlib.Path(__file__).resolve().parent / "program.py"


def client(stand: bench.Bench) -> Client:
    """The program, pointed to the service by environment variables: arguments can be seen by other users of a machine."""
    schemas = _read(stand, "/Schemas")
    examples.annotate(schemas["Resources"], examples.ONE_OF_EACH)
    annotated = stand.folder / "schemas.json"
    annotated.write_text(json.dumps(schemas))
    # Help texts are wrapped to the width of the terminal.
    variables = {
        "SCIM_CLI_URL": stand.base,
        "SCIM_CLI_HEADERS": f"Authorization: Bearer {stand.token}",
        "COLUMNS": "200",
    }
    values = {"base": stand.base, "schemas": str(annotated)}
    return Client("scim", PROGRAM, variables, values, _read(stand, "/ServiceProviderConfig"))


def _read(stand: bench.Bench, path: str) -> dict:
    request = urllib.request.Request(stand.base + path, headers={"Authorization": f"Bearer {stand.token}"})
    with urllib.request.urlopen(request, timeout=30) as answer:
        return json.load(answer)


def scenarios() -> list:
    """All sessions."""
    return [*discovery.SCENARIOS, *users.SCENARIOS, *groups.SCENARIOS, *paging.SCENARIOS]
