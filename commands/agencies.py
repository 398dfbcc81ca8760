"""loudhailer agency, topic, bulletin: what an agency is made of."""

import click
from rich.table import Table

from broadcast import bulletins
from commands.tools import agency_by_slug, bench, console, note, pairs, utc_now
from locales import texts
from staff import agencies
from subscribers import topics


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
    table = Table("slug", "name", "zone", "languages", "deliveries kept", "words kept")
    with bench() as at, at.sessions() as session:
        for one in agencies.every(session):
            kept = (f"{days} days" for days in (one.keep_deliveries_days, one.keep_words_days))
            table.add_row(one.slug, one.name, one.time_zone, ", ".join(one.locales), *kept)
    console.print(table)


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


@agency.command("privacy")
@click.argument("slug")
@click.option(
    "--text", "notices", multiple=True, required=True, metavar="LOCALE=TEXT", help="The notice in a language."
)
def privacy(slug: str, notices: tuple[str, ...]) -> None:
    """Put the agency SLUG's own privacy notice on its public page; an empty one ("ms=-") brings back the usual one."""
    with bench() as at, at.sessions.begin() as session:
        owner = agency_by_slug(session, slug)
        try:
            agencies.set_privacy(session, owner, pairs(notices, what="--text"), now=utc_now())
        except agencies.BadAgency as error:
            raise click.ClickException(str(error)) from error
        own = ", ".join(sorted(owner.privacy)) or "no language"
    console.print(f"[bold]{slug}[/bold] has a privacy notice of its own in {own}.")


@agency.command("alerts")
@click.argument("slug")
@click.option("--hours", type=int, required=True, help="How long after its launch who subscribes is given an alert.")
def alerts(slug: str, hours: int) -> None:
    """Say how long an alert of the agency SLUG stays in force for people who subscribe later."""
    with bench() as at, at.sessions.begin() as session:
        owner = agency_by_slug(session, slug)
        try:
            agencies.set_alert_hours(session, owner, hours, now=utc_now())
        except agencies.BadAgency as error:
            raise click.ClickException(str(error)) from error
    console.print(f"Who subscribes to [bold]{slug}[/bold] within {hours} hours of an alert is given it at once.")


@click.group()
def topic() -> None:
    """Topics: what citizens can subscribe to."""


@topic.command("add")
@click.argument("slug")
@click.argument("key")
@click.option("--name", "names", multiple=True, required=True, metavar="LOCALE=NAME", help="Its name in a language.")
def add_topic(slug: str, key: str, names: tuple[str, ...]) -> None:
    """Add the topic KEY to the agency SLUG, with a name for each of its languages."""
    with bench() as at, at.sessions.begin() as session:
        owner = agency_by_slug(session, slug)
        try:
            topics.add(session, agency_id=owner.id, key=key, names=pairs(names, what="--name"), locales=owner.locales)
        except topics.BadTopic as error:
            raise click.ClickException(str(error)) from error
        note(session, owner, "topic.added", key)
    console.print(f"Citizens of [bold]{slug}[/bold] can now choose [bold]{key}[/bold].")


@topic.command("list")
@click.argument("slug")
def list_topics(slug: str) -> None:
    """Show the topics of the agency SLUG."""
    table = Table("key", "names")
    with bench() as at, at.sessions() as session:
        for one in topics.list_for(session, agency_by_slug(session, slug).id):
            table.add_row(one.key, ", ".join(f"{locale}: {name}" for locale, name in one.names.items()))
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
        about = topics.by_key(session, owner.id, topic_key)
        if about is None:
            raise click.ClickException(f"{slug} has no topic {topic_key!r}: `loudhailer topic list {slug}`.")
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
