"""`kanava doctor` as a process, over systems that are well, down, slow, locked, not there at all, or differ."""

import json
import re
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path

import pytest

from app.doctor.command import UNNAMED
from app.doctor.inquiry import RESTRICTED
from tests.conftest import ADVENTUREWORKS, Sandbox, free_base_port
from tests.forking import environment_with
from tests.scenarios.processes import kanava

PATIENT = {f"{system}_TIMEOUT_S": "60" for system in ("ERP", "CRM", "PIM", "WMS")}
WITHOUT = {
    "ERP": "no prices, credit, terms or part numbers; orders are kept and sent later; browsing and stock go on",
    "CRM": "nobody has an account or a price; the public catalogue goes on",
    "PIM": "no catalogue; people and their accounts go on",
    "WMS": "no stock; all else goes on",
    "IAM": "who signs in anew is refused; visitors go on",
}

PRICING = ("prices", "part_numbers", "part_numbers_resolve", "credit", "terms", "contracts")
ERP_OPERATIONS = (*PRICING, "simulate", "placed", "orders", "order_pages", "ping")


class Doctor:
    """One run of the command."""

    def __init__(self, folder: Path, base_port: int, *words: str, **settings: str) -> None:
        given = {"SANDBOX_BASE_PORT": str(base_port)} | PATIENT | settings
        self.status, self.out, self.err = kanava(folder, "doctor", *words, **given)
        table, *self.sections = self.out.removesuffix("\n").split("\n\n")
        cells = [re.split(r" {2,}", line) for line in table.splitlines()]
        self.headings, self.rows = cells[0], {row[0]: row[1:] for row in cells[1:]}

    @property
    def answers(self) -> dict[str, tuple[str, str]]:
        """Answer and what is missing, by system."""
        return {system: (row[0], row[2]) for system, row in self.rows.items()}


def all_but(**other: tuple[str, str]) -> dict[str, tuple[str, str]]:
    return dict.fromkeys(WITHOUT, ("ok", "-")) | other


@contextmanager
def page(status: int, body: bytes) -> Iterator[str]:
    """A server that answers everything with one page."""

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            self.rfile.read(int(self.headers["content-length"]))
            self.send_response(status)
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, format: str, *args: object) -> None:
            """Say nothing."""

    with HTTPServer(("127.0.0.1", 0), Handler) as server:
        thread = threading.Thread(target=server.serve_forever, args=(0.01,))
        thread.start()
        yield f"http://127.0.0.1:{server.server_port}"
        server.shutdown()
        thread.join()


def test_all_is_well(sandbox: Sandbox, tmp_path: Path) -> None:
    """Each system has a row; every operation is asked once; exit 0."""
    sandbox.forget_calls()
    doctor = Doctor(tmp_path, sandbox.base_port)
    asked = [
        f"{'openid' if s == 'IAM' else 'rest'} at http://127.0.0.1:{sandbox.base_port + n}"
        for n, s in enumerate(WITHOUT, 1)
    ]

    assert (0, "", []) == (doctor.status, doctor.err, doctor.sections)
    assert ["System", "Answer", "Slowest", "Missing", "Asked", "Without it"] == doctor.headings
    assert dict(zip(WITHOUT, (["ok", "-", *it] for it in zip(asked, WITHOUT.values(), strict=True)), strict=True)) == {
        system: [row[0], *row[2:]] for system, row in doctor.rows.items()
    }
    assert all(re.fullmatch(r"[a-z ]+ \d+ ms", row[1]) for row in doctor.rows.values())
    assert {
        "erp": dict.fromkeys(ERP_OPERATIONS, 1),
        "crm": dict.fromkeys(("contexts", "children", "person_accounts"), 1),
        "pim": dict.fromkeys(("search", "products", "lookup", "categories"), 1),
        "wms": {"stock": 1, "warehouses": 1},
        "iam": {"discovery": 1, "jwks": 1},
    } == sandbox.calls("erp", "crm", "pim", "wms", "iam")


@pytest.mark.parametrize(
    ("fault", "timeout_s", "problem"),
    [
        ({"mode": "down"}, "60", "the connection broke before the answer was whole. The fault is on its side: see its log."),
        ({"mode": "slow", "delay_ms": 60_000}, "0.2", "no answer within 0.2 s. It is too slow for KANAVA_WMS_TIMEOUT_S."),
        ({"mode": "error"}, "60", "failed with status 500. The fault is on its side: see its log."),
        ({"mode": "throttle"}, "60", "asks to slow down (429). Is KANAVA_WMS_MAX_CONCURRENT more than it allows?"),
    ],
)  # fmt: skip
def test_a_system_that_fails(
    sandbox: Sandbox, tmp_path: Path, fault: dict[str, str], timeout_s: str, problem: str
) -> None:
    """What fails is said once, with what to do about it; the others are examined all the same; exit 1."""
    sandbox.fault("wms", **fault)
    doctor = Doctor(tmp_path, sandbox.base_port, WMS_TIMEOUT_S=timeout_s)

    assert (1, "kanava: needed and failing: WMS\n") == (doctor.status, doctor.err)
    assert all_but(WMS=("failed", "all")) == doctor.answers
    assert [f"WMS: {problem}"] == doctor.sections


def test_nobody_is_there(tmp_path: Path) -> None:
    """With no system at all each is said to be unreachable."""
    doctor = Doctor(tmp_path, free_base_port())
    hints = [f"{s}: no connection. Does it run, and is KANAVA_{s}_URL right?" for s in WITHOUT]

    assert (1, "kanava: needed and failing: ERP, CRM, PIM, WMS, IAM\n") == (doctor.status, doctor.err)
    assert dict.fromkeys(WITHOUT, ("failed", "all")) == doctor.answers
    assert ["\n".join(hints).replace("IAM_URL", "OIDC_ISSUER")] == doctor.sections


def test_a_slow_system_is_no_failure(sandbox: Sandbox, tmp_path: Path) -> None:
    """Who answers, but takes more than half of the time allowed, is slow; exit 0."""
    sandbox.fault("crm", "slow", delay_ms=1800)
    doctor = Doctor(tmp_path, sandbox.base_port, CRM_TIMEOUT_S="3.5")

    assert (0, "", []) == (doctor.status, doctor.err, doctor.sections)
    assert all_but(CRM=("slow", "-")) == doctor.answers


def test_tokens(tmp_path: Path) -> None:
    """A wrong token is said to be wrong, without showing any; with the right ones all is well."""
    sandbox = Sandbox(free_base_port(), tmp_path / "state", "--products=20", "--token=s3cret")
    try:
        right = {f"{system}_TOKEN": "s3cret" for system in ("ERP", "CRM", "PIM", "WMS")}
        well = Doctor(tmp_path, sandbox.base_port, **right)
        wrong = Doctor(tmp_path, sandbox.base_port, **right | {"ERP_TOKEN": "hush"})
    finally:
        sandbox.stop()

    assert (0, all_but()) == (well.status, well.answers)
    assert (1, all_but(ERP=("failed", "all"))) == (wrong.status, wrong.answers)
    assert [
        "ERP: refused with status 401: A bearer token that this system knows is required. Is KANAVA_ERP_TOKEN right?"
    ] == wrong.sections
    assert not re.search("s3cret|hush", wrong.out + wrong.err)


@pytest.mark.parametrize(
    ("status", "body", "problem"),
    [
        (200, b"<!doctype html><p>Please sign in", "the answer is not what was agreed (JSON is malformed: invalid character (byte 0)). Does KANAVA_ERP_URL lead to the system itself, not to a page for people?"),
        (302, b"", "answered with status 302. Does KANAVA_ERP_URL lead to the system itself, not to a page for people?"),
        (404, b"", "refused with status 404: no reason given. Does it have this operation, and is KANAVA_ERP_URL right?"),
        (400, b'{"error": {"message": "\\u001b[2J"}}', "refused with status 400: \ufffd[2J. The fault is on its side: see its log."),
    ],
)  # fmt: skip
def test_an_address_of_something_else(sandbox: Sandbox, tmp_path: Path, status: int, body: bytes, problem: str) -> None:
    """A page for people, a redirect or an address without the operations is told from a system."""
    with page(status, body) as url:
        doctor = Doctor(tmp_path, sandbox.base_port, ERP_URL=url)

    assert (1, all_but(ERP=("failed", "all"))) == (doctor.status, doctor.answers)
    assert [f"ERP: {problem}"] == doctor.sections


def test_another_issuer(sandbox: Sandbox, tmp_path: Path) -> None:
    """A provider that calls itself by another name than is set would refuse everybody, and is a failure."""
    doctor = Doctor(tmp_path, sandbox.base_port, OIDC_ISSUER=f"http://localhost:{sandbox.base_port + 5}")

    assert (1, all_but(IAM=("failed", "all"))) == (doctor.status, doctor.answers)
    assert [
        "IAM: the provider calls itself by another issuer than is set. Is KANAVA_OIDC_ISSUER just what the provider calls itself?"
    ] == doctor.sections


def test_the_systems_differ(sandbox: Sandbox, tmp_path: Path) -> None:
    """`--data` alone compares what the PIM lists with the others; that they differ is no failure."""
    doctor = Doctor(tmp_path, sandbox.base_port, "--data")
    lines = (
        "SKUs: PIM 478, ERP 478, WMS 471\n  WMS lacks 7 (PIM 7, ERP 7): {}\n  {}\nWarehouses: WMS 3\n  no difference"
    )
    named = "KV-000101, KV-000138, KV-000184, KV-000205, KV-000445"

    assert (0, "", [lines.format(f"{named}, ...", RESTRICTED), UNNAMED]) == (doctor.status, doctor.err, doctor.sections)
    assert re.search(f"{named}, KV-\\d+, KV-\\d+\n", Doctor(tmp_path, sandbox.base_port, "--data", "--all").out)


def export(folder: Path) -> Path:
    """Write an export that agrees with the generated data in a few rows, and differs in the others."""
    rows = {
        "products": [{"sku": "KV-000001"}, {"sku": "X-1"}],
        "price_breaks": [{"sku": "Z-1"}],
        "stock": [{"sku": "KV-000001", "location": "VAN"}, {"sku": "Y-1", "location": "Attic"}, {"sku": 7}],
        "accounts": [
            {"number": "C-1002", "parent": "C-1001", "salesRep": "sari"},
            {"number": "C-9", "parent": "C-8", "salesRep": "nobody"},
        ],
    }
    for name, of in rows.items():
        (folder / f"{name}.ndjson").write_text("".join(json.dumps(row) + "\n" for row in of), "utf-8")
    return folder


@pytest.mark.parametrize("words", ["--data {}", "--data={}", "--all --data {}"])
def test_an_export_and_the_systems_differ(sandbox: Sandbox, tmp_path: Path, words: str) -> None:
    """`--data DIR` compares the files with one another and with the systems: SKUs, warehouses, accounts, people."""
    doctor = Doctor(tmp_path, sandbox.base_port, *words.format(export(tmp_path)).split())
    rows, differences = doctor.sections
    lines = [line for line in differences.splitlines() if "SKUs" not in line and "KV-" not in line]

    assert (0, "") == (doctor.status, doctor.err)
    assert "Rows that cannot be read: 1\n  stock.ndjson:3: Expected `str`, got `int` - at `$.sku`" == rows
    assert [
        "  PIM lacks 3 (products.ndjson 1, price_breaks.ndjson 1, stock.ndjson 1): X-1, Y-1, Z-1",
        "  ERP lacks 3 (products.ndjson 1, price_breaks.ndjson 1, stock.ndjson 1): X-1, Y-1, Z-1",
        "Warehouses: stock.ndjson 2, WMS 3",
        "  stock.ndjson lacks 2 (WMS 2): OUL, TRE",
        "  WMS lacks 1 (stock.ndjson 1): Attic",
        "Accounts: accounts.ndjson 2, parents there 2, CRM 3, ERP 3",
        "  accounts.ndjson lacks 3 (parents there 2, CRM 2, ERP 2): C-1000, C-1001, C-8",
        "  CRM lacks 2 (accounts.ndjson 1, parents there 1): C-8, C-9",
        "  ERP lacks 2 (accounts.ndjson 1, parents there 1): C-8, C-9",
        "Price scopes: CRM 3, ERP 3",
        "  no difference",
        "Sales representatives: accounts.ndjson 2, CRM 1",
        "  CRM lacks 1 (accounts.ndjson 1): nobody",
    ] == lines


def test_a_system_that_fails_is_left_out(sandbox: Sandbox, tmp_path: Path) -> None:
    """Without the WMS the others are compared all the same; exit 1."""
    sandbox.fault("wms", "down")
    doctor = Doctor(tmp_path, sandbox.base_port, "--data")
    problem = "WMS: the connection broke before the answer was whole. The fault is on its side: see its log."

    assert (1, "kanava: needed and failing: WMS\n") == (doctor.status, doctor.err)
    assert [
        problem,
        f"SKUs: PIM 478, ERP 478\n  no difference\n  {RESTRICTED}",
        UNNAMED,
        f"Left out: {problem}",
    ] == doctor.sections


def test_adventureworks(adventureworks: Sandbox, tmp_path: Path) -> None:
    """A real wholesaler's export over the systems that serve it: 72 articles are in no warehouse, all else agrees."""
    doctor = Doctor(tmp_path, adventureworks.base_port, "--data", str(ADVENTUREWORKS))
    named = "FR-M21B-42, FR-M21B-44, FR-M21B-48, FR-M21B-52, FR-M21S-42, ..."

    assert (0, "") == (doctor.status, doctor.err)
    assert [
        "SKUs: products.ndjson 295, price_breaks.ndjson 147, stock.ndjson 223, PIM 295, ERP 295, WMS 223",
        f"  stock.ndjson lacks 72 (products.ndjson 72, price_breaks.ndjson 23, PIM 72, ERP 72): {named}",
        f"  WMS lacks 72 (products.ndjson 72, price_breaks.ndjson 23, PIM 72, ERP 72): {named}",
        "Warehouses: stock.ndjson 11, WMS 11",
        "  no difference",
        "Accounts: accounts.ndjson 714, parents there 13, CRM 714, ERP 714",
        "  no difference",
        "Price scopes: CRM 714, ERP 714",
        "  no difference",
        "Sales representatives: accounts.ndjson 13, CRM 13",
        "  no difference",
    ] == "\n".join(doctor.sections).splitlines()


def test_a_terminal_without_the_letters(tmp_path: Path) -> None:
    """A key that the terminal's encoding cannot show is escaped."""
    (tmp_path / "products.ndjson").write_text('{"sku": "putki-ä"}', "utf-8")
    (tmp_path / "stock.ndjson").touch()
    command = [sys.executable, "-m", "app", "doctor", "--data", "."]
    plain = environment_with(SANDBOX_BASE_PORT=str(free_base_port())) | {"PYTHONIOENCODING": "ascii"}
    done = subprocess.run(command, cwd=tmp_path, env=plain, capture_output=True, text=True)

    assert "  stock.ndjson lacks 1 (products.ndjson 1): putki-\\xe4\n" in done.stdout
    assert "kanava: needed and failing: ERP, CRM, PIM, WMS, IAM\n" == done.stderr


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (["--data", "no"], "kanava: Invalid value for '--data': there is no folder no\n"),
        (["--data=."], "kanava: Invalid value for '--data': . has none of products.ndjson, price_breaks.ndjson, stock.ndjson, accounts.ndjson\n"),
        (["here"], "kanava: Invalid value: a folder goes with --data: --data here\n"),
    ],
)  # fmt: skip
def test_bad_use(tmp_path: Path, words: list[str], message: str) -> None:
    """A folder that cannot be used is one line on stderr and exit 2, before any system is asked."""
    assert (2, "", message) == kanava(tmp_path, "doctor", *words)


def test_bad_settings(tmp_path: Path) -> None:
    """Settings that cannot be used are listed as everywhere; exit 2."""
    said = "kanava: KANAVA_ERP_URL='erp': expected an address such as http://erp.example:8080, without user, password or query\n"

    assert (2, "", said) == kanava(tmp_path, "doctor", ERP_URL="erp")
