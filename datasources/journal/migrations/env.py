"""What Alembic runs: migrations in the transaction that it was given."""

from alembic import context

from datasources.journal.tables import metadata

context.configure(connection=context.config.attributes["connection"], target_metadata=metadata)
with context.begin_transaction():
    context.run_migrations()
