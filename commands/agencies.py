"""loudhailer agency: the tenants, and what differs between them."""

import click
from rich.table import Table

from broadcast import digests
from commands.approvals import approvals
from commands.console import console
from commands.tools import agency_by_slug, bench, note, pairs, utc_now
from helpdesk.hours import BadHours, Hours
from locales import texts
from staff import agencies
from staff.models import DIGEST_TIME, Agency

AWAY_LENGTH = 300


@click.group()
def agency() -> None:
    """Agencies: the tenants of this installation."""


agency.add_command(approvals)


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
