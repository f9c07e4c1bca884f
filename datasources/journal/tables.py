"""The journal's tables. Every change here comes with a migration in `migrations/versions`."""

from datetime import UTC, datetime

from sqlalchemy import (
    BigInteger,
    Column,
    ColumnElement,
    DateTime,
    Dialect,
    ForeignKey,
    FromClause,
    Index,
    Integer,
    MetaData,
    String,
    Table,
    Text,
    TypeDecorator,
    literal_column,
)

from datasources.model.captures import PENDING


class Moment(TypeDecorator[datetime]):
    """A moment, aware, in UTC. SQLite keeps it as text that sorts as the moments do."""

    impl = DateTime(timezone=True)
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        if value is None or dialect.name != "sqlite":
            return value
        return value.astimezone(UTC).replace(tzinfo=None)

    def process_result_value(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        if value is None or value.tzinfo is not None:
            return value
        return value.replace(tzinfo=UTC)


NAMES = {
    "ix": "%(table_name)s_%(column_0_N_name)s",
    "pk": "%(table_name)s_pkey",
    "uq": "%(table_name)s_%(column_0_N_name)s_key",
}
metadata = MetaData(naming_convention=NAMES)
Rising = BigInteger().with_variant(Integer(), "sqlite")
"""The type of numbers that the database hands out, each above all before it."""


def is_pending(table: FromClause) -> ColumnElement[bool]:
    """Say that the forwarder has something to do; with literals, so that both databases find the partial indexes."""
    return table.c.state.in_([literal_column(f"'{state.value}'") for state in PENDING])


carts = Table(
    "carts",
    metadata,
    Column("id", String, primary_key=True),
    Column("account", String, nullable=False, unique=True),
    Column("revision", Integer, nullable=False),
    Column("lines", Text, nullable=False),
    Column("deliveries", Text, nullable=False),
    Column("po_number", String),
    Column("reference", String),
    Column("changed_at", Moment, nullable=False),
)

captures = Table(
    "captures",
    metadata,
    Column("sequence", Rising, primary_key=True, autoincrement=True),
    Column("id", String, nullable=False, unique=True),
    Column("receipt_number", String, nullable=False, unique=True),
    Column("account", String, nullable=False),
    Column("person", String, nullable=False),
    Column("state", String, nullable=False),
    Column("draft", Text, nullable=False),
    Column("tolerance_percent", String, nullable=False),
    Column("price_basis", String, nullable=False),
    Column("promised", String, nullable=False),
    Column("po_number", String),
    Column("reference", String),
    Column("captured_at", Moment, nullable=False),
    Column("forwarded_at", Moment),
    Column("attempts", Integer, nullable=False),
    Column("faults", Integer, nullable=False),
    Column("next_attempt_at", Moment, nullable=False),
    Column("last_error", String),
    Column("objections", Text, nullable=False),
    Column("differences", Text, nullable=False),
    Column("simulation", Text),
    Column("order_number", String),
    Column("claim_owner", String),
    Column("claim_token", String),
    Column("claim_until", Moment),
    sqlite_autoincrement=True,
)

_PENDING = is_pending(captures)
Index("captures_due", captures.c.next_attempt_at, captures.c.sequence, sqlite_where=_PENDING, postgresql_where=_PENDING)
Index("captures_in_line", captures.c.account, captures.c.sequence, sqlite_where=_PENDING, postgresql_where=_PENDING)
Index("captures_of_account", captures.c.account, captures.c.captured_at, captures.c.id)
Index("captures_newest", captures.c.captured_at, captures.c.id)
Index("captures_order_number", captures.c.order_number)

idempotency = Table(
    "idempotency",
    metadata,
    Column("account", String, primary_key=True),
    Column("key", String, primary_key=True),
    Column("fingerprint", String, nullable=False),
    Column("capture_id", String, ForeignKey("captures.id", name="idempotency_capture"), nullable=False),
    Column("at", Moment, nullable=False),
)

events = Table(
    "events",
    metadata,
    Column("id", Rising, primary_key=True, autoincrement=True),
    Column("at", Moment, nullable=False),
    Column("kind", String, nullable=False),
    Column("capture_id", String, ForeignKey("captures.id", name="events_capture")),
    Column("account", String),
    Column("message", String, nullable=False),
    Index("events_of_capture", "capture_id", "id"),
    sqlite_autoincrement=True,
)

trials = Table(
    "trials",
    metadata,
    Column("id", String, primary_key=True),
    Column("padding", Text, nullable=False),
)
"""Always empty: whether the journal can write is found out by writing here."""
