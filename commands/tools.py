"""What every command needs: the settings or one clear error, sessions, the vault, and a way to look rows up by name."""

import asyncio
import tomllib
from collections.abc import Callable, Coroutine, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import click
from sqlalchemy.exc import OperationalError, SQLAlchemyError
from sqlalchemy.orm import Session

import config
from commands.fittings import utc_now as utc_now
from db import migrate
from db.crypto import Vault
from db.engine import Sessions, create_engine, session_factory
from delivery.switchboard import Switchboard
from staff import agencies, audit
from staff.models import Agency


@dataclass(frozen=True, slots=True)
class Bench:
    """A command's workplace."""

    settings: config.Settings
    sessions: Sessions
    vault: Vault


def load_settings() -> config.Settings:
    """The settings, or the one error that lists everything wrong with them."""
    try:
        return config.load()
    except config.BadSettings as error:
        raise click.ClickException(str(error)) from error


def require_current(settings: config.Settings) -> None:
    """End with a clear error unless the database can be reached and has the current schema."""
    try:
        is_current = migrate.is_current(settings.database_url)
    except SQLAlchemyError as error:
        raise _away(error) from error
    if not is_current:
        raise click.ClickException("The database is not at the current schema: run `loudhailer migrate` first.")


def upgrade(settings: config.Settings) -> None:
    """Bring the database to the current schema, or end with a clear error where it cannot be reached."""
    try:
        migrate.upgrade(settings.database_url)
    except OperationalError as error:
        raise _away(error) from error


def _away(error: SQLAlchemyError) -> click.ClickException:
    return click.ClickException(f"The database cannot be reached ({type(error).__name__}): check DATABASE_URL.")


@contextmanager
def bench() -> Iterator[Bench]:
    """The workplace on a database that has the current schema; says what to do if it has not."""
    settings = load_settings()
    require_current(settings)
    engine = create_engine(settings.database_url)
    try:
        yield Bench(settings, session_factory(engine), Vault(settings.keys()))
    finally:
        engine.dispose()


def agency_by_slug(session: Session, slug: str) -> Agency:
    """The agency, or an error that names those there are."""
    found = agencies.by_slug(session, slug)
    if found is None:
        raise click.ClickException(f"There is no agency {slug!r}. `loudhailer agency list` shows those there are.")
    return found


def pairs(values: tuple[str, ...], *, what: str) -> dict[str, str]:
    """("en=Floods", "ms=Banjir") as a mapping, or an error that names the odd one."""
    split = [value.partition("=") for value in values]
    for key, sign, text in split:
        if not (key and sign and text):
            raise click.BadParameter(f"{what} must look like LOCALE=TEXT, not {key!r}")
    return {key: text for key, _, text in split}


def toml(file: Path) -> dict[str, Any]:
    """What a TOML file says, or an error that names the place where it is none."""
    try:
        return tomllib.loads(file.read_text(encoding="utf-8"))
    except (OSError, UnicodeError, tomllib.TOMLDecodeError) as error:
        raise click.ClickException(f"{file} cannot be read as TOML: {error}") from error


def ask(board: Switchboard, question: Callable[[], Coroutine[Any, Any, str]]) -> str:
    """Ask a channel of this board something, in an event loop of its own, and let its connections go."""

    async def asked() -> str:
        try:
            return await question()
        finally:
            await board.aclose()

    return asyncio.run(asked())


def note(session: Session, agency: Agency, verb: str, subject: str) -> None:
    """One audit line for something done on the command line."""
    audit.note(session, agency_id=agency.id, officer_id=None, verb=verb, subject=subject, now=utc_now())
