"""loudhailer feed: where bulletins take data from."""

from pathlib import Path

import click
from rich.table import Table
from sqlalchemy.orm import Session

from commands.console import console
from commands.fittings import fetcher_for
from commands.tools import agency_by_slug, bench, toml, utc_now
from feeds import defining, gate, reading, showing
from feeds.fetching import Source, Unfetched
from feeds.models import Feed
from feeds.reading import Reading, Unreadable
from feeds.specs import BadFeed, Spec
from locales import texts
from staff.models import Agency


@click.group()
def feed() -> None:
    """Feeds: where bulletins take data from."""


@feed.command("add")
@click.argument("slug")
@click.argument("key")
@click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path))
def add(slug: str, key: str, file: Path) -> None:
    """Define the feed KEY of the agency SLUG from a TOML FILE (see docs/operations.md), or define it anew."""
    with bench() as at, at.sessions.begin() as session:
        try:
            defining.define(session, agency_by_slug(session, slug), key, toml(file), now=utc_now())
        except BadFeed as error:
            raise click.ClickException(f"{file}: {error}.") from error
    console.print(f"The feed [bold]{key}[/bold] is defined. See what it says: loudhailer feed try {slug} {key}")


@feed.command("list")
@click.argument("slug")
def list_feeds(slug: str) -> None:
    """Show the feeds of the agency SLUG."""
    table = Table("key", "form", "source", "fields")
    with bench() as at, at.sessions() as session:
        for one in defining.every(session, agency_by_slug(session, slug).id):
            table.add_row(one.key, one.form, one.source, ", ".join(defining.spec_of(session, one).fields))
    console.print(table)


@feed.command("try")
@click.argument("slug")
@click.argument("key")
def try_feed(slug: str, key: str) -> None:
    """Fetch the feed KEY now: what it says in each language, and what its gate makes of it. Nothing is sent or kept."""
    with bench() as at, at.sessions() as session:
        owner = agency_by_slug(session, slug)
        spec = defining.spec_of(session, _feed(session, owner, key))
        try:
            content = fetcher_for(at.settings).fetch_now(Source(spec.source, owner.slug))
            said = reading.read(spec, content)
        except Unfetched as error:
            raise click.ClickException(f"{key} says nothing: {error.why}, {error.detail}.") from error
        except Unreadable as error:
            raise click.ClickException(f"{key} cannot be read as {spec.form} ({error.reason}).") from error
        _show(spec, said, owner.locales)
    findings = gate.judge(spec, said, None, now=utc_now())
    for each in findings:
        console.print(f"held: {' '.join(part for part in (each.why, each.field, each.limit) if part)}", style="red")
    if findings:
        raise click.exceptions.Exit(1)
    console.print("It passes its gate. Change, and being the same again, are judged by what a bulletin sent before.")


@feed.command("remove")
@click.argument("slug")
@click.argument("key")
def remove(slug: str, key: str) -> None:
    """Take the feed KEY away; bulletins that need it are held until their parts are set anew."""
    with bench() as at, at.sessions.begin() as session:
        defining.remove(session, _feed(session, agency_by_slug(session, slug), key), now=utc_now())
    console.print(f"The feed [bold]{key}[/bold] is gone.")


def _feed(session: Session, owner: Agency, key: str) -> Feed:
    found = defining.by_key(session, owner.id, key)
    if found is None:
        raise click.ClickException(f"{owner.slug} has no feed {key!r}: `loudhailer feed list {owner.slug}`.")
    return found


def _show(spec: Spec, said: Reading, locales: list[str]) -> None:
    table = Table("field", *locales)
    for name, field in spec.fields.items():
        value = said.values.get(name)
        shown = [showing.shown(field, value, locale, spec.zone) if value is not None else "–" for locale in locales]
        table.add_row(name, *shown)
    if said.origin_at is not None:
        table.add_row("origin", *(texts.instant(said.origin_at, spec.zone, locale) for locale in locales))
    console.print(table)
