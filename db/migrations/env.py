"""What Alembic runs: the engine comes from db.migrate, the models from whoever imported them."""

from alembic import context

from db import partitions
from db.base import Base

engine = context.config.attributes["engine"]

with engine.connect() as connection:
    context.configure(
        connection=connection,
        target_metadata=Base.metadata,
        render_as_batch=True,
        user_module_prefix="db.base.",
        compare_type=True,
        include_name=lambda name, kind, _parents: kind != "table" or not partitions.is_partition(name or ""),
    )
    with context.begin_transaction():
        context.run_migrations()
    connection.commit()
