"""loudhailer announce, pause, resume, cancel: what an officer does in the chat, for when there is no chat.

The verbs are the chat's own, on behalf of an officer of the agency, so the same things are refused and the same lines
are written into the audit; one more says that it came from the command line.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path

import click
from sqlalchemy.orm import Session

from broadcast import approval_cards, approving, compose, counting, launch, policy, previews
from broadcast.models import Broadcast
from broadcast.states import ForbiddenMove, Kind
from channels import registry
from commands import attaching
from commands.console import console
from commands.fittings import waking
from commands.tools import Bench, agency_by_slug, bench, note, pairs, utc_now
from db.engine import Sessions
from staff.models import Agency, Officer
from subscribers import areas, topics
from subscribers.segments import in_words
from subscribers.segments.flaws import BadSegment

Verb = Callable[..., None]
EVERYBODY = "everybody"
FILE = click.Path(exists=True, dir_okay=False, readable=True, path_type=Path)
KINDS = [Kind.ALERT.value, Kind.NOTICE.value]


@click.command()
@click.argument("slug")
@click.option("--officer", "officer_id", type=int, required=True, help="Who answers for it: see `officer list`.")
@click.option("--topic", "topic_key", required=True, help=f"To whom: a topic's key, or '{EVERYBODY}'.")
@click.option("--area", "area_keys", multiple=True, metavar="KEY", help="Only to people of this area; may be repeated.")
@click.option("--segment", "segment", default=None, metavar="TEXT", help="Only to whom it means; or a saved name.")
@click.option("--kind", type=click.Choice(KINDS), required=True, help="An alert goes before all else.")
@click.option(
    "--text", "texts", multiple=True, required=True, metavar="LOCALE=TEXT", help="What it says, per language."
)
@click.option("--fallback", default=None, metavar="LOCALE", help="Whose text people of other languages get; else none.")
@click.option("--photo", type=FILE, default=None, help="A picture beside the words: JPEG, PNG or WebP, 10 MB at most.")
@click.option("--document", type=FILE, default=None, help="A PDF document beside the words, 10 MB at most.")
@click.option("--location", default=None, metavar="LAT,LONG,NAME", help="A place on a map below the words.")
@click.option(
    "--alt", "described", multiple=True, metavar="LOCALE=TEXT", help="What it shows, for people who cannot see it."
)
@click.option("--no-preview", "is_bare", is_flag=True, help="Have apps show nothing of where a link leads.")
@click.option("--break-glass", "reason", metavar="REASON", help="Send an alert that lacks approval, and say why.")
@click.option("--yes", "is_sure", is_flag=True, help="Send it. Without this it is shown, counted, and not sent.")
def announce(
    slug: str,
    officer_id: int,
    topic_key: str,
    area_keys: tuple[str, ...],
    segment: str | None,
    kind: str,
    texts: tuple[str, ...],
    fallback: str | None,
    photo: Path | None,
    document: Path | None,
    location: str | None,
    described: tuple[str, ...],
    is_bare: bool,
    reason: str | None,
    is_sure: bool,
) -> None:
    """Announce something to subscribers of the agency SLUG, when no officer can reach their chat."""
    said = pairs(texts, what="--text")
    given = attaching.Given(photo, document, location, pairs(described, what="--alt"), not is_bare)
    with bench() as at, _woken(at) as sessions:
        with sessions.begin() as session:
            owner, officer = _officer(session, slug, officer_id)
            draft = _draft(session, owner, officer, topic_key=topic_key, kind=Kind(kind), said=said, fallback=fallback)
            _address(session, draft, officer, area_keys, segment)
            with _refusals_told():
                attaching.put(session, draft, officer, given)
            people = _show(session, draft)
            _check_approval(owner, draft, people, reason)
            if not is_sure:  # raised inside the transaction: nothing of it is kept
                raise click.ClickException("Nothing was sent. To send it to everybody counted above, add --yes.")
            if not people:
                raise click.ClickException("Nothing was sent: nobody would get it.")
            draft_id, seal = draft.id, compose.fingerprint(session, draft)
        with sessions.begin() as session, _refusals_told():
            found = session.get_one(Broadcast, draft_id)
            officer = session.get_one(Officer, officer_id)
            _launch(session, found, officer, seal, reason)
            code = _note(session, found, "launched")
    console.print(f"[bold]{code}[/bold] is on its way. `loudhailer pause {slug} {code}` holds it.")


def _check_approval(owner: Agency, draft: Broadcast, people: int, reason: str | None) -> None:
    number = policy.approvers_for(owner, draft.kind, people)
    if number and (reason is None or draft.kind is not Kind.ALERT):
        raise click.ClickException(
            f"Nothing was sent: a {draft.kind} to {people} people needs {number} approver(s). Officers submit it in "
            "the chat (/announce); an alert that cannot wait is sent with --break-glass REASON."
        )
    if reason is not None and not policy.is_reason(reason):
        raise click.ClickException(f"A reason has {policy.REASON_LETTERS} letters at least; others will read it.")


def _launch(session: Session, found: Broadcast, officer: Officer, seal: str, reason: str | None) -> None:
    now, limits_of = utc_now(), registry.limits
    if reason is None:
        launch.confirm(session, found, officer, fingerprint=seal, limits_of=limits_of, now=now)
    elif launch.break_glass(session, found, officer, reason=reason, fingerprint=seal, limits_of=limits_of, now=now):
        approval_cards.tell_glass(session, found, limits_of=limits_of, now=now)


def _draft(
    session: Session,
    owner: Agency,
    officer: Officer,
    *,
    topic_key: str,
    kind: Kind,
    said: Mapping[str, str],
    fallback: str | None,
) -> Broadcast:
    about = None if topic_key == EVERYBODY else topics.by_key(session, owner.id, topic_key)
    if about is None and topic_key != EVERYBODY:
        raise click.ClickException(f"{owner.slug} has no topic {topic_key!r}: `loudhailer topic list {owner.slug}`.")
    foreign = sorted({*said, *([fallback] if fallback else [])} - {*owner.locales})
    if foreign:
        raise click.ClickException(
            f"{owner.slug} does not speak {', '.join(foreign)}, only {', '.join(owner.locales)}."
        )
    with _refusals_told():
        draft = compose.draft(session, owner, officer, kind=kind, now=utc_now())
        compose.set_topic(session, draft, officer, about)
        for locale, text in said.items():
            compose.set_text(session, draft, officer, locale=locale, text=text)
        compose.set_fallback(session, draft, officer, fallback)
    return draft


def _address(
    session: Session, draft: Broadcast, officer: Officer, area_keys: Sequence[str], segment: str | None
) -> None:
    found = [areas.by_key(session, draft.agency_id, key) for key in area_keys]
    unknown = [key for key, area in zip(area_keys, found, strict=True) if area is None]
    if unknown:
        raise click.ClickException(f"No such area: {', '.join(unknown)}. `loudhailer area list` shows them.")
    compose.set_areas(session, draft, officer, [area.id for area in found if area is not None])
    try:
        compose.set_segment(session, draft, officer, segment)
    except BadSegment as bad:
        raise click.ClickException(in_words.explained(bad, "en")) from bad


def _show(session: Session, draft: Broadcast) -> int:
    """What will be sent and to how many; the problems, if it cannot."""
    found = compose.problems(session, draft, limits_of=registry.limits)
    if found:
        raise click.ClickException("\n".join(compose.explain(problem, "en") for problem in found))
    for preview in previews.of(session, draft, limits_of=registry.limits):
        console.print(f"[bold]{', '.join(preview.readers)}[/bold]")
        console.print(preview.text, markup=False)
    _show_cautions(session, draft)
    counted = counting.count(session, draft, now=utc_now())
    for name, each in (("channel", counted.by_channel), ("language", counted.by_locale)):
        console.print(f"By {name}: " + (", ".join(f"{key} {number}" for key, number in each.items()) or "nobody"))
    lasts = counting.estimate(session, draft, counted, limits_of=registry.limits, now=utc_now())
    console.print(f"To {counted.people} people, within {max(1, round(lasts.span.total_seconds()))} seconds.")
    for channel, price in lasts.prices.items():
        console.print(f"Paid for on {channel}: at most {price} {registry.limits(channel).paid_currency}.")
    return counted.people


def _show_cautions(session: Session, draft: Broadcast) -> None:
    """What stands beside the words, and what may surprise about it."""
    if draft.media_id is None:
        return
    for caution in compose.cautions(session, draft, limits_of=registry.limits):
        console.print(f"Note: {compose.explain(caution, 'en')}", markup=False)


def _control(name: str, verb: Verb, done: str, explained: str) -> click.Command:
    @click.command(name, help=explained)
    @click.argument("slug")
    @click.argument("code")
    @click.option("--officer", "officer_id", type=int, required=True, help="Who answers for it: see `officer list`.")
    def command(slug: str, code: str, officer_id: int) -> None:
        with bench() as at, _woken(at) as sessions, sessions.begin() as session, _refusals_told():
            owner, officer = _officer(session, slug, officer_id)
            found = compose.by_code(session, owner.id, code)
            if found is None:
                raise click.ClickException(f"{slug} has no announcement {code!r}.")
            verb(session, found, officer, now=utc_now())
            said = _note(session, found, done)
        console.print(f"[bold]{said}[/bold] is {done}.")

    return command


pause = _control(
    "pause", launch.pause, "paused", "Let nothing more of the announcement CODE leave, until it is resumed."
)
resume = _control("resume", launch.resume, "resumed", "Go on with the paused announcement CODE.")
cancel = _control("cancel", launch.cancel, "cancelled", "End the announcement CODE for good; who has it keeps it.")


def _officer(session: Session, slug: str, officer_id: int) -> tuple[Agency, Officer]:
    owner = agency_by_slug(session, slug)
    found = session.get(Officer, officer_id)
    if found is None or found.agency_id != owner.id or found.revoked_at is not None:
        raise click.ClickException(f"{slug} has no active officer {officer_id}: `loudhailer officer list {slug}`.")
    return owner, found


def _note(session: Session, broadcast: Broadcast, done: str) -> str:
    """The audit line of the operator, beside the one that names the officer; the broadcast's code."""
    owner = session.get_one(Agency, broadcast.agency_id)
    note(session, owner, f"command.{done}", compose.subject(broadcast))
    return broadcast.code


@contextmanager
def _refusals_told() -> Iterator[None]:
    try:
        yield
    except compose.NotAllowed as error:
        raise click.ClickException(f"This officer may not do that: {error}") from error
    except ForbiddenMove as error:
        raise click.ClickException(f"It is {error.here} already.") from error
    except approving.Unapproved as error:
        raise click.ClickException(f"It needs the approval of {error.needed}: it is for more people by now.") from error
    except launch.Unready as error:
        raise click.ClickException("\n".join(compose.explain(each, "en") for each in error.problems)) from error


@contextmanager
def _woken(at: Bench) -> Iterator[Sessions]:
    """Sessions whose commits wake the workers at once; without REDIS_URL the clock of `up` finds the work."""
    if at.settings.redis_url is None:
        yield at.sessions
        return
    with waking(at.settings) as waker:
        at.sessions.configure(info={"waker": waker})
        yield at.sessions
