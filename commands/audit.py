"""loudhailer audit: proving that nobody rewrote what was done, and taking the log out of the house."""

from collections.abc import Iterator
from contextlib import contextmanager

import click
from sqlalchemy.orm import Session

from commands.tools import agency_by_slug, load_settings, require_current
from db.engine import create_reader, session_factory
from staff import agencies, verifying
from staff.models import Agency
from staff.verifying import Verdict


@click.group()
def audit() -> None:
    """The audit: what officers and the command line did, each line tied to the one before it."""


@audit.command("verify")
@click.argument("slug", required=False)
def verify(slug: str | None) -> None:
    """Walk the audit of the agency SLUG, or of all, and name the first line that is not as it was written.

    The exit code is 1 where one is broken. Keep the last digest elsewhere: who can rewrite the whole table, digests and
    all, is found out by that alone.
    """
    with _reading() as session:
        wanted = agencies.every(session) if slug is None else [agency_by_slug(session, slug)]
        chains = [(one, verifying.verify(session, one.id)) for one in wanted]
    for one, verdict in chains:
        click.echo(_told(one, verdict))
    if any(verdict.broken for _, verdict in chains):
        raise SystemExit(1)


@audit.command("export")
@click.argument("slug")
def export(slug: str) -> None:
    """Write the audit of the agency SLUG as JSON lines with their digests, the oldest first."""
    with _reading() as session:
        for page in verifying.pages(session, agency_by_slug(session, slug).id):
            session.rollback()  # whoever reads may be slow: no transaction waits for them
            for kept in page:
                click.echo(verifying.exported(kept))


def _told(one: Agency, verdict: Verdict) -> str:
    if verdict.broken is not None:
        return f"{one.slug}: broken, line {verdict.broken.number:,} was {verdict.broken.how}."
    return f"{one.slug}: whole, {verdict.head.number:,} lines. The last digest: {verdict.head.digest}"


@contextmanager
def _reading() -> Iterator[Session]:
    """A session that can write nothing and locks nobody out."""
    settings = load_settings()
    require_current(settings)
    engine = create_reader(settings.database_url)
    try:
        with session_factory(engine)() as session:
            yield session
    finally:
        engine.dispose()
