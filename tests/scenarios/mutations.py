"""Requests as storefronts send them, and what becomes of them when somebody, or something, changes a few places."""

import gzip
import json
import random
import re
import zlib
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

from graphql import build_schema, get_introspection_query

from tests.scenarios.test_listing import ASKED_TWICE, LISTING

ROOT = Path(__file__).resolve().parents[2]
SDL = (ROOT / "schema.graphql").read_text("utf-8")
JSON_TYPE = "application/json"
TOKEN = re.compile(r'\.\.\.|"""|"(?:[^"\\\n]|\\.)*"|\w+|\s+|.', re.DOTALL)


@dataclass(slots=True)
class Sent:
    """A request; header values are of any bytes that may stand in one."""

    method: str = "POST"
    body: bytes = b""
    address: str = ""
    headers: dict[str, str] = field(default_factory=lambda: {"content-type": JSON_TYPE})


def examples() -> list[dict[str, Any]]:
    """Return what is sent by those who mean well."""
    found: list[dict[str, Any]] = [
        {"query": LISTING, "variables": {"first": 24}, "operationName": "Listing"},
        {"query": ASKED_TWICE, "variables": {"sku": "KV-000001", "id": "UHJvZHVjdDpLVi0wMDAwMDE"}},
        {"query": get_introspection_query()},
        {"query": "subscription { channelStatusChanged { mode systems { system circuit } } }"},
        {
            "query": 'query Q @freshness(maxAgeSeconds: 5) { product(sku: "KV-000001") { sku price(quantity: 3) { net } } }'
        },
        {"extensions": {"persistedQuery": {"version": 1, "sha256Hash": "0" * 64}}},
        {"documentId": "abc", "variables": {}},
    ]
    for path in (*(ROOT / "app/examples").glob("*.graphql"), *ROOT.glob("tests/audit/schema/operations/*.graphql")):
        values = path.with_suffix(".json")
        variables = json.loads(values.read_text("utf-8")) if values.exists() else {}
        found.append({"query": path.read_text("utf-8"), "variables": variables})
    return found


EXAMPLES = examples()
NAMES = sorted({name for of in build_schema(SDL).type_map.values() for name in (of.name, *getattr(of, "fields", ()))})
PIECES = r"""
{ } ( ) [ ] : = ! | & $ @ ... # , " \ % ' - . é
query mutation subscription fragment on true false null extend type input schema directive
-1 0 1 1000 1001 2147483648 99999999999999999999 1.5 1e400 -0 00 0x1
$first $sku @skip(if:true) @include(if:$x) @freshness @freshness(maxAgeSeconds:-1) @cost(weight:"1")
"" "KV-000001" "\u0000" "\uD800" "\u{110000}" {a:1} [1,[2]] ...F __typename __schema{types{name}}
"""
WORDS = [
    *PIECES.split(),
    *("\0", "\r", "\ufeff", "\u2028", "\U0001f4a3", '"""'),
    *("9" * 5000, f'"{"x" * 300}"', "{a" * 30, "[" * 70, "...{" * 60),
]
ODD: list[Any] = [
    *(None, True, False, 0, -1, 1, 2**31, 2**53, 2**63 - 1, 1.5, 1e308, -0.0),
    *("", "\0", "x" * 10_000, "é\U0001f4a3\u202e", "KV-000001", "NaN", "1e999", "-1", "2026-02-30", "null"),
    *([], {}, [[]], [None], {"a": {"b": []}}, list(range(2000)), {str(n): n for n in range(1500)}),
]
HEADERS: Mapping[str, list[str]] = {
    "accept": [
        "*/*",
        "text/event-stream",
        JSON_TYPE,
        "application/graphql-response+json",
        "text/html",
        ";q=",
        "a/b;q=2",
    ],
    "accept-encoding": ["br", "gzip", "br;q=0, gzip", "*", "identity;q=0", ",,;"],
    "accept-language": ["fi", "en-GB, fi;q=0.5", "*", "x" * 500, "en;q=nan", "-"],
    "content-type": [
        JSON_TYPE,
        "application/json; charset=utf-16",
        "text/plain",
        "",
        "application/json;;",
        "multipart/form-data",
    ],
    "content-encoding": ["gzip", "deflate", "br", "identity", "gzip, gzip", ""],
    "authorization": ["Bearer x", "Bearer ", "Basic YTpi", "Bearer eyJhbGciOiJub25lIn0.e30.", "bearer a.b.c", "\xff"],
    "kanava-account": ["C-1002", "C-2001", "", "\xe9", "x" * 1000],
    "kanava-max-age": ["0", "5", "-1", "1e9", "99999999999", "\xb2", ""],
    "kanava-trace": ["1", "0", "yes"],
    "kanava-request-id": ["abc", "x" * 200, "0123456789abcdef", "\x80"],
    "traceparent": ["00-" + "1" * 32 + "-" + "1" * 16 + "-01", "00-0-0-0", "ff"],
    "if-none-match": ["*", '"x"', 'W/"x", "y"', '"'],
    "origin": ["http://evil.example", "null", "http://kanava"],
    "content-length": ["0", "-1", "x", "10"],
    "cookie": ["a=b"],
}


def mutated(dice: random.Random, token: str) -> Sent:
    """Return a request with a few changes; `token` is somebody's good one."""
    body = dict(dice.choice(EXAMPLES))
    sent = Sent()
    if dice.random() < 0.5:
        sent.headers["authorization"] = f"Bearer {token}"
    changes = dice.sample((_document, _members, _bytes, _headers, _method), dice.choice((1, 1, 2, 3)))
    if _document in changes and isinstance(body.get("query"), str):
        body["query"] = _document(dice, body["query"])
    if _members in changes:
        _members(dice, body)
    sent.body = json.dumps(body, ensure_ascii=dice.random() < 0.5).encode("utf-8", "surrogatepass")
    if _bytes in changes:
        sent.body = _bytes(dice, sent.body)
    if _headers in changes:
        _headers(dice, sent)
    if _method in changes:
        _method(dice, sent, body)
    return sent


def _document(dice: random.Random, text: str) -> str:
    tokens = TOKEN.findall(text)
    for _ in range(dice.choice((1, 1, 2, 3, 8))):
        first = dice.randrange(len(tokens) + 1)
        last = min(len(tokens), first + dice.choice((1, 1, 2, 5, 20)))
        tokens[first:last] = dice.choice(CHANGES)(dice, tokens[first:last])
    return "".join(tokens)


def _another(dice: random.Random, _tokens: list[str]) -> list[str]:
    other: list[str] = TOKEN.findall(dice.choice(EXAMPLES).get("query", "{ a }"))
    first = dice.randrange(len(other))
    return other[first : first + dice.choice((3, 20, 200))]


CHANGES: list[Callable[[random.Random, list[str]], list[str]]] = [
    lambda dice, tokens: [],
    lambda dice, tokens: [dice.choice(WORDS)],
    lambda dice, tokens: [*tokens, " ", dice.choice(WORDS), " "],
    lambda dice, tokens: [" ", dice.choice(NAMES), " "],
    lambda dice, tokens: tokens * dice.choice((2, 3, 30, 400)),
    lambda dice, tokens: dice.sample(tokens, len(tokens)),
    lambda dice, tokens: ["{", *tokens, "}"],
    lambda dice, tokens: [chr(dice.choice((dice.randrange(128), dice.randrange(0xD800))))],
    _another,
]


def _members(dice: random.Random, body: dict[str, Any]) -> None:
    for _ in range(dice.choice((1, 1, 2, 4))):
        name = dice.choice(("query", "variables", "variables", "operationName", "extensions", "id", "documentId", "x"))
        inner = body.get(name)
        if isinstance(inner, dict) and inner and dice.random() < 0.7:
            body[name] = {**inner, dice.choice([*inner, "x"]): dice.choice(ODD)}
        else:
            body[name] = dice.choice(ODD)


def _bytes(dice: random.Random, body: bytes) -> bytes:
    changed = bytearray(body)
    for _ in range(dice.choice((1, 1, 2, 10))):
        first = dice.randrange(len(changed) + 1)
        changed[first : first + dice.choice((0, 1, 1, 30))] = dice.choice(
            (b"", bytes([dice.randrange(256)]), b"[" * 2000, b'{"a":' * 2000, b"\\ud800", b'"', b"1" * 400, body[:200])
        )
    whole = bytes(changed)
    return dice.choice(
        (whole, whole, whole, b"\xef\xbb\xbf" + whole, b"[" + whole + b"]", whole.decode("latin-1").encode("utf-16"))
    )


def _headers(dice: random.Random, sent: Sent) -> None:
    for name in dice.sample(sorted(HEADERS), dice.choice((1, 1, 2, 5))):
        sent.headers[name] = dice.choice(HEADERS[name])
    if dice.random() < 0.3:
        coding, pack = dice.choice((("gzip", gzip.compress), ("deflate", zlib.compress)))
        sent.headers["content-encoding"], sent.body = coding, pack(sent.body)


def _method(dice: random.Random, sent: Sent, body: Mapping[str, Any]) -> None:
    sent.method = dice.choice(("GET", "GET", "GET", "HEAD", "OPTIONS", "PUT", "DELETE"))
    texts = {name: value if isinstance(value, str) else json.dumps(value) for name, value in body.items()}
    sent.address = urlencode(texts, errors="surrogatepass")
    if dice.random() < 0.3:
        sent.address = _bytes(dice, sent.address.encode()).decode("latin-1")
