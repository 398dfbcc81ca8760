"""loudhailer segment: the segments of an agency, for those who would rather type than tap."""

import time

import click
from rich.table import Table
from sqlalchemy.orm import Session

from broadcast import segmented
from commands.console import console
from commands.tools import agency_by_slug, bench, note, utc_now
from staff.models import Agency
from subscribers.segments import in_words, language, saved, tree
from subscribers.segments.flaws import BadSegment
from subscribers.segments.saved import BadName, NameFlaw
from subscribers.segments.tree import Tree

NAMES = {
    NameFlaw.BAD: f"A name has {saved.NAME_LENGTH} characters at most, is no number, and has no sign in it.",
    NameFlaw.TAKEN: "There is a segment of that name already.",
    NameFlaw.FULL: f"An agency saves {saved.AT_MOST} segments at most.",
}


@click.group()
def segment() -> None:
    """Segments: questions about subscribers, saved by name."""


@segment.command("add")
@click.argument("slug")
@click.argument("name")
@click.argument("text")
def add(slug: str, name: str, text: str) -> None:
    """Save the segment TEXT of the agency SLUG as NAME. TEXT is like "topic:flood and not channel:whatsapp"."""
    with bench() as at, at.sessions.begin() as session:
        owner = agency_by_slug(session, slug)
        read = understood(session, owner, text)
        try:
            made = saved.save(session, agency_id=owner.id, name=name, tree=read, now=utc_now())
        except BadName as error:
            raise click.ClickException(NAMES[error.flaw]) from error
        note(session, owner, "segment.saved", f"segment:{made.id}")
        _show(session, owner, read)
    console.print(f"Saved as {name}.", markup=False)


@segment.command("list")
@click.argument("slug")
def list_segments(slug: str) -> None:
    """Show the segments of the agency SLUG."""
    table = Table("name", "segment", "in words")
    with bench() as at, at.sessions() as session:
        owner = agency_by_slug(session, slug)
        for one in saved.list_for(session, owner.id):
            words = segmented.in_locale(session, owner, language.read(one.text), "en")
            table.add_row(one.name, one.text, words)
    console.print(table)


@segment.command("count")
@click.argument("slug")
@click.argument("text")
def count(slug: str, text: str) -> None:
    """Say how many people of the agency SLUG the segment TEXT means, or the saved one of that name."""
    with bench() as at, at.sessions.begin() as session:
        owner = agency_by_slug(session, slug)
        _show(session, owner, understood(session, owner, text))


@segment.command("remove")
@click.argument("slug")
@click.argument("name")
def remove(slug: str, name: str) -> None:
    """Remove the segment NAME of the agency SLUG. Announcements to it keep its text."""
    with bench() as at, at.sessions.begin() as session:
        owner = agency_by_slug(session, slug)
        found = saved.named(session, owner.id, name)
        if found is None:
            raise click.ClickException(f"{slug} has no segment {name!r}: `loudhailer segment list {slug}`.")
        note(session, owner, "segment.removed", f"segment:{found.id}")
        saved.remove(session, found)
    console.print(f"{name} is removed.", markup=False)


def understood(session: Session, owner: Agency, text: str) -> Tree:
    """What a text or a name means, or an error that names the place."""
    try:
        return segmented.read(session, owner, text)
    except BadSegment as bad:
        raise click.ClickException(in_words.explained(bad, "en")) from bad


def _show(session: Session, owner: Agency, read: Tree) -> None:
    console.print(tree.show(read), markup=False)
    console.print(f"People {segmented.in_locale(session, owner, read, 'en')}.", markup=False)
    begun = time.perf_counter()
    meant = segmented.count(session, owner, read)
    took = time.perf_counter() - begun
    for name, each in (("channel", meant.by_channel), ("language", meant.by_locale)):
        console.print(f"By {name}: " + (", ".join(f"{key} {number}" for key, number in each.items()) or "nobody"))
    console.print(f"{meant.people} people, counted in {took:.2f} seconds.")
