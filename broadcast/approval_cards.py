"""What approvers read of a submission: the very messages, then one card that is rewritten until it is decided.

And what its author, and everybody who has to know, is told in between. Each reads the language they chose.
"""

from collections.abc import Iterable, Iterator, Sequence
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from broadcast import approving, compose, counting, previews, report
from broadcast.counting import Count, Counts
from broadcast.models import Broadcast, Verdict
from broadcast.states import Ruling, State
from channels.contract import Choice
from delivery import letters
from delivery.drafts import Draft
from delivery.models import Letter
from delivery.switchboard import LimitsOf
from locales import texts
from staff import officers
from staff.models import Account, Officer, Role
from subscribers import areas, directory

DIALOG = "approving"  # of the bot: whose buttons these are
SOON = 60  # seconds
DIFFERENCES_SHOWN = 12


def ask(
    session: Session, broadcast: Broadcast, *, limits_of: LimitsOf, now: datetime, counts: Counts | None = None
) -> None:
    """Show what was submitted to everybody who may approve it: each message, and the card with its buttons."""
    counted = (counts or Counts(session, now=now)).of(broadcast)
    shown = previews.of(session, broadcast, limits_of=limits_of)
    for account in approving.accounts(session, broadcast):
        for each in shown:
            _post(session, account, Draft(each.text, media_id=each.media_id, alternative=each.alternative), now)
        locale = reader(session, broadcast, account.sender_id, account.address)
        lines = [
            *_numbers(session, broadcast, counted, locale, limits_of=limits_of, now=now),
            *_differences(session, broadcast, locale),
        ]
        _post_card(session, broadcast, account, _open_card(session, broadcast, locale, lines, now=now), now)


def rewrite(session: Session, broadcast: Broadcast, *, limits_of: LimitsOf, now: datetime, again: bool = True) -> None:
    """Have every card of the last submission say how it stands; nothing where it was never submitted.

    With `again` as a new message where the app cannot edit.
    """
    known = _known(session, broadcast)
    is_open = broadcast.state is State.SUBMITTED
    counted = counting.count(session, broadcast, now=now) if is_open and known else None
    for account in known:
        locale = reader(session, broadcast, account.sender_id, account.address)
        if counted is None:
            card = Draft("\n".join(_head(session, broadcast, locale, now)))
        else:
            lines = [
                *_numbers(session, broadcast, counted, locale, limits_of=limits_of, now=now),
                *_differences(session, broadcast, locale),
            ]
            has_ruled = account.officer_id in {each.officer_id for each in approving.verdicts(session, broadcast)}
            card = _open_card(session, broadcast, locale, lines, now=now, has_ruled=has_ruled)
        _post_card(session, broadcast, account, card, now, again=again)


def tell_author(
    session: Session, broadcast: Broadcast, key: str, *, now: datetime, buttons: Sequence[str] = (), **values: object
) -> None:
    """Write to the chat from which it was submitted, unless its officer has left. `buttons` are the bot's actions."""
    sender_id, address = broadcast.report_sender_id, broadcast.report_to
    if sender_id is None or address is None or officers.has_left(session, sender_id=sender_id, address=address):
        return
    locale = reader(session, broadcast, sender_id, address)
    draft = Draft(
        texts.say(key, locale, code=broadcast.code, **_written(broadcast, locale, session, values)),
        tuple(_button(broadcast, action, locale) for action in buttons),
    )
    letters.post(session, sender_id=sender_id, agency_id=broadcast.agency_id, to=address, draft=draft, now=now)


def tell_approvers(session: Session, broadcast: Broadcast, key: str, *, now: datetime, **values: object) -> None:
    """Write to everybody who approves in this agency, editors too, but not to the author's own chat."""
    for account in _everybody(session, broadcast.agency_id):
        if (account.sender_id, account.address) != (broadcast.report_sender_id, broadcast.report_to):
            locale = reader(session, broadcast, account.sender_id, account.address)
            said = _written(broadcast, locale, session, values)
            _post(session, account, Draft(texts.say(key, locale, code=broadcast.code, **said)), now)


def held(session: Session, broadcast: Broadcast, *, why: str, hour: datetime, now: datetime) -> None:
    """Tell its author and the approvers that it was not launched at its hour, and why."""
    for tell in (tell_author, tell_approvers):
        tell(session, broadcast, f"scheduling.held.{why}", now=now, hour=hour)


def tell_verdict(
    session: Session, broadcast: Broadcast, verdict: Verdict, *, limits_of: LimitsOf, now: datetime
) -> None:
    """Tell its author at once, and have the cards of the other approvers say who said what."""
    name = _name(session, verdict.officer_id)
    match broadcast.state:
        case State.APPROVED:
            until = broadcast.lapses_at
            tell_author(
                session, broadcast, "approving.author.approved", now=now, buttons=("launch",), name=name, until=until
            )
        case State.SUBMITTED:
            tell_author(session, broadcast, "approving.author.one_more", now=now, name=name)
        case state:
            buttons = ("open",) if verdict.ruling is Ruling.RETURNED else ()
            key = f"approving.author.{state}"
            tell_author(session, broadcast, key, now=now, buttons=buttons, name=name, reason=verdict.reason)
    rewrite(session, broadcast, limits_of=limits_of, now=now)


def tell_glass(session: Session, broadcast: Broadcast, *, limits_of: LimitsOf, now: datetime) -> None:
    """Tell everybody who approves, at once, that it leaves without approval, by whose word and why."""
    name = _name(session, broadcast.glass_officer_id)
    tell_approvers(session, broadcast, "approving.glass_told", now=now, name=name, reason=broadcast.glass_reason)
    rewrite(session, broadcast, limits_of=limits_of, now=now, again=False)


def lapse(session: Session, broadcast_id: int, *, limits_of: LimitsOf, now: datetime) -> bool:
    """Send back what nobody decided in time, or whose approval ran out, and tell; False where it moved meanwhile."""
    broadcast = session.get_one(Broadcast, broadcast_id)
    compose.lock(session, broadcast)
    before, until = broadcast.state, broadcast.lapses_at
    if before not in (State.SUBMITTED, State.APPROVED) or until is None or until > now:
        return False
    approving.send_back(session, broadcast, why="lapsed", now=now)
    tell_author(session, broadcast, f"approving.lapsed.{before}", now=now, buttons=("open",))
    rewrite(session, broadcast, limits_of=limits_of, now=now)
    return True


def standing(session: Session, broadcast: Broadcast, locale: str, *, now: datetime) -> list[str]:
    """How something that was not launched yet stands: what, for whom, and what was said of it."""
    return _head(session, broadcast, locale, now)


def reader(session: Session, broadcast: Broadcast, sender_id: int, address: str) -> str:
    """The language of whoever reads there: the one they chose for themselves, else the agency's first."""
    met = directory.find(session, sender_id=sender_id, value=address)
    return met.subscriber.locale if met else compose.agency_of(session, broadcast).locales[0]


def _open_card(
    session: Session,
    broadcast: Broadcast,
    locale: str,
    numbers: Iterable[str],
    *,
    now: datetime,
    has_ruled: bool = False,
) -> Draft:
    head = _head(session, broadcast, locale, now)
    if has_ruled:
        return Draft("\n".join([*head, "", *numbers]))
    typed = texts.say("approving.typed", locale, code=broadcast.code)
    buttons = tuple(_button(broadcast, action, locale, session) for action in ("approve", "return", "reject"))
    return Draft("\n".join([*head, "", *numbers, "", typed]), buttons, columns=3)


def _head(session: Session, broadcast: Broadcast, locale: str, now: datetime) -> list[str]:
    """The title, whose it is, what its short hash is, and every verdict."""
    agency = compose.agency_of(session, broadcast)
    lines = [
        texts.say(report.mark(broadcast), locale),
        report.title(session, broadcast, locale),
        _wrote(session, broadcast, locale),
    ]
    lines.append(texts.say("approving.mark", locale, mark=approving.mark(compose.fingerprint(session, broadcast))))
    lines += [_said(session, each, locale) for each in approving.verdicts(session, broadcast)]
    if broadcast.state is State.SUBMITTED:
        left = broadcast.approvers_needed - len(approving.standing(session, broadcast, now=now))
        until = texts.instant(broadcast.lapses_at, agency.time_zone, locale) if broadcast.lapses_at else ""
        lines.append(texts.say_many("approving.wanted", left, locale, until=until))
    if broadcast.state is State.SCHEDULED and broadcast.scheduled_at is not None:
        lines.append(
            texts.say("approving.scheduled", locale, at=texts.instant(broadcast.scheduled_at, agency.time_zone, locale))
        )
    return lines


def _numbers(
    session: Session, broadcast: Broadcast, counted: Count, locale: str, *, limits_of: LimitsOf, now: datetime
) -> Iterator[str]:
    """For how many it is, by channel and language, and how long it takes."""
    took = counting.estimate(session, broadcast, counted, limits_of=limits_of, now=now)
    yield texts.say_many("announce.people", counted.people, locale, topic=report.whom(session, broadcast, locale))
    if broadcast.area_ids:
        found = (areas.find(session, broadcast.agency_id, area_id) for area_id in broadcast.area_ids)
        yield texts.say("announce.for_areas", locale, areas=", ".join(area.name_in(locale) for area in found if area))
    channels = {texts.channel(channel, locale): people for channel, people in counted.by_channel.items()}
    languages = {texts.native_name(language): people for language, people in sorted(counted.by_locale.items())}
    for key, each in (("numbers.by_channel", channels), ("numbers.by_language", languages)):
        counts = ", ".join(f"{name} {texts.number(people, locale)}" for name, people in each.items())
        yield texts.say(key, locale, counts=counts)
    by = texts.instant(now + took.span, compose.agency_of(session, broadcast).time_zone, locale)
    key = "announce.takes.soon" if took.span.total_seconds() < SOON else "announce.takes"
    yield texts.say(key, locale, span=texts.span(took.span, locale), by=by)
    for channel, price in took.prices.items():
        cost = f"{texts.number(price, locale)} {limits_of(channel).paid_currency}"
        yield texts.say("announce.paid", locale, channel=texts.channel(channel, locale), cost=cost)


def _differences(session: Session, broadcast: Broadcast, locale: str) -> Iterator[str]:
    """Where the languages differ, which its author said is meant."""
    found = compose.differences(session, broadcast)
    if found:
        lines = "\n".join(f"• {compose.explain(each, locale)}" for each in found[:DIFFERENCES_SHOWN])
        yield texts.say("approving.differences", locale, found=lines)


def _wrote(session: Session, broadcast: Broadcast, locale: str) -> str:
    names = [_name(session, officer_id) for officer_id in broadcast.editor_ids]
    return texts.say("approving.wrote", locale, names=", ".join(names))


def _said(session: Session, verdict: Verdict, locale: str) -> str:
    name = _name(session, verdict.officer_id)
    return texts.say(f"approving.verdict.{verdict.ruling}", locale, name=name, reason=verdict.reason or "")


def _name(session: Session, officer_id: int | None) -> str:
    officer = session.get(Officer, officer_id) if officer_id else None
    return officer.name if officer else "–"


def _button(broadcast: Broadcast, action: str, locale: str, session: Session | None = None) -> Choice:
    """What is decided is bound to what was shown; what only opens something is not."""
    seal = f":{approving.mark(compose.fingerprint(session, broadcast))}" if session is not None else ""
    return Choice(f"{DIALOG}:{action}:{broadcast.code}{seal}", texts.say(f"approving.{action}.button", locale))


def _written(broadcast: Broadcast, locale: str, session: Session, values: dict[str, object]) -> dict[str, object]:
    zone = compose.agency_of(session, broadcast).time_zone
    return {
        name: texts.instant(value, zone, locale) if isinstance(value, datetime) else value
        for name, value in values.items()
    }


def _everybody(session: Session, agency_id: int) -> list[Account]:
    return [each for role in (Role.ADMIN, Role.APPROVER) for each in officers.accounts(session, agency_id, role=role)]


def _known(session: Session, broadcast: Broadcast) -> list[Account]:
    """Whoever has a card of the last submission."""
    everybody = _everybody(session, broadcast.agency_id) if broadcast.submissions else []
    keys = [_key(broadcast, account) for account in everybody]
    query = select(Letter.key).where(Letter.sender_id.in_({each.sender_id for each in everybody}), Letter.key.in_(keys))
    there = set(session.scalars(query)) if everybody else set()  # the unique key
    return [account for account in everybody if _key(broadcast, account) in there]


def _key(broadcast: Broadcast, account: Account) -> str:
    return f"approval:{broadcast.id}:{broadcast.submissions}:{account.id}"


def _post(session: Session, account: Account, draft: Draft, now: datetime) -> None:
    agency_id = account.officer.agency_id
    letters.post(session, sender_id=account.sender_id, agency_id=agency_id, to=account.address, draft=draft, now=now)


def _post_card(
    session: Session, broadcast: Broadcast, account: Account, draft: Draft, now: datetime, *, again: bool = False
) -> None:
    letters.post_card(
        session,
        sender_id=account.sender_id,
        agency_id=broadcast.agency_id,
        to=account.address,
        key=_key(broadcast, account),
        draft=draft,
        now=now,
        again=again,
    )
