"""Alembic's entry: migrations run on the connection that `gateway.stores.migrate` opened."""

from alembic import context

from gateway.stores.schema import METADATA

context.configure(
    connection=context.config.attributes["connection"],
    target_metadata=METADATA,
    transactional_ddl=True,
)
context.run_migrations()
