"""The keys that an export names."""

from pathlib import Path

import pytest

from app.doctor.folder import Folder, NoData, read_folder


def test_files_that_are_not_there_name_nothing(tmp_path: Path) -> None:
    """A folder may hold any of the files."""
    (tmp_path / "stock.ndjson").write_text('\ufeff{"sku": "A", "location": "Main", "quantity": 5}\n\n', "utf-8")

    assert Folder({"stock.ndjson": frozenset("A")}, frozenset({"Main"}), None, []) == read_folder(tmp_path)


def test_rows_that_cannot_be_read_are_named(tmp_path: Path) -> None:
    """Each bad row is named by file and line; the rest counts."""
    rows = [b'{"sku": "A"}', b"{not json", b'{"sku": 7}', b"[" * 50_000, b'{"sku": "\xff"}', b'{"sku": "B"}']
    (tmp_path / "products.ndjson").write_bytes(b"\n".join(rows))
    folder = read_folder(tmp_path)

    assert {"products.ndjson": frozenset("AB")} == folder.skus
    assert [f"products.ndjson:{line}" for line in (2, 3, 4, 5)] == [line[:17] for line in folder.unreadable]


def test_closed_accounts_are_left_out(tmp_path: Path) -> None:
    """Nobody acts for a closed account, so no system is asked about it."""
    rows = ['{"number": "1"}', '{"number": "2", "status": "CLOSED"}']
    (tmp_path / "accounts.ndjson").write_text("\n".join(rows), "utf-8")

    assert ["1"] == list(read_folder(tmp_path).accounts or ())


@pytest.mark.parametrize(
    ("name", "message"), [("no", "there is no folder {}"), (".", "{} has none of products.ndjson, ")]
)
def test_no_data(tmp_path: Path, name: str, message: str) -> None:
    """Without any of the files there is nothing to compare."""
    with pytest.raises(NoData) as raised:
        read_folder(tmp_path / name)

    assert str(raised.value).startswith(message.format(tmp_path / name))
