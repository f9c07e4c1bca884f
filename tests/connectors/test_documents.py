"""The OpenAPI files themselves: valid, closed where Kanava sends, open where it reads, true in every example."""

from collections.abc import Iterator
from typing import Any

import msgspec
import pytest
from openapi_spec_validator import OpenAPIV31SpecValidator

from datasources.model.common import System
from tests.connectors.documents import ROLES, Schema, contract
from tests.connectors.operations import OPERATIONS, Operation
from tests.connectors.recording import MadeUp, over

ANSWERS = ["200", "400", "401", "429", "5XX"]
CONFLICTS = {"/orders/place": ["409"]}


def parts(role: System, schema: Schema) -> Iterator[Schema]:
    """Yield a schema and all that it is made of, references followed."""
    schema = contract(role).resolved(schema)
    yield schema
    inner = [*schema.get("anyOf", ()), *schema.get("oneOf", ()), *schema.get("properties", {}).values()]
    for part in [*inner, *([schema["items"]] if "items" in schema else [])]:
        yield from parts(role, part)


@pytest.mark.parametrize("role", ROLES)
def test_it_is_openapi(role: System) -> None:
    """Each file is valid OpenAPI 3.1."""
    assert [] == [str(problem) for problem in OpenAPIV31SpecValidator(dict(contract(role).document)).iter_errors()]


@pytest.mark.parametrize("role", ROLES)
def test_no_operation_is_forgotten(role: System) -> None:
    """The tests know every operation of the files, and every one says how it fails."""
    answers = {path: list(item["post"]["responses"]) for path, item in contract(role).document["paths"].items()}

    assert [o.path for o in OPERATIONS if o.role is role] == contract(role).paths
    assert {path: sorted([*ANSWERS, *CONFLICTS.get(path, ())]) for path in answers} == answers
    assert "Retry-After" in contract(role).document["components"]["responses"]["TooManyRequests"]["headers"]


def test_what_several_files_define_is_the_same() -> None:
    """A component has one meaning, whichever file it stands in."""
    seen: dict[tuple[str, str], Any] = {}
    for role in ROLES:
        for group in ("schemas", "responses"):
            for name, said in contract(role).document["components"][group].items():
                assert said == seen.setdefault((group, name), said)


@pytest.mark.parametrize("operation", OPERATIONS, ids=str)
def test_requests_are_closed_and_answers_open(operation: Operation) -> None:
    """Kanava sends nothing that is not described, and passes over what it does not know."""
    its = contract(operation.role)
    asked = [p for p in parts(operation.role, its.media(operation.path)["schema"]) if "properties" in p]
    said = [p for p in parts(operation.role, its.media(operation.path, "200")["schema"]) if "properties" in p]

    assert [False] * len(asked) == [part.get("additionalProperties") for part in asked]
    assert [None] * len(said) == [part.get("additionalProperties") for part in said]


@pytest.mark.parametrize("operation", OPERATIONS, ids=str)
@pytest.mark.parametrize("status", [None, "200"])
def test_every_member_is_explained(operation: Operation, status: str | None) -> None:
    """Each member says what it means."""
    schema = contract(operation.role).media(operation.path, status)["schema"]
    members = [
        (name, contract(operation.role).resolved(said).get("description"))
        for part in parts(operation.role, schema)
        for name, said in part.get("properties", {}).items()
    ]

    assert members or operation.path == "ping"
    assert [] == [name for name, description in members if not description]


@pytest.mark.parametrize("operation", OPERATIONS, ids=str)
def test_every_example_is_true(operation: Operation) -> None:
    """The example of each request and answer is what its schema says."""
    its = contract(operation.role)
    for status in (None, *its.document["paths"][f"/{operation.path}"]["post"]["responses"]):
        example = its.media(operation.path, status)["example"]

        assert [] == its.problems(example, operation.path, status)


@pytest.mark.parametrize("role", ROLES)
def test_small_examples_are_true(role: System) -> None:
    """So are those that stand at single types."""
    schemas = contract(role).document["components"]["schemas"]
    wrong = [
        (name, example)
        for name, said in schemas.items()
        for example in said.get("examples", ())
        if not contract(role).validator_of({"$ref": f"#/components/schemas/{name}"}).is_valid(example)
    ]

    assert [] == wrong


@pytest.mark.parametrize("operation", OPERATIONS, ids=str)
async def test_kanava_asks_and_reads_the_examples(operation: Operation) -> None:
    """Kanava's connector sends the example's request, member by member, and reads its answer."""
    its = contract(operation.role)
    question = its.media(operation.path)["example"]
    transport = MadeUp(operation.role, msgspec.json.encode(its.media(operation.path, "200")["example"]))
    await operation.ask(over(transport), question)

    assert [(operation.path, question)] == transport.asked
