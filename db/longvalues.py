"""Where PostgreSQL keeps a long value of a row: beside it and as it is, if it is told to. For the migration."""

from sqlalchemy import Connection, text


def keep_beside(connection: Connection, table: str, column: str) -> None:
    """Keep what is too long for a row uncompressed in a table of its own; an update of the row does not write it again.

    https://www.postgresql.org/docs/current/storage-toast.html#STORAGE-TOAST-ONDISK
    """
    if connection.dialect.name == "postgresql":
        connection.execute(text(f"ALTER TABLE {table} ALTER COLUMN {column} SET STORAGE EXTERNAL"))
