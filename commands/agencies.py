"""loudhailer agency, topic, area, bulletin: what an agency is made of."""

from collections.abc import Mapping

import click
from rich.table import Table
from sqlalchemy.orm import Session

from broadcast import bulletins, digests
from commands.console import console
from commands.tools import agency_by_slug, bench, note, pairs, utc_now
from helpdesk.hours import BadHours, Hours
from locales import texts
from staff import agencies
from staff.models import DIGEST_TIME, Agency
from subscribers import areas, topics
from subscribers.models import Topic

AWAY_LENGTH = 300


@click.group()
def agency() -> None:
    """Agencies: the tenants of this installation."""


@agency.command("create")
@click.argument("slug")
@click.option("--name", required=True, help="The name citizens know it by.")
@click.option("--name-in", "names", multiple=True, metavar="LOCALE=NAME", help="Its name in another language.")
@click.option("--zone", default="Asia/Singapore", show_default=True, help="Its time zone (an IANA name).")
@click.option(
    "--locales", default=",".join(texts.locales()), show_default=True, help="Its languages, the default first."
)
def create(slug: str, name: str, names: tuple[str, ...], zone: str, locales: str) -> None:
    """Found an agency. SLUG is its short name in commands."""
    with bench() as at, at.sessions.begin() as session:
        try:
            agencies.found(
                session,
                slug=slug,
                name=name,
                names=pairs(names, what="--name-in"),
                time_zone=zone,
                locales=[one.strip() for one in locales.split(",") if one.strip()],
                allowed_locales=texts.locales(),
                now=utc_now(),
            )
        except agencies.BadAgency as error:
            raise click.ClickException(str(error)) from error
    console.print(f"Agency [bold]{slug}[/bold] is there. Next: `loudhailer sender add {slug} telegram --handle ...`.")


@agency.command("list")
def list_agencies() -> None:
    """Show every agency of this installation."""
    table = Table("slug", "name", "zone", "languages", "digests", "deliveries kept", "words kept")
    with bench() as at, at.sessions() as session:
        for one in agencies.every(session):
            kept = (f"{days} days" for days in (one.keep_deliveries_days, one.keep_words_days))
            table.add_row(one.slug, one.name, one.time_zone, ", ".join(one.locales), _digests(one), *kept)
    console.print(table)


def _digests(one: Agency) -> str:
    return f"{one.digest_time}, {digests.WEEKDAYS[one.digest_weekday]}" if one.digest_time else "off"


@agency.command("retention")
@click.argument("slug")
@click.option("--deliveries", type=int, metavar="DAYS", help="How long it stays known who got which announcement.")
@click.option("--words", type=int, metavar="DAYS", help="How long stays what people said, and what they were answered.")
def retention(slug: str, deliveries: int | None, words: int | None) -> None:
    """Say how long the agency SLUG keeps what is about people. Figures, consent and the audit log stay."""
    with bench() as at, at.sessions.begin() as session:
        owner = agency_by_slug(session, slug)
        if deliveries is None and words is None:
            raise click.ClickException("Say --deliveries DAYS, --words DAYS, or both.")
        try:
            agencies.set_retention(session, owner, deliveries=deliveries, words=words, now=utc_now())
        except agencies.BadAgency as error:
            raise click.ClickException(str(error)) from error
        kept = owner.keep_deliveries_days, owner.keep_words_days
    console.print(f"[bold]{slug}[/bold] keeps deliveries for {kept[0]} days, words for {kept[1]}.")


@agency.command("hours")
@click.argument("slug")
@click.option("--days", default="mon-fri", show_default=True, help="Days, like mon-fri or mon,wed,sat.")
@click.option("--opens", metavar="HH:MM", help="When somebody is there, in the agency's own time zone.")
@click.option("--closes", metavar="HH:MM", help="Until when.")
@click.option("--away", multiple=True, metavar="LOCALE=TEXT", help="What to say while it is closed, in a language.")
@click.option("--none", "is_none", is_flag=True, help="Say nothing about office hours.")
def hours(slug: str, days: str, opens: str | None, closes: str | None, away: tuple[str, ...], is_none: bool) -> None:
    """Say when the agency SLUG reads questions, and what people are told while it does not."""
    with bench() as at, at.sessions.begin() as session:
        owner = agency_by_slug(session, slug)
        if is_none:
            owner.office_hours, owner.away_texts = None, {}
        elif opens is None or closes is None:
            raise click.ClickException("Say --opens HH:MM and --closes HH:MM, or --none.")
        else:
            try:
                owner.office_hours = Hours.parsed(days, opens, closes).stored()
            except BadHours as error:
                raise click.ClickException(str(error)) from error
            owner.away_texts = _away(owner, away)
        note(session, owner, "agency.hours", slug)
    console.print(
        f"[bold]{slug}[/bold] has {'no office hours' if is_none else f'office hours {days} {opens}-{closes}'}."
    )


def _away(owner: Agency, options: tuple[str, ...]) -> dict[str, str]:
    said = pairs(options, what="--away")
    unknown = [locale for locale in said if locale not in owner.locales]
    if unknown:
        raise click.ClickException(f"{', '.join(unknown)} is not enabled in {owner.slug}.")
    long = [locale for locale, text in said.items() if not 0 < len(text.strip()) <= AWAY_LENGTH]
    if long:
        raise click.ClickException(f"--away in {', '.join(long)} may have 1 to {AWAY_LENGTH} characters.")
    return said


@agency.command("digest")
@click.argument("slug")
@click.option("--at", "local_time", metavar="HH:MM", help="When both leave, in its time zone; as before if left out.")
@click.option("--weekly-on", type=click.Choice(digests.WEEKDAYS), help="The day of the weekly one.")
@click.option("--off", "is_off", is_flag=True, help="No digests: who chose one gets notices at once.")
def digest(slug: str, local_time: str | None, weekly_on: str | None, is_off: bool) -> None:
    """Say when the agency SLUG sends its daily and its weekly digest: what was announced since the last one."""
    if is_off and (local_time or weekly_on):
        raise click.ClickException("Say --off, or when: not both.")
    with bench() as at, at.sessions.begin() as session:
        owner = agency_by_slug(session, slug)
        time = None if is_off else local_time or owner.digest_time or DIGEST_TIME
        weekday = digests.WEEKDAYS.index(weekly_on) if weekly_on else None
        try:
            digests.set_times(session, owner, local_time=time, weekday=weekday, now=utc_now())
        except digests.BadDigest as error:
            raise click.ClickException(str(error)) from error
        told = f"at {time}, the weekly one on {digests.WEEKDAYS[owner.digest_weekday]}" if time else "never"
    console.print(f"[bold]{slug}[/bold] sends its digests {told}.")


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
@click.option("--topic", "topic_key", required=True, help="The topic it is about.")
@click.option("--at", "local_time", required=True, metavar="HH:MM", help="When, in its own time zone.")
@click.option("--zone", default=None, help="Its time zone; the agency's where left out.")
@click.option("--introduction", multiple=True, required=True, metavar="LOCALE=TEXT", help="Its first line.")
@click.option("--late-minutes", default=120, show_default=True, help="Later than this it is held instead of sent.")
def define(
    slug: str,
    key: str,
    topic_key: str,
    local_time: str,
    zone: str | None,
    introduction: tuple[str, ...],
    late_minutes: int,
) -> None:
    """Define the bulletin KEY: what was announced on a topic since the last one, every day."""
    with bench() as at, at.sessions.begin() as session:
        owner = agency_by_slug(session, slug)
        about = _topic(session, owner, topic_key)
        try:
            bulletins.define(
                session,
                owner,
                key=key,
                topic=about,
                local_time=local_time,
                time_zone=zone or owner.time_zone,
                introductions=pairs(introduction, what="--introduction"),
                late_minutes=late_minutes,
                now=utc_now(),
            )
        except bulletins.BadBulletin as error:
            raise click.ClickException(str(error)) from error
    console.print(f"[bold]{key}[/bold] goes out every day at {local_time}, to those who chose {topic_key} once a day.")


@bulletin.command("list")
@click.argument("slug")
def list_bulletins(slug: str) -> None:
    """Show the bulletins of the agency SLUG."""
    table = Table("key", "at", "zone", "state")
    with bench() as at, at.sessions() as session:
        for one in bulletins.every(session, agency_by_slug(session, slug).id):
            table.add_row(one.key, one.local_time, one.time_zone, "stopped" if one.stopped_at else "running")
    console.print(table)


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
