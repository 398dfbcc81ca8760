"""loudhailer topic, area, bulletin: what citizens of an agency can choose."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import click
from rich.table import Table
from sqlalchemy.orm import Session

from broadcast import bulletins, defining, filling, parts, retelling
from broadcast.models import Bulletin
from channels.contract import MediaKind
from commands.console import console
from commands.tools import agency_by_slug, bench, note, pairs, toml, utc_now
from delivery import media
from staff.models import Agency
from subscribers import areas, topics
from subscribers.models import Topic


@click.group()
def topic() -> None:
    """Topics: what citizens can subscribe to."""


@topic.command("add")
@click.argument("slug")
@click.argument("key")
@click.option("--name", "names", multiple=True, required=True, metavar="LOCALE=NAME", help="Its name in a language.")
@click.option("--parent", "upper", metavar="KEY", help="The topic it stands below; topics are two deep at most.")
def add_topic(slug: str, key: str, names: tuple[str, ...], upper: str | None) -> None:
    """Add the topic KEY to the agency SLUG, with a name for each of its languages."""
    with bench() as at, at.sessions.begin() as session:
        owner = agency_by_slug(session, slug)
        parent = _topic(session, owner, upper) if upper is not None else None
        named = pairs(names, what="--name")
        try:
            topics.add(session, agency_id=owner.id, key=key, names=named, locales=owner.locales, parent=parent)
        except topics.BadTopic as error:
            raise click.ClickException(str(error)) from error
        note(session, owner, "topic.added", key)
    console.print(f"Citizens of [bold]{slug}[/bold] can now choose [bold]{key}[/bold].")


@topic.command("list")
@click.argument("slug")
def list_topics(slug: str) -> None:
    """Show the topics of the agency SLUG."""
    table = Table("key", "below", "names")
    with bench() as at, at.sessions() as session:
        every = topics.list_for(session, agency_by_slug(session, slug).id)
        keys = {one.id: one.key for one in every}
        for one in every:
            table.add_row(one.key, keys.get(one.parent_id or 0, ""), _named(one.names))
    console.print(table)


@click.group()
def area() -> None:
    """Areas: the districts of an agency, for people to choose and announcements to address."""


@area.command("add")
@click.argument("slug")
@click.argument("key")
@click.option("--name", "names", multiple=True, required=True, metavar="LOCALE=NAME", help="Its name in a language.")
def add_area(slug: str, key: str, names: tuple[str, ...]) -> None:
    """Add the area KEY to the agency SLUG, with a name for each of its languages, of 22 characters at most."""
    with bench() as at, at.sessions.begin() as session:
        owner = agency_by_slug(session, slug)
        try:
            areas.add(session, agency_id=owner.id, key=key, names=pairs(names, what="--name"), locales=owner.locales)
        except areas.BadArea as error:
            raise click.ClickException(str(error)) from error
        note(session, owner, "area.added", key)
    console.print(f"Citizens of [bold]{slug}[/bold] can now choose [bold]{key}[/bold], and officers address it.")


@area.command("list")
@click.argument("slug")
def list_areas(slug: str) -> None:
    """Show the areas of the agency SLUG."""
    table = Table("key", "names")
    with bench() as at, at.sessions() as session:
        for one in areas.list_for(session, agency_by_slug(session, slug).id):
            table.add_row(one.key, _named(one.names))
    console.print(table)


@click.group()
def bulletin() -> None:
    """Bulletins: broadcasts that go out every day by themselves."""


@bulletin.command("define")
@click.argument("slug")
@click.argument("key")
@click.option(
    "--topic", "keys", multiple=True, required=True, metavar="KEY", help="A topic it is about; several: once for each."
)
@click.option("--at", "local_time", required=True, metavar="HH:MM", help="When, in its own time zone.")
@click.option("--zone", default=None, help="Its time zone; the agency's where left out.")
@click.option("--introduction", multiple=True, required=True, metavar="LOCALE=TEXT", help="Its first line.")
@click.option("--late-minutes", default=120, show_default=True, help="Later than this it is held instead of sent.")
def define(
    slug: str,
    key: str,
    keys: tuple[str, ...],
    local_time: str,
    zone: str | None,
    introduction: tuple[str, ...],
    late_minutes: int,
) -> None:
    """Define the bulletin KEY: what was announced on its topics since the last one, every day.

    About several, everybody gets one message with what concerns the topics they chose, and nothing of the others.
    """
    with bench() as at, at.sessions.begin() as session:
        owner = agency_by_slug(session, slug)
        about = [_topic(session, owner, each) for each in keys]
        try:
            bulletins.define(
                session,
                owner,
                key=key,
                topics=about,
                local_time=local_time,
                time_zone=zone or owner.time_zone,
                introductions=pairs(introduction, what="--introduction"),
                late_minutes=late_minutes,
                now=utc_now(),
            )
        except bulletins.BadBulletin as error:
            raise click.ClickException(str(error)) from error
    told = " or ".join(dict.fromkeys(keys))
    console.print(f"[bold]{key}[/bold] goes out every day at {local_time}, to those who chose {told} once a day.")


@bulletin.command("list")
@click.argument("slug")
def list_bulletins(slug: str) -> None:
    """Show the bulletins of the agency SLUG."""
    table = Table("key", "topics", "at", "zone", "state")
    with bench() as at, at.sessions() as session:
        for one in bulletins.every(session, agency_by_slug(session, slug).id):
            about = defining.keys_of(filling.about(session, one))
            table.add_row(one.key, about, one.local_time, one.time_zone, "stopped" if one.stopped_at else "running")
    console.print(table)


@bulletin.command("parts")
@click.argument("slug")
@click.argument("key")
@click.argument("file", required=False, type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.option("--picture", type=click.Path(exists=True, dir_okay=False, path_type=Path), help="For its part `picture`.")
def set_parts(slug: str, key: str, file: Path | None, picture: Path | None) -> None:
    """Show the parts of the bulletin KEY, or set them from the TOML FILE (see docs/operations.md)."""
    with bench() as at, at.sessions.begin() as session:
        owner = agency_by_slug(session, slug)
        found = bulletins.by_key(session, owner.id, key)
        if found is None:
            raise click.ClickException(f"{slug} has no bulletin {key!r}: `loudhailer bulletin list {slug}`.")
        if file is not None:
            _set_parts(session, owner, found, toml(file), picture)
        for line in parts.described(found, owner.locales, "en"):
            console.print(f"• {line}", markup=False)


def _set_parts(session: Session, owner: Agency, found: Bulletin, said: Mapping[str, Any], picture: Path | None) -> None:
    given = said.get("parts")
    if not isinstance(given, list):
        raise click.ClickException("The file must hold [[parts]], each with a kind.")
    try:
        if picture is not None:
            shown = media.keep(
                session, owner.id, MediaKind.PHOTO, picture.read_bytes(), name=picture.name, now=utc_now()
            )
            given = [{**each, "media_id": shown.id} if each.get("kind") == "picture" else each for each in given]
        with retelling.turn(session, found, now=utc_now()):
            parts.set_parts(session, found, given, officer=None, now=utc_now())
    except (parts.BadParts, media.BadMedia) as error:
        raise click.ClickException(f"The parts of {found.key} cannot be set: {error}.") from error


@bulletin.command("stop")
@click.argument("slug")
@click.argument("key")
def stop_bulletin(slug: str, key: str) -> None:
    """Stop the bulletin KEY; what it sent stays."""
    with bench() as at, at.sessions.begin() as session:
        owner = agency_by_slug(session, slug)
        found = bulletins.by_key(session, owner.id, key)
        if found is None or found.stopped_at is not None:
            raise click.ClickException(f"{slug} has no running bulletin {key!r}: `loudhailer bulletin list {slug}`.")
        bulletins.stop(session, found, now=utc_now())
    console.print(f"[bold]{key}[/bold] is stopped.")


def _topic(session: Session, owner: Agency, key: str) -> Topic:
    found = topics.by_key(session, owner.id, key)
    if found is None:
        raise click.ClickException(f"{owner.slug} has no topic {key!r}: `loudhailer topic list {owner.slug}`.")
    return found


def _named(names: Mapping[str, str]) -> str:
    return ", ".join(f"{locale}: {name}" for locale, name in names.items())
