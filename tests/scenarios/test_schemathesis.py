"""
Operations drawn from the schema by schemathesis, over a server as in production: nothing that a client may ask, and
nothing that it may not, is the server's error.

`make soak` draws twenty times as many.
"""

import os
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import schemathesis
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st
from schemathesis.checks import not_a_server_error
from schemathesis.core.result import Ok
from schemathesis.graphql import nodes

from tests.conftest import SYSTEMS, Sandbox
from tests.ports import free_base_port
from tests.scenarios.processes import WITHIN_S, Replica, serving

EXAMPLES = 200 if os.environ.get("KANAVA_TEST_SOAK") == "1" else 10
SDL = (Path(__file__).resolve().parents[2] / "schema.graphql").read_text("utf-8")
SCALARS: dict[str, st.SearchStrategy[str]] = {
    "CurrencyCode": st.sampled_from(["EUR", "SEK", "XXX", "eur", ""]),
    "Cursor": st.one_of(st.sampled_from(["MQ==", "", "x"]), st.text(max_size=20)),
    "Decimal": st.one_of(st.sampled_from(["1", "0.5", "-1", "NaN", "1e9", "9" * 40]), st.decimals().map(str)),
    "URL": st.sampled_from(["http://kanava.example/", "x"]),
}
REFUSALS = {"BAD_USER_INPUT", "FORBIDDEN", "NOT_FOUND", "LIMIT_EXCEEDED"}
"""What a client did wrong; schemathesis knows only the first, and takes the others below a field for the server's."""


@pytest.fixture(scope="module")
def replica(sandbox_processes: Sandbox, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Replica]:
    """A server in the profile of production, in which callers may ask as often as they like."""
    addresses = {name: f"http://127.0.0.1:{sandbox_processes.base_port + 1 + at}" for at, name in enumerate(SYSTEMS)}
    replica = Replica(
        sandbox_processes.base_port,
        tmp_path_factory.mktemp("replica"),
        port=free_base_port(),
        PROFILE="production",
        OIDC_ISSUER=addresses.pop("iam"),
        RATE_PERSON="1000000000",
        RATE_ADDRESS="1000000000",
        **{f"{name.upper()}_URL": address for name, address in addresses.items()},
    )
    with serving(replica):
        yield replica


def test_no_operation_is_a_server_error(sandbox: Sandbox, replica: Replica) -> None:
    """Each field of the root, with arguments and selections at random, for a visitor and for a buyer."""
    for name, strategy in SCALARS.items():
        schemathesis.graphql.scalar(name, strategy.map(nodes.String))
    schema = schemathesis.graphql.from_file(SDL)
    seen: Counter[str] = Counter()
    signed = {"authorization": f"Bearer {sandbox.token('anna')}"}

    for found in schema.get_all_operations():
        assert isinstance(found, Ok)
        operation: Any = found.ok()

        @settings(
            max_examples=EXAMPLES,
            deadline=None,
            suppress_health_check=list(HealthCheck),
            phases=[Phase.generate, Phase.shrink],
            database=None,
        )
        @given(case=operation.as_strategy(), headers=st.sampled_from([{}, signed]))
        def asked(case: Any, headers: dict[str, str]) -> None:
            answer = case.call(base_url=f"{replica.url}/graphql", headers=headers, timeout=WITHIN_S)
            codes = {error["extensions"]["code"] for error in answer.json().get("errors", ())}
            seen.update([case.operation.label, *codes])

            assert answer.status_code < 500
            if not codes <= REFUSALS:
                case.validate_response(answer, checks=[not_a_server_error])

        asked()
    print(dict(seen))  # noqa: T201 - for who asks with -s

    assert all(seen[f"Query.{name}"] >= EXAMPLES for name in ("product", "products", "node", "viewer"))
