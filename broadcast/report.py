"""How a broadcast is going: figures from the tallies alone, and the card that tells the officer."""

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from broadcast import audience, compose, counting, holdings, prepared_texts, recalls, together
from broadcast.models import Broadcast, Plan
from broadcast.states import Aftercare, Kind, State
from channels.contract import Choice
from delivery import consignments, curves, retention, retries
from delivery.drafts import Draft
from delivery.models import Delivery
from delivery.retries import Quiet
from delivery.states import TAKEN, DeliveryState, Milestone
from delivery.switchboard import LimitsOf
from locales import texts
from staff.models import Officer
from subscribers.models import Address, Subscriber, Topic

NOT_REACHED = (DeliveryState.FAILED, DeliveryState.UNKNOWN, DeliveryState.WITHHELD)
UNDER_WAY = (State.SENDING, State.PAUSED)
SHORTEST_WINDOW = timedelta(seconds=1)
LOOKED_AT = 1_000  # deliveries, for the reasons in a summary
REASONS_NAMED = 3
OFFERED = 3  # corrections; more of them by /correct


@dataclass(frozen=True, slots=True)
class Progress:
    """Where a broadcast stands, in people. `people` is None while the audience is still being frozen.

    handed_over + failed + withheld + in_doubt = settled; delivered and read are parts of handed_over, as far as the
    channel tells. `rate` is people settled a second, `finish_at` when that leaves nobody (None: not moving, or over).
    `quiet`: how many wait for the end of their quiet hours, and until when; None where nobody does.
    """

    people: int | None
    settled: int
    handed_over: int
    delivered: int
    read: int
    failed: int
    withheld: int
    in_doubt: int
    rate: float
    finish_at: datetime | None
    quiet: Quiet | None = None


@dataclass(frozen=True, slots=True)
class Unreached:
    """Somebody who was in the audience and, as far as we know, did not get it."""

    subscriber_id: int
    sender_id: int
    state: DeliveryState
    reason: str | None
    code: str | None


def progress(session: Session, broadcast: Broadcast, *, limits_of: LimitsOf, now: datetime) -> Progress:
    """The figures now. Reads the plan and a handful of tallies."""
    tallies = consignments.tallies(session, broadcast.id)
    plan = session.get(Plan, broadcast.id)
    settled = sum(tallies.values())
    rate = _rate(broadcast, settled, now)
    waits = retries.quiet(session, broadcast.id, now=now) if broadcast.state in UNDER_WAY else None
    left = max(0, plan.people - settled) if plan else 0
    return Progress(
        people=broadcast.audience_size,
        settled=settled,
        handed_over=sum(tallies.get(state, 0) for state in TAKEN),
        delivered=tallies.get(DeliveryState.DELIVERED, 0) + tallies.get(DeliveryState.READ, 0),
        read=tallies.get(DeliveryState.READ, 0),
        failed=tallies.get(DeliveryState.FAILED, 0),
        withheld=tallies.get(DeliveryState.WITHHELD, 0),
        in_doubt=tallies.get(DeliveryState.UNKNOWN, 0),
        rate=rate,
        finish_at=_finish(session, broadcast, left, rate, waits, limits_of=limits_of, now=now),
        quiet=waits,
    )


def together_so_far(session: Session, broadcast: Broadcast) -> tuple[int, int, int]:
    """Of it and of all that left together with it: to how many it was handed over, how many failed, how many people."""
    alike = together.of(session, broadcast)
    tallies = consignments.tallies(session, *(each.id for each in alike))
    people = sum(each.audience_size or 0 for each in alike)
    reached = sum(tallies.get(state, 0) for state in TAKEN)
    return reached, tallies.get(DeliveryState.FAILED, 0), max(people, sum(tallies.values()))


def card(
    session: Session, broadcast: Broadcast, *, limits_of: LimitsOf, now: datetime, locale: str | None = None
) -> Draft:
    """The progress card, and once it is over the summary, in the officer's language (or `locale`)."""
    figures = progress(session, broadcast, limits_of=limits_of, now=now)
    return drawn(session, broadcast, figures, locale or reader(session, broadcast))


def drawn(session: Session, broadcast: Broadcast, figures: Progress, locale: str) -> Draft:
    """The card with these figures."""
    lines = [
        title(session, broadcast, locale),
        *_glass(session, broadcast, locale),
        *_figures(figures, locale, is_recall=broadcast.aftercare is Aftercare.RECALL),
        *_quiet(session, broadcast, figures, locale),
    ]
    text = "\n".join([*lines, *_outlook(session, broadcast, figures, locale)])
    return Draft(text, offered(session, broadcast) if broadcast.state in UNDER_WAY else ())


def offered(session: Session, broadcast: Broadcast) -> tuple[Choice, ...]:
    """A button for each prepared correction of a launched alert: one tap makes the correction's draft."""
    found = prepared_texts.corrections_of(session, broadcast)[:OFFERED]
    return tuple(Choice(f"prepared:use:{broadcast.code}:{row.id}", row.name) for row in found)


def title(session: Session, broadcast: Broadcast, locale: str) -> str:
    """One line: the code and how many left together with it, whom it is for, and where it stands."""
    name, others = whom(session, broadcast, locale), len(together.of(session, broadcast)) - 1
    state = texts.say(f"broadcast.state.{broadcast.state}", locale)
    key = "drill.title" if broadcast.is_drill else "report.title"
    code = f"{broadcast.code} +{others}" if others else broadcast.code
    return texts.say(key, locale, code=code, topic=name, state=state)


def mark(broadcast: Broadcast) -> str:
    """The key of what is said first of it, so that nobody takes a drill for the real thing."""
    if broadcast.is_drill:
        return "drill.mark"
    return "announce.mark_alert" if broadcast.kind is Kind.ALERT else "announce.mark_notice"


def whom(session: Session, broadcast: Broadcast, locale: str) -> str:
    """Whom it is for: the people of a topic or of several, everybody, or those of another broadcast."""
    if broadcast.aftercare is not None and broadcast.corrects_id is not None:
        first = session.get_one(Broadcast, broadcast.corrects_id).code
        return texts.say(f"aftercare.title.{broadcast.aftercare}", locale, first=first)
    if broadcast.is_drill:
        return texts.say("drill.list", locale)
    holding = holdings.of(session, broadcast)
    ids = holding.topics if holding else [broadcast.topic_id] if broadcast.topic_id else []
    names = [topic.name_in(locale) for topic in (session.get(Topic, each) for each in ids) if topic is not None]
    return ", ".join(names) if names else texts.say("report.everybody", locale)


def reader(session: Session, broadcast: Broadcast) -> str:
    """The language of whoever gets the card: the one they chose for themselves, else the agency's first."""
    query = select(Subscriber.locale).join(Address, Address.subscriber_id == Subscriber.id)
    chosen = session.scalar(
        query.where(Address.sender_id == broadcast.report_sender_id, Address.value == broadcast.report_to)
    )
    return chosen or compose.agency_of(session, broadcast).locales[0]


def unreached(session: Session, broadcast: Broadcast, *, after: int = 0, limit: int = 1_000) -> Sequence[Unreached]:
    """Those who did not get it, by subscriber id from `after` on: a page, for lists and exports."""
    query = select(Delivery.subscriber_id, Delivery.sender_id, Delivery.state, Delivery.reason, Delivery.code)
    query = query.where(Delivery.consignment_id == broadcast.id, Delivery.subscriber_id > after)  # the primary key
    query = query.where(Delivery.state.in_(NOT_REACHED)).order_by(Delivery.subscriber_id).limit(limit)
    return [Unreached(*row) for row in session.execute(query)]


def _glass(session: Session, broadcast: Broadcast, locale: str) -> Iterator[str]:
    """That nobody approved it, for ever."""
    if broadcast.glass_reason is not None:
        officer = session.get(Officer, broadcast.glass_officer_id)
        name = officer.name if officer else "–"
        yield texts.say("report.glass_broken", locale, name=name, reason=broadcast.glass_reason)


def _figures(figures: Progress, locale: str, *, is_recall: bool) -> Iterator[str]:
    if figures.people is not None:
        share = f"{100 * figures.settled // figures.people if figures.people else 100}%"
        yield texts.say("report.done", locale, settled=figures.settled, people=figures.people, share=share)
    else:
        yield texts.say("report.counting", locale, settled=figures.settled)
    if is_recall:
        return
    yield texts.say("report.handed_over", locale, n=figures.handed_over)
    if figures.delivered:
        yield texts.say("report.delivered", locale, n=figures.delivered, read=figures.read)
    for name in ("failed", "withheld", "in_doubt"):
        if getattr(figures, name):
            yield texts.say(f"report.{name}", locale, n=getattr(figures, name))


def _quiet(session: Session, broadcast: Broadcast, figures: Progress, locale: str) -> Iterator[str]:
    if figures.quiet is not None:
        until = texts.instant(figures.quiet.last, compose.agency_of(session, broadcast).time_zone, locale)
        yield texts.say("report.quiet", locale, n=figures.quiet.people, until=until)


def _outlook(session: Session, broadcast: Broadcast, figures: Progress, locale: str) -> Iterator[str]:
    zone, is_recall = compose.agency_of(session, broadcast).time_zone, broadcast.aftercare is Aftercare.RECALL
    if is_recall:
        yield from recalls.lines(session, broadcast, locale)
    if figures.finish_at is not None:
        finish = texts.instant(figures.finish_at, zone, locale)
        yield texts.say("report.outlook", locale, rate=texts.number(round(figures.rate, 1), locale), finish=finish)
    if broadcast.state is State.SENDING:
        yield texts.say("report.may_pause", locale, code=broadcast.code)
    if broadcast.state is State.PAUSED:
        yield texts.say("report.may_resume", locale, code=broadcast.code)
    if broadcast.finished_at is not None and broadcast.launched_at is not None:
        took = broadcast.finished_at - broadcast.launched_at
        key = "report.took.soon" if took < timedelta(minutes=1) else "report.took"
        yield texts.say(key, locale, span=texts.span(took, locale))
        yield from () if is_recall else _curve(session, broadcast, locale)
        yield from _reasons(session, broadcast, figures, locale)


def _curve(session: Session, broadcast: Broadcast, locale: str) -> Iterator[str]:
    """Within what time how many had it: of those it was handed over to, which every channel tells."""
    reached = curves.of(session, [broadcast.id]).get(broadcast.id, {}).get(Milestone.HANDED_OVER)
    if reached is not None:
        spans = (texts.span(_rounded_up(seconds), locale) for seconds in (reached.p50, reached.p90, reached.p99))
        yield texts.say("report.reached", locale, **dict(zip(("half", "most", "nearly_all"), spans, strict=True)))


def _rounded_up(seconds: float) -> timedelta:
    """To whole units of the size in which `texts.span` says it, so that "within" is true."""
    unit = next((unit for unit in (1, 60, 3600) if seconds < 96 * unit), 86_400)
    return timedelta(seconds=unit * max(1, math.ceil(seconds / unit)))


def _reasons(session: Session, broadcast: Broadcast, figures: Progress, locale: str) -> Iterator[str]:
    """Why people were not reached, the most frequent reason first."""
    if not figures.failed + figures.withheld + figures.in_doubt:
        return
    named = [in_words(reason, locale) for reason in _most_frequent(session, broadcast)]
    if named:
        key = "recall.reasons" if broadcast.aftercare is Aftercare.RECALL else "report.reasons"
        yield texts.say(key, locale, reasons="; ".join(named))


def _most_frequent(session: Session, broadcast: Broadcast) -> Sequence[str]:
    """As written down once the deliveries had to leave; before that judged by the first of them."""
    if noted := retention.reasons(session, broadcast.id):
        return sorted(noted, key=lambda reason: (-noted[reason], reason))[:REASONS_NAMED]
    some = select(Delivery.reason).where(
        Delivery.consignment_id == broadcast.id, Delivery.state.in_(NOT_REACHED), Delivery.reason.is_not(None)
    )
    some_of_them = some.limit(LOOKED_AT).subquery()
    query = select(some_of_them.c.reason).group_by(some_of_them.c.reason).order_by(func.count().desc())
    return session.scalars(query.limit(REASONS_NAMED)).all()


def in_words(reason: str, locale: str) -> str:
    """Why somebody was not reached, as an officer reads it."""
    key = f"report.reason.{reason}"
    return texts.say(key if texts.has(key) else "report.reason.other", locale)


def _rate(broadcast: Broadcast, settled: int, now: datetime) -> float:
    since, before = broadcast.reported_at, broadcast.reported_count
    if since is None or now - since < SHORTEST_WINDOW:
        since, before = broadcast.launched_at, 0
    if since is None or broadcast.state is not State.SENDING:
        return 0.0
    return max(0, settled - before) / max(SHORTEST_WINDOW, now - since).total_seconds()


def _finish(
    session: Session,
    broadcast: Broadcast,
    left: int,
    rate: float,
    waits: Quiet | None,
    *,
    limits_of: LimitsOf,
    now: datetime,
) -> datetime | None:
    """Whoever waits for the end of their quiet hours is sent to then, as fast as is possible."""
    if broadcast.state is not State.SENDING or not left:
        return None
    rates = counting.rates_of(session, broadcast.agency_id, audience.LANES[broadcast.kind], limits_of, now=now)
    possible = sum(rates.values())
    pace = rate or possible
    if waits is None:
        return now + timedelta(seconds=left / pace) if pace else None
    return waits.last + timedelta(seconds=waits.people / possible) if possible else None
