"""loudhailer link: deep links, their QR codes and posters, and what each brought."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path

import click
from rich.table import Table
from sqlalchemy.orm import Session

from commands.console import console
from commands.fittings import switchboard_for
from commands.tools import Bench, agency_by_slug, bench, note, utc_now
from delivery import senders
from staff.models import Agency
from subscribers import links, topics
from subscribers.models import Link, Topic
from web import codes, poster, ways
from web.ways import Way

ON_A_POSTER = 3
FILE = click.Path(dir_okay=False, writable=True, path_type=Path)


@dataclass(frozen=True, slots=True)
class Printed:
    """A link as its agency hands it out."""

    agency: Agency
    link: Link
    topic: Topic | None
    ways: Sequence[Way]


@click.group()
def link() -> None:
    """Links: what people scan or tap to arrive, and how many did."""


@link.command("add")
@click.argument("slug")
@click.option("--topic", "topic_key", default=None, help="The topic it offers.")
@click.option("--source", default="", help="Where it will stand, in your own words: poster-bedok, website, ...")
@click.option("--locale", default=None, help="The language it offers first.")
@click.option(
    "--days", type=click.IntRange(min=1), default=None, help="How long it leads anywhere; for ever if left out."
)
@click.option("--png", type=FILE, default=None, help="Write its QR code here; of several apps one file each.")
@click.option("--svg", type=FILE, default=None, help="Write a poster to print (A4) here.")
@click.option("--in", "languages", multiple=True, metavar="LOCALE", help="A language of the poster; --locale or all.")
def add(
    slug: str,
    topic_key: str | None,
    source: str,
    locale: str | None,
    days: int | None,
    png: Path | None,
    svg: Path | None,
    languages: tuple[str, ...],
) -> None:
    """Make a link of the agency SLUG and print it for each of its apps."""
    with bench() as at, at.sessions.begin() as session:
        owner = agency_by_slug(session, slug)
        expires_at = utc_now() + timedelta(days=days) if days else None
        try:
            made = links.add(
                session,
                agency_id=owner.id,
                now=utc_now(),
                topic=_topic(session, owner, topic_key),
                source=source,
                locale=locale,
                enabled=owner.locales,
                expires_at=expires_at,
            )
        except links.BadLink as error:
            raise click.ClickException(str(error)) from error
        note(session, owner, "link.added", f"link:{made.id}")
        printed = _printed(at, session, owner, made)
        _write(printed, png=png, svg=svg, languages=languages)
        _tell(printed, public_url=at.settings.public_url)


@link.command("poster")
@click.argument("slug")
@click.argument("key")
@click.option("--png", type=FILE, default=None, help="Write its QR code here; of several apps one file each.")
@click.option("--svg", type=FILE, default=None, help="Write a poster to print (A4) here.")
@click.option("--in", "languages", multiple=True, metavar="LOCALE", help="A language of the poster.")
def draw(slug: str, key: str, png: Path | None, svg: Path | None, languages: tuple[str, ...]) -> None:
    """Print the link KEY of the agency SLUG again, and draw its codes and poster."""
    with bench() as at, at.sessions() as session:
        owner = agency_by_slug(session, slug)
        found = links.find(session, agency_id=owner.id, key=key, now=utc_now())
        if found is None:
            raise click.ClickException(
                f"{slug} has no link {key!r} that leads anywhere: `loudhailer link list {slug}`."
            )
        printed = _printed(at, session, owner, found)
        _write(printed, png=png, svg=svg, languages=languages)
        _tell(printed, public_url=at.settings.public_url)


@link.command("list")
@click.argument("slug")
def list_links(slug: str) -> None:
    """Show the links of the agency SLUG, and how many came by each and are subscribed."""
    table = Table("key", "topic", "source", "language", "until", "arrived", "subscribed")
    with bench() as at, at.sessions() as session:
        for each in links.counted(session, agency_by_slug(session, slug).id):
            until = each.link.expires_at.date().isoformat() if each.link.expires_at else ""
            topic, locale = each.topic.key if each.topic else "", each.link.locale or ""
            told = (str(each.arrived), str(each.subscribed))
            table.add_row(each.link.key, topic, each.link.source, locale, until, *told)
    console.print(table)


def _topic(session: Session, owner: Agency, key: str | None) -> Topic | None:
    found = topics.by_key(session, owner.id, key) if key else None
    if key and found is None:
        raise click.ClickException(f"{owner.slug} has no topic {key!r}: `loudhailer topic list {owner.slug}`.")
    return found


def _printed(at: Bench, session: Session, owner: Agency, made: Link) -> Printed:
    board, locale = switchboard_for(at.settings, at.vault), made.locale or owner.locales[0]
    known = ways.into(senders.of_agency(session, owner.id), board, locale=locale, key=made.key)
    topic = topics.find(session, owner.id, made.topic_id) if made.topic_id else None
    open_ways = [way for way in known if way.link is not None]
    if not open_ways:
        raise click.ClickException(f"{owner.slug} has no sender that works: `loudhailer sender add` first.")
    return Printed(owner, made, topic, open_ways)


def _write(printed: Printed, *, png: Path | None, svg: Path | None, languages: Sequence[str]) -> None:
    unknown = [each for each in languages if each not in printed.agency.locales]
    if unknown:
        raise click.ClickException(f"{printed.agency.slug} does not speak {', '.join(unknown)}.")
    if png is not None:
        for way in printed.ways:
            codes.write_picture(way.link or "", str(_named(png, way, printed.ways)))
    if svg is not None:
        chosen = languages or ([printed.link.locale] if printed.link.locale else printed.agency.locales)
        sheet = poster.drawn(printed.agency, printed.ways[:ON_A_POSTER], locales=chosen, topic=printed.topic)
        svg.write_text(sheet, encoding="utf-8")


def _named(png: Path, way: Way, every: Sequence[Way]) -> Path:
    """code.png; where there are several apps, code-telegram.png and so on, and a number where one comes twice."""
    if len(every) == 1:
        return png
    same = [each for each in every if each.channel == way.channel]
    place = f"-{same.index(way) + 1}" if len(same) > 1 else ""
    return png.with_stem(f"{png.stem}-{way.channel}{place}")


def _tell(printed: Printed, *, public_url: str) -> None:
    console.print(f"Link [bold]{printed.link.key}[/bold] of {printed.agency.slug}:")
    for way in printed.ways:
        click.echo(f"{way.app}: {way.link}")
    click.echo(f"Web page: {public_url}/{printed.agency.slug}/?link={printed.link.key}")
