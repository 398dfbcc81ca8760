"""PostgreSQL that hangs, and a host that died in the middle of a transaction: nobody waits for them without end."""

import socket
import time

import pytest
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError, OperationalError

from db.engine import PATIENCE_SECONDS, create_engine


def test_a_server_that_says_nothing_is_given_up_after_some_seconds() -> None:
    with socket.create_server(("127.0.0.1", 0)) as silent:
        engine = create_engine(f"postgresql+psycopg://somebody@127.0.0.1:{silent.getsockname()[1]}/nothing", patience=2)
        began = time.monotonic()
        with pytest.raises(OperationalError):
            engine.connect()
        assert time.monotonic() - began < PATIENCE_SECONDS
        engine.dispose()


def test_what_a_host_that_died_held_locked_is_free_again_after_a_while(migrated_postgresql_url: str) -> None:
    """Its connection may stay open for hours at the server: nobody told it that the other end is gone."""
    dead, alive = (create_engine(migrated_postgresql_url, patience=1) for _ in range(2))
    with dead.begin() as connection:
        connection.execute(text("create table batches_of_mine (id int); insert into batches_of_mine values (1)"))
    gone = dead.connect()
    gone.execute(text("update batches_of_mine set id = 2"))
    with alive.begin() as connection:
        connection.execute(text("set local statement_timeout = '8s'"))
        connection.execute(text("update batches_of_mine set id = 3"))
    with pytest.raises(DBAPIError):
        gone.execute(text("select 1"))
    gone.invalidate()
    gone.close()
    dead.dispose()
    alive.dispose()
