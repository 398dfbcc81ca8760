"""Previews of bulletins with feeds: asked for in chat, sent by the clock once it has read the feeds (`gathering`).

    previewing.place(session, bulletin, sender_id=..., to=..., locale=..., now=...)    asked twice it is sent once
    previewing.waiting(session)                                    the bulletins of which somebody waits for one
    previewing.carry_out(session, bulletin_id, said, limits_of=..., now=...)   or what is wrong with a feed
    previewing.give_up(session, bulletin_id, now=...)
    previewing.drafts(outlook, locale) / last_values(session, bulletin, locale)

No request fetches anything, so what is asked for is kept as an order, and whoever takes it away sends it. A preview is
no occurrence: what the gate compares with stays the last one that was sent.
"""

from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime

import structlog
from sqlalchemy import delete, select
from sqlalchemy.orm import Session

import feeds.defining
from broadcast import defining, evidence, held_cards, occurring, parts
from broadcast.evidence import Judged, Said
from broadcast.models import Bulletin, PreviewOrder
from broadcast.occurring import Outlook
from db import bulk
from delivery import letters
from delivery.drafts import Draft
from delivery.switchboard import LimitsOf
from feeds import showing
from locales import texts
from staff import officers

log = structlog.get_logger(__name__)

AT_ONCE = 20
Order = tuple[int, str, str]
"""The sender and the address of who asked, and their language."""


def place(session: Session, bulletin: Bulletin, *, sender_id: int, to: str, locale: str, now: datetime) -> None:
    """Have the next one shown to this chat, with what its feeds say now; who asks again before it came gets it once."""
    row = {"bulletin_id": bulletin.id, "sender_id": sender_id, "to": to, "locale": locale, "created_at": now}
    bulk.insert_new(session, PreviewOrder, [row], PreviewOrder.id)


def waiting(session: Session) -> Sequence[int]:
    """The bulletins that somebody wants to see."""
    return session.scalars(select(PreviewOrder.bulletin_id).distinct().limit(AT_ONCE)).all()


def carry_out(session: Session, bulletin_id: int, said: Said, *, limits_of: LimitsOf, now: datetime) -> int | None:
    """Show it to all who asked, or what its gate would hold it for; to how many. Nothing to who is no officer any more.

    None: it consists of other feeds by now, so that these are to be read first.
    """
    bulletin = session.get(Bulletin, bulletin_id)
    if bulletin is None or {*parts.feeds_of(bulletin)} != {*said}:
        return None
    orders = _taken(session, bulletin)
    if not orders:
        return 0
    judged = evidence.judge(session, bulletin, said, now=now)
    found = None
    if not any(each.findings for each in judged.values()):
        readings = evidence.readings(judged)
        found = occurring.outlook(session, bulletin, limits_of=limits_of, now=now, readings=readings)
    for order in orders:
        _, _, locale = order
        shown = _shown(found, locale) if found is not None else [_held(session, bulletin, judged, locale)]
        _post(session, bulletin, order, shown, now=now)
    log.info("previewing.sent", bulletin=bulletin.id, chats=len(orders), is_held=found is None)
    return len(orders)


def give_up(session: Session, bulletin_id: int, *, now: datetime) -> int:
    """Something of ours failed: say so to all who asked, so that nobody waits and no feed is read again and again."""
    bulletin = session.get_one(Bulletin, bulletin_id)
    orders = _taken(session, bulletin)
    for order in orders:
        _, _, locale = order
        _post(session, bulletin, order, [_said("bulletins.preview_failed", locale, name=bulletin.key)], now=now)
    return len(orders)


def drafts(found: Outlook, locale: str) -> list[Draft]:
    """The very messages, for an officer who reads `locale`."""
    if not found.messages:
        return [_said("bulletins.preview_nothing", locale)]
    languages = ", ".join(texts.native_name(each.locale) for each in found.messages)
    shown = [_said("bulletins.preview", locale, languages=languages)]
    if found.topics:
        named = ", ".join(each.name_in(locale) for each in found.topics)
        shown.append(_said("bulletins.preview_topics", locale, topics=named))
    shown += [Draft(each.text, media_id=each.media_id, alternative=each.alternative) for each in found.messages]
    if found.feeds:
        key = "bulletins.preview_read" if found.is_fresh else "bulletins.preview_data"
        shown.append(_said(key, locale, feeds=", ".join(found.feeds)))
    variants = [each.template for each in found.messages if each.template is not None and each.template != each.text]
    if variants:
        shown.append(_said("announce.preview_template", locale))
    return [*shown, *map(Draft, variants)]


def last_values(session: Session, bulletin: Bulletin, locale: str) -> Iterator[str]:
    """A line for each value that was sent last."""
    specs = feeds.defining.specs_of(session, bulletin.agency_id)
    for key in parts.feeds_of(bulletin):
        spec = specs.get(key)
        reading = evidence.last(session, bulletin, key, spec) if spec is not None else None
        if spec is None or reading is None:
            continue
        for name, value in list(reading.values.items())[: held_cards.VALUES_SHOWN]:
            if (field := spec.fields.get(name)) is not None:
                yield f"{field.label(locale)}: {showing.shown(field, value, locale, spec.zone)}"


def _shown(found: Outlook, locale: str) -> list[Draft]:
    people = Draft(texts.say_many("bulletins.preview_people", found.people, locale))
    return [*drafts(found, locale), *([people] if found.messages else [])]


def _held(session: Session, bulletin: Bulletin, judged: Mapping[str, Judged], locale: str) -> Draft:
    """What its gate would hold it for, with what each value was and is."""
    specs = feeds.defining.specs_of(session, bulletin.agency_id)
    title = texts.say("bulletins.preview_held", locale, name=bulletin.key)
    return Draft("\n".join([title, *held_cards.reasons(session, bulletin, judged, specs, locale)]))


def _taken(session: Session, bulletin: Bulletin) -> list[Order]:
    """The orders, theirs from now on who takes them away; without those of accounts that may not use bulletins."""
    mine = delete(PreviewOrder).where(PreviewOrder.bulletin_id == bulletin.id)
    columns = (PreviewOrder.sender_id, PreviewOrder.to, PreviewOrder.locale)
    taken = session.execute(mine.returning(*columns).execution_options(synchronize_session=False)).all()
    orders = [(sender_id, to, locale) for sender_id, to, locale in taken]
    return [order for order in orders if _may_see(session, bulletin, order)]


def _may_see(session: Session, bulletin: Bulletin, order: Order) -> bool:
    sender_id, to, _ = order
    officer = officers.behind(session, sender_id=sender_id, address=to)
    return officer is not None and defining.may_use(officer, bulletin.agency_id)


def _post(session: Session, bulletin: Bulletin, order: Order, shown: Sequence[Draft], *, now: datetime) -> None:
    sender_id, to, _ = order
    for draft in shown:
        letters.post(session, sender_id=sender_id, agency_id=bulletin.agency_id, to=to, draft=draft, now=now)


def _said(key: str, locale: str, **values: object) -> Draft:
    return Draft(texts.say(key, locale, **values))
