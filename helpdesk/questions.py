"""Questions that citizens had passed on, and the inbox in which officers answer them.

A question is settled once: whoever locks its row first answers or closes it. Every officer who may write has a card of
it in chat, rewritten when it is settled. Whoever said stop after asking is not answered any more, and nobody else who
has their address by now.
"""

from collections.abc import Collection, Sequence
from datetime import datetime, timedelta

from sqlalchemy import and_, delete, func, or_, select
from sqlalchemy.orm import Session

from channels.contract import Choice, Limits, shorten
from db import bulk
from delivery import gate, letters
from delivery.drafts import Draft
from helpdesk.models import Question, QuestionState
from locales import texts
from staff import audit, officers
from staff.models import Account, Agency, Officer, Role
from subscribers import consent, directory
from subscribers.forgetting import Place

TEXT_LENGTH = 1_000
ANSWER_LENGTH = 1_000
OPEN_AT_MOST = 5  # of one address: whoever asks without end waits for answers first
FORGOTTEN_AT_ONCE = 1_000
WRITERS = (Role.AUTHOR, Role.APPROVER, Role.ADMIN)


class TooMany(Exception):
    """This address has as many open questions as it may: ask them to wait."""


class Settled(Exception):
    """Somebody was faster; `question` says who and how."""

    def __init__(self, question: Question) -> None:
        super().__init__(f"question {question.id} is {question.state}")
        self.question = question


class SaidStop(Exception):
    """They said stop after asking: nothing is sent to them."""


class WindowClosed(Exception):
    """They cannot be written to there: not until they write again, or their address is nobody's or another's by now."""


def is_staffed(session: Session, agency_id: int) -> bool:
    """Whether anybody is there to read a question."""
    return bool(_inboxes(session, agency_id))


def ask(
    session: Session,
    *,
    agency: Agency,
    sender_id: int,
    address: str,
    subscriber_id: int,
    locale: str,
    text: str,
    now: datetime,
) -> Question:
    """Keep a question and show it to the officers. TooMany where five of theirs are open."""
    mine = (Question.sender_id == sender_id, Question.address == address, Question.state == QuestionState.OPEN)
    waiting = session.scalar(select(func.count()).select_from(Question).where(*mine)) or 0  # ix_questions_address
    if waiting >= OPEN_AT_MOST:
        raise TooMany(f"{waiting} questions are open")
    question = Question(agency_id=agency.id, sender_id=sender_id, address=address, subscriber_id=subscriber_id)
    question.locale, question.text, question.asked_at = locale, text[:TEXT_LENGTH], now
    question.state = QuestionState.OPEN
    session.add(question)
    session.flush()
    _show(session, agency, question, now=now)
    return question


def waiting(session: Session, agency_id: int, *, limit: int) -> Sequence[Question]:
    """The oldest open questions of an agency. Index: ix_questions_agency_state."""
    query = select(Question).where(Question.agency_id == agency_id, Question.state == QuestionState.OPEN)
    return session.scalars(query.order_by(Question.asked_at, Question.id).limit(limit)).all()


def find(session: Session, agency_id: int, question_id: int) -> Question | None:
    """The agency's question with this id; another agency's is none."""
    query = select(Question).where(Question.id == question_id, Question.agency_id == agency_id)
    return session.scalars(query).one_or_none()


def reply(session: Session, question: Question, officer: Officer, text: str, *, limits: Limits, now: datetime) -> None:
    """Answer it, in a letter to whoever asked. Settled, SaidStop or WindowClosed where that cannot be any more.

    `limits` are those of the channel through which they asked.
    """
    _lock_open(session, question)
    met = directory.find(session, sender_id=question.sender_id, value=question.address)
    if met is None or met.created_at > question.asked_at:
        raise WindowClosed(f"question {question.id}")
    if consent.is_stopped_since(session, met.subscriber, question.asked_at):
        raise SaidStop(f"question {question.id}")
    if not gate.is_window_open(met.last_inbound_at, limits, now=now):
        raise WindowClosed(f"question {question.id}")
    agency = session.get_one(Agency, question.agency_id)
    said = {"agency": agency.name_in(question.locale), "question": shortened(question.text), "answer": text}
    draft = Draft(texts.say("asking.reply", question.locale, **said), heeds_stop=True)
    to = question.address
    letters.post(session, sender_id=question.sender_id, agency_id=agency.id, to=to, draft=draft, now=now)
    question.answer = text
    _settle(session, agency, question, officer, QuestionState.ANSWERED, now=now)


def close(session: Session, question: Question, officer: Officer, *, now: datetime) -> None:
    """It needs no answer. Settled where somebody was faster."""
    _lock_open(session, question)
    agency = session.get_one(Agency, question.agency_id)
    _settle(session, agency, question, officer, QuestionState.CLOSED, now=now)


def of_person(session: Session, subscriber_ids: Collection[int], *, limit: int) -> Sequence[Question]:
    """What somebody had passed on, the newest first. Index: ix_questions_subscriber_id."""
    query = select(Question).where(Question.subscriber_id.in_(subscriber_ids))
    return session.scalars(query.order_by(Question.id.desc()).limit(limit)).all()


def erase(
    session: Session, agency: Agency, subscriber_ids: Collection[int], places: Collection[Place], *, now: datetime
) -> None:
    """Delete what somebody had passed on from these places, and their words from the officers' cards."""
    there = [and_(Question.sender_id == place.sender_id, Question.address == place.value) for place in places]
    theirs = or_(Question.subscriber_id.in_(subscriber_ids), *there)  # ix_questions_subscriber_id, ix_questions_address
    found = session.scalars(select(Question).where(theirs).order_by(Question.id).with_for_update()).all()
    for question in found:
        _post(session, agency, question, Draft(texts.say("inbox.card.deleted", agency.locales[0])), now=now)
        session.delete(question)
    session.flush()


def forget(session: Session, now: datetime) -> int:
    """Forget questions that are older than their agency's term for words, at most 1,000 of an agency; how many."""
    gone = 0
    for agency_id, days in session.execute(select(Agency.id, Agency.keep_words_days)).all():
        old = select(Question.id).where(
            Question.agency_id == agency_id, Question.asked_at <= now - timedelta(days=days)
        )
        # ix_questions_agency_asked
        some = session.scalars(old.order_by(Question.asked_at).limit(FORGOTTEN_AT_ONCE)).all()
        if some:
            gone += bulk.changed(session, delete(Question).where(Question.id.in_(some)))
    return gone


def shortened(text: str, length: int = 160) -> str:
    """A question on one line, as much of it as fits."""
    return shorten(" ".join(text.split()), length)


def settled_by(session: Session, question: Question) -> str:
    """The name of the officer who settled it."""
    officer = session.get(Officer, question.officer_id) if question.officer_id else None
    return officer.name if officer else "–"


def _lock_open(session: Session, question: Question) -> None:
    session.flush()
    session.refresh(question, with_for_update=True)
    if question.state is not QuestionState.OPEN:
        raise Settled(question)


def _settle(
    session: Session, agency: Agency, question: Question, officer: Officer, state: QuestionState, *, now: datetime
) -> None:
    question.state, question.officer_id, question.settled_at = state, officer.id, now
    session.flush()
    subject = f"question:{question.id}"
    audit.note(session, agency_id=agency.id, officer_id=officer.id, verb=f"question.{state}", subject=subject, now=now)
    _show(session, agency, question, now=now)


def _show(session: Session, agency: Agency, question: Question, *, now: datetime) -> None:
    """Write or rewrite the card of every officer who may answer."""
    _post(session, agency, question, _card(session, agency, question), now=now)


def _post(session: Session, agency: Agency, question: Question, draft: Draft, *, now: datetime) -> None:
    for account in _inboxes(session, agency.id):
        letters.post_card(
            session,
            sender_id=account.sender_id,
            agency_id=agency.id,
            to=account.address,
            key=f"question:{question.id}:{account.id}",
            draft=draft,
            now=now,
        )


def _inboxes(session: Session, agency_id: int) -> list[Account]:
    return [account for role in WRITERS for account in officers.accounts(session, agency_id, role=role)]


def _card(session: Session, agency: Agency, question: Question) -> Draft:
    locale = agency.locales[0]
    values = {
        "language": texts.native_name(question.locale),
        "at": texts.instant(question.asked_at, agency.time_zone, locale),
        "question": question.text,
    }
    if question.state is QuestionState.OPEN:
        choices = (
            Choice(f"inbox:reply:{question.id}", texts.say("inbox.reply.button", locale)),
            Choice(f"inbox:close:{question.id}", texts.say("inbox.close.button", locale)),
        )
        return Draft(texts.say("inbox.card.open", locale, **values), choices, columns=2)
    values |= {"name": settled_by(session, question), "answer": question.answer or ""}
    return Draft(texts.say(f"inbox.card.{question.state}", locale, **values))
