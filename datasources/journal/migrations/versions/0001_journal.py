"""Carts, captures, idempotency records and events."""

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None

Moment = sa.DateTime(timezone=True)
Rising = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
PENDING = sa.text("state IN ('JOURNALED', 'FORWARDING')")


def upgrade() -> None:
    """Make the tables."""
    _carts()
    _captures()
    _indexes()
    _idempotency()
    _events()
    op.create_table(
        "trials",
        sa.Column("id", sa.String, nullable=False),
        sa.Column("padding", sa.Text, nullable=False),
        sa.PrimaryKeyConstraint("id", name="trials_pkey"),
    )


def _carts() -> None:
    op.create_table(
        "carts",
        sa.Column("id", sa.String, nullable=False),
        sa.Column("account", sa.String, nullable=False),
        sa.Column("revision", sa.Integer, nullable=False),
        sa.Column("lines", sa.Text, nullable=False),
        sa.Column("deliveries", sa.Text, nullable=False),
        sa.Column("po_number", sa.String),
        sa.Column("reference", sa.String),
        sa.Column("changed_at", Moment, nullable=False),
        sa.PrimaryKeyConstraint("id", name="carts_pkey"),
        sa.UniqueConstraint("account", name="carts_account_key"),
    )


def _captures() -> None:
    op.create_table(
        "captures",
        sa.Column("sequence", Rising, autoincrement=True, nullable=False),
        sa.Column("id", sa.String, nullable=False),
        sa.Column("receipt_number", sa.String, nullable=False),
        sa.Column("account", sa.String, nullable=False),
        sa.Column("person", sa.String, nullable=False),
        sa.Column("state", sa.String, nullable=False),
        sa.Column("draft", sa.Text, nullable=False),
        sa.Column("tolerance_percent", sa.String, nullable=False),
        sa.Column("price_basis", sa.String, nullable=False),
        sa.Column("promised", sa.String, nullable=False),
        sa.Column("po_number", sa.String),
        sa.Column("reference", sa.String),
        sa.Column("captured_at", Moment, nullable=False),
        sa.Column("forwarded_at", Moment),
        sa.Column("attempts", sa.Integer, nullable=False),
        sa.Column("faults", sa.Integer, nullable=False),
        sa.Column("next_attempt_at", Moment, nullable=False),
        sa.Column("last_error", sa.String),
        sa.Column("objections", sa.Text, nullable=False),
        sa.Column("differences", sa.Text, nullable=False),
        sa.Column("simulation", sa.Text),
        sa.Column("order_number", sa.String),
        sa.Column("claim_owner", sa.String),
        sa.Column("claim_token", sa.String),
        sa.Column("claim_until", Moment),
        sa.PrimaryKeyConstraint("sequence", name="captures_pkey"),
        sa.UniqueConstraint("id", name="captures_id_key"),
        sa.UniqueConstraint("receipt_number", name="captures_receipt_number_key"),
        sqlite_autoincrement=True,
    )


def _indexes() -> None:
    for name, columns in (("due", ["next_attempt_at", "sequence"]), ("in_line", ["account", "sequence"])):
        op.create_index(f"captures_{name}", "captures", columns, sqlite_where=PENDING, postgresql_where=PENDING)
    op.create_index("captures_of_account", "captures", ["account", "captured_at", "id"])
    op.create_index("captures_newest", "captures", ["captured_at", "id"])
    op.create_index("captures_order_number", "captures", ["order_number"])


def _idempotency() -> None:
    op.create_table(
        "idempotency",
        sa.Column("account", sa.String, nullable=False),
        sa.Column("key", sa.String, nullable=False),
        sa.Column("fingerprint", sa.String, nullable=False),
        sa.Column("capture_id", sa.String, nullable=False),
        sa.Column("at", Moment, nullable=False),
        sa.PrimaryKeyConstraint("account", "key", name="idempotency_pkey"),
        sa.ForeignKeyConstraint(["capture_id"], ["captures.id"], name="idempotency_capture"),
    )


def _events() -> None:
    op.create_table(
        "events",
        sa.Column("id", Rising, autoincrement=True, nullable=False),
        sa.Column("at", Moment, nullable=False),
        sa.Column("kind", sa.String, nullable=False),
        sa.Column("capture_id", sa.String),
        sa.Column("account", sa.String),
        sa.Column("message", sa.String, nullable=False),
        sa.PrimaryKeyConstraint("id", name="events_pkey"),
        sa.ForeignKeyConstraint(["capture_id"], ["captures.id"], name="events_capture"),
        sqlite_autoincrement=True,
    )
    op.create_index("events_of_capture", "events", ["capture_id", "id"])
