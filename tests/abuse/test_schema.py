"""The OpenAPI document against the running server, as three roles: C12.

Schemathesis makes the cases: valid ones, and each way in which one can be invalid. Addresses name
things that are there, of the role itself and of others. `dev.py test-abuse` asks many, CI few.
"""

import json
import re
import subprocess
import sys
from pathlib import Path

import pytest
from django.utils import timezone

from marketplace.api import reference
from marketplace.services import keys
from tests.figures import FULL, Figures, attack
from tests.integration.access.matrix import API, PARTS
from tests.integration.access.world import BUYER, PRODUCER, World, build

pytestmark = pytest.mark.django_db(transaction=True)
ROLES = (PRODUCER, BUYER, "unverified")
# What is valid by the document may still break a rule of the trade: positive_data_acceptance is
# not among them, nor are the checks that need links between operations.
CHECKS = (
    "not_a_server_error", "status_code_conformance", "content_type_conformance",
    "response_headers_conformance", "response_schema_conformance", "ignored_auth",
    "unsupported_method", "allow_header_conformance", "negative_data_rejection",
)  # fmt: skip
OPTIONS = ["--max-examples=12"] if FULL else ["--max-examples=1", "--phases=fuzzing"]
SECONDS = 1_200


@attack("C12")
@pytest.mark.parametrize("role", ROLES)
def test_no_case_is_answered_against_the_document(
    address: str, role: str, tmp_path: Path, figures: Figures
) -> None:
    world = build(timezone.now())
    user, organisation = world.users[role], world.organisation_of(role)
    assert user is not None
    key = keys.issue(user=user, organisation=organisation, now=timezone.now())
    config = tmp_path / "schemathesis.toml"
    config.write_text(configured(world))
    command = [
        str(Path(sys.executable).parent / "schemathesis"), f"--config-file={config}", "run",
        f"{address}/api/schema?format=json", f"--header=Authorization: Bearer {key}",
        f"--checks={','.join(CHECKS)}", *OPTIONS, "--continue-on-failure", "--no-color",
        "--request-timeout=30",
    ]  # fmt: skip
    done = subprocess.run(
        command, capture_output=True, text=True, timeout=SECONDS, check=False, cwd=tmp_path
    )
    found = re.search(r"(\d+) generated", done.stdout)
    assert found, done.stdout + done.stderr
    figures.say(
        "schemathesis makes cases of all operations from the OpenAPI document, as three roles, "
        "against the running server",
        f"{role}: {int(found[1]):,} cases of {len(reference.operations())} operations",
    )
    assert done.returncode == 0, done.stdout
    assert int(found[1]) > (4_000 if FULL else len(reference.operations()))


def configured(world: World) -> str:
    """A conflict of versions is told before what is wrong with a body."""
    lines = ["[checks.negative_data_rejection]"]
    refusals = [400, 401, 403, 404, 405, 406, 409, 412, 413, 415, 422, 428, 429]
    lines += [f"expected-statuses = {refusals}", ""]
    for path in sorted({one["path"] for one in reference.operations()}):
        begin = path.removeprefix("/api/v1/").partition("/{public_id}")[0]
        thing = world.things.get(API[begin].kind) if begin in API else None
        if "{public_id}" not in path or thing is None:
            continue
        values = {"public_id": str(thing)} | (PARTS if "{kind}" in path else {})
        told = ", ".join(
            f"{json.dumps(f'path.{name}')} = {json.dumps(value)}" for name, value in values.items()
        )
        lines += ["[[operations]]", f"include-path = {json.dumps(path)}"]
        lines += [f"parameters = {{ {told} }}", ""]
    return "\n".join(lines)
