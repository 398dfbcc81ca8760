"""What was not sent by itself: telling why, asking the officers where a feed is held, and doing what they say.

    held.by_id(session, agency_id, occurrence_id) / waiting(session, agency_id)     of one agency alone
    held.card(session, occurrence, locale) -> Draft                why, was -> is, and its buttons:
                                                                   bulletins:held:send|without|drop:<occurrence id>
    held.release(session, occurrence, officer, *, with_data, limits_of, now) -> Note    Settled, Incomplete, NotAllowed
    held.let_go(session, occurrence, officer, *, now)              Settled, NotAllowed

Whoever is first decides; an occurrence about which nobody does is let go when its term is over.
"""

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta

from sqlalchemy import select
from sqlalchemy.orm import Session

import feeds.defining
from broadcast import compose, defining, evidence, filling
from broadcast.content import Problem
from broadcast.evidence import Judged
from broadcast.filling import COMMITTING, STANDING
from broadcast.held_cards import card as card
from broadcast.held_cards import has_words, hour
from broadcast.models import Bulletin, Occurrence
from broadcast.states import Note, State
from delivery import letters
from delivery.drafts import Draft
from delivery.models import Letter
from delivery.switchboard import LimitsOf
from feeds.reading import Reading
from insight import telling, trouble
from insight.models import TroubleKind
from locales import texts
from staff import officers
from staff.models import Account, Agency, Officer, Role

LEAST = timedelta(minutes=15)  # to answer, also where the clock was late itself


class Settled(Exception):
    """It waits for nobody any more: somebody was faster, or its term is over. Tell what became of it (`note`)."""

    def __init__(self, note: Note) -> None:
        super().__init__(f"the occurrence is {note}")
        self.note = note


class Incomplete(Exception):
    """A value is missing or is not what it should be, so there are no data to send: offer to send it without."""


def hold(
    session: Session, bulletin: Bulletin, occurrence: Occurrence, judged: Mapping[str, Judged], *, now: datetime
) -> None:
    """Have it wait for an officer's word, and ask all who may give it. `covered_until` stays, so nothing is lost."""
    occurrence.note, occurrence.evidence = Note.HELD, evidence.pack(judged)
    occurrence.held_until = max(occurrence.due_at + timedelta(minutes=bulletin.hold_minutes), now + LEAST)
    session.flush()
    agency = session.get_one(Agency, bulletin.agency_id)
    telling.groups_of(session, agency.id, card(session, occurrence, agency.locales[0]).text, now=now)
    _post(session, occurrence, _asked(session, agency.id), now=now)
    trouble.begin(
        session,
        agency.id,
        TroubleKind.BULLETIN_HELD,
        f"occurrence:{occurrence.id}",
        details={"bulletin": bulletin.key},
        now=now,
    )


def not_sent(
    session: Session,
    bulletin: Bulletin,
    occurrence: Occurrence,
    note: Note,
    problems: Sequence[Problem] = (),
    *,
    now: datetime,
) -> None:
    """Send nothing and tell the admins, with the `problems` that kept it from leaving.

    `covered_until` stays, so the next one says what this one would have.
    """
    occurrence.note = note
    agency = session.get_one(Agency, bulletin.agency_id)
    locale = agency.locales[0]
    due, why = hour(bulletin, occurrence, locale), compose.explained(problems, locale)
    text = texts.say(f"bulletin.{note}", locale, bulletin=bulletin.key, due=due, why=why)
    telling.groups_of(session, agency.id, text, now=now)
    for account in officers.accounts(session, agency.id, role=Role.ADMIN):
        letters.post(
            session, sender_id=account.sender_id, agency_id=agency.id, to=account.address, draft=Draft(text), now=now
        )


def by_id(session: Session, agency_id: int, occurrence_id: int) -> Occurrence | None:
    """The occurrence, if it is this agency's."""
    query = select(Occurrence).join(Bulletin, Bulletin.id == Occurrence.bulletin_id)
    return session.scalars(query.where(Occurrence.id == occurrence_id, Bulletin.agency_id == agency_id)).one_or_none()


def waiting(session: Session, agency_id: int) -> Sequence[Occurrence]:
    """What waits for an officer's word in this agency, the oldest first."""
    query = select(Occurrence).join(Bulletin, Bulletin.id == Occurrence.bulletin_id)
    query = query.where(Occurrence.held_until.is_not(None), Bulletin.agency_id == agency_id)
    return session.scalars(query.order_by(Occurrence.id)).all()  # ix_occurrences_held_until


def release(
    session: Session, occurrence: Occurrence, officer: Officer, *, with_data: bool, limits_of: LimitsOf, now: datetime
) -> Note:
    """Send what is held, with the data as they are or without those that did not pass; what became of it.

    SENT; NOTHING_NEW where without them there is nothing to say; HELD_UNREADY where it cannot leave (admins are told).
    Raises Settled, Incomplete, or compose.NotAllowed.
    """
    bulletin = _taken(session, occurrence, officer)
    judged = evidence.unpack(occurrence, feeds.defining.specs_of(session, bulletin.agency_id))
    if with_data and not all(each.is_whole for each in judged.values()):
        raise Incomplete
    used = {key: each.reading for key, each in judged.items() if each.reading and (with_data or not each.findings)}
    _send(session, bulletin, occurrence, used, limits_of=limits_of, now=now)
    _settle(session, bulletin, occurrence, officer, "released" if with_data else "released_without", now=now)
    return occurrence.note


def let_go(session: Session, occurrence: Occurrence, officer: Officer, *, now: datetime) -> None:
    """Send nothing of it; the next one says the announcements it would have said. Raises Settled or NotAllowed."""
    bulletin = _taken(session, occurrence, officer)
    occurrence.note = Note.LET_GO
    _settle(session, bulletin, occurrence, officer, "let_go", now=now)


def lapsing(session: Session, now: datetime) -> list[int]:
    """The ids of what waited long enough."""
    query = select(Occurrence.id).where(Occurrence.held_until <= now)  # ix_occurrences_held_until
    return list(session.scalars(query.order_by(Occurrence.id).limit(100)))


def lapse(session: Session, occurrence_id: int, *, limits_of: LimitsOf, now: datetime) -> bool:
    """Let go of what nobody decided about in time, and tell; False where somebody did meanwhile."""
    occurrence = session.get_one(Occurrence, occurrence_id, with_for_update=True, populate_existing=True)
    if occurrence.note is not Note.HELD or occurrence.held_until is None or occurrence.held_until > now:
        return False
    bulletin = session.get_one(Bulletin, occurrence.bulletin_id)
    occurrence.note = Note.LAPSED
    _settle(session, bulletin, occurrence, None, "lapsed", now=now)
    return True


def leave(session: Session, bulletin: Bulletin, *, now: datetime) -> None:
    """It runs no more: nothing of what waits is sent. Its announcements are told when it runs again, or in a digest."""
    for occurrence in _held(session, bulletin.id):
        session.refresh(occurrence, with_for_update=True)
        if occurrence.note is Note.HELD:
            occurrence.note = Note.LET_GO
            _settle(session, bulletin, occurrence, None, "let_go", now=now)


def supersede(session: Session, newer: Occurrence, *, limits_of: LimitsOf, now: datetime) -> None:
    """A newer one of the same bulletin runs: what still waits would only say the same again, so it is let go."""
    for occurrence in _held(session, newer.bulletin_id):
        occurrence.held_until = now
        session.flush()
        lapse(session, occurrence.id, limits_of=limits_of, now=now)


def _held(session: Session, bulletin_id: int) -> Sequence[Occurrence]:
    mine = select(Occurrence).filter_by(bulletin_id=bulletin_id, note=Note.HELD)
    return session.scalars(mine.order_by(Occurrence.id)).all()


def _taken(session: Session, occurrence: Occurrence, officer: Officer) -> Bulletin:
    """Hold its row, if it waits and this officer may decide about it."""
    bulletin = session.get_one(Bulletin, occurrence.bulletin_id)
    if not defining.may_use(officer, bulletin.agency_id):
        raise compose.NotAllowed(f"officer {officer.id} may not decide about occurrence {occurrence.id}")
    session.flush()
    session.refresh(occurrence, with_for_update=True)
    if occurrence.note is not Note.HELD:
        raise Settled(occurrence.note)
    return bulletin


def _send(
    session: Session,
    bulletin: Bulletin,
    occurrence: Occurrence,
    readings: Mapping[str, Reading],
    *,
    limits_of: LimitsOf,
    now: datetime,
) -> None:
    until = now - COMMITTING
    items = filling.announced(session, bulletin, occurrence, until=until, states=STANDING)
    paused = filling.announced(session, bulletin, occurrence, until=until, states=(State.PAUSED,))
    if not (items or readings or has_words(bulletin)):
        occurrence.note, occurrence.covered_until = Note.NOTHING_NEW, max(until, occurrence.covered_until)
    elif problems := filling.send(session, bulletin, occurrence, items, readings, limits_of=limits_of, now=now):
        not_sent(session, bulletin, occurrence, Note.HELD_UNREADY, problems, now=now)
        return
    occurrence.passed_over = [each.id for each in paused]


def _settle(
    session: Session, bulletin: Bulletin, occurrence: Occurrence, officer: Officer | None, deed: str, *, now: datetime
) -> None:
    occurrence.held_until, occurrence.settled_by_id = None, officer.id if officer else None
    trouble.end(session, bulletin.agency_id, TroubleKind.BULLETIN_HELD, f"occurrence:{occurrence.id}", now=now)
    session.flush()
    about = {"local_at": occurrence.local_at, "note": occurrence.note.value}
    defining.note(session, bulletin, f"bulletin.{deed}", officer=officer, now=now, **about)
    accounts = {_key(occurrence, each): each for each in _asked(session, bulletin.agency_id)}
    senders = {each.sender_id for each in accounts.values()}
    query = select(Letter.key).where(Letter.sender_id.in_(senders), Letter.key.in_(accounts))  # the unique key
    _post(session, occurrence, [accounts[str(key)] for key in session.scalars(query.distinct())], now=now)


def _asked(session: Session, agency_id: int) -> list[Account]:
    """Whoever may say a word about what is held."""
    roles = sorted(compose.MAY_WRITE)
    return [each for role in roles for each in officers.accounts(session, agency_id, role=role)]


def _key(occurrence: Occurrence, account: Account) -> str:
    return f"held:{occurrence.id}:{account.id}"


def _post(session: Session, occurrence: Occurrence, accounts: Sequence[Account], *, now: datetime) -> None:
    """Write or rewrite the card at each of these, drawn once for each language."""
    cards: dict[str, Draft] = {}
    for account in accounts:
        agency = account.officer.agency
        locale = telling.reader(session, account.sender_id, account.address, agency.locales)
        cards[locale] = cards.get(locale) or card(session, occurrence, locale)
        letters.post_card(
            session,
            sender_id=account.sender_id,
            agency_id=agency.id,
            to=account.address,
            key=_key(occurrence, account),
            draft=cards[locale],
            now=now,
        )
