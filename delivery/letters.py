"""Letters: one message for one address that is no broadcast. Replies, the farewell after STOP, officers' cards.

Letters of one address leave in the order of their ids, one at a time. Nobody asks for consent here, so that the
farewell still leaves; but what `heeds_stop` is given up where they said stop since, and a suppressed address gets
nothing all the same. The `postman` takes them from here; the sending itself is in `tasks`.
"""

from datetime import datetime

from sqlalchemy import bindparam, select, update
from sqlalchemy.orm import Session

from channels.contract import Choice
from db import bulk, wake
from delivery import enclosures
from delivery.drafts import Draft
from delivery.models import Letter
from delivery.states import LetterState

OVERTAKEN = "overtaken"
WAITING_AT_MOST = 30
"""Letters that wait for one address: whoever writes without end is given the newest answers only."""

# Put together once: for every word that is heard that would take longer than to run it.
_TOO_MANY = (
    select(Letter.id)
    .where(Letter.sender_id == bindparam("sender_id"), Letter.to == bindparam("to"))
    .where(Letter.state == LetterState.WAITING, Letter.key.is_(None))
    .order_by(Letter.id.desc())
    .offset(WAITING_AT_MOST)
)


def post(session: Session, *, sender_id: int, agency_id: int, to: str, draft: Draft, now: datetime) -> Letter:
    """Write a letter and have it sent after the commit. Whatever was posted to this address before leaves before."""
    letter = Letter(sender_id=sender_id, agency_id=agency_id, to=to, due_at=now, created_at=now)
    _write(letter, draft)
    session.add(letter)
    session.flush()
    if draft.file is not None:
        enclosures.put(session, letter, draft.file, now=now)
    _drop_overtaken(session, sender_id, to)
    wake.later(session, "post", letter.id)
    return letter


def post_card(
    session: Session,
    *,
    sender_id: int,
    agency_id: int,
    to: str,
    key: str,
    draft: Draft,
    now: datetime,
    again: bool = False,
) -> Letter:
    """Write the one card with this key, or rewrite it: by an edit where the channel can.

    Where it cannot, a card that went out before is sent anew only with `again`. A card that says the same already
    stays as it is.
    """
    row = {"sender_id": sender_id, "agency_id": agency_id, "to": to, "key": key, "due_at": now, "created_at": now}
    new = bulk.insert_new(session, Letter, [row | {"text": draft.text}], Letter.id)
    known = select(Letter).where(Letter.sender_id == sender_id, Letter.key == key).with_for_update()
    card = session.scalars(known.execution_options(populate_existing=True)).one()
    if new:
        _write(card, draft)
        session.flush()
        wake.later(session, "post", card.id)
        return card
    if _says(card, draft) and not again:
        return card
    _write(card, draft)
    card.revision, card.attempt, card.is_again = card.revision + 1, 0, card.is_again or again
    if card.state is not LetterState.LEASED:  # whoever holds it sees the new revision when he settles
        card.state, card.due_at = LetterState.WAITING, now
        wake.later(session, "post", card.id)
    session.flush()
    return card


def move(session: Session, *, sender_id: int, to: str, there: str) -> None:
    """What waits for an address goes to another one. Index: ix_letters_address."""
    waiting = update(Letter).where(Letter.sender_id == sender_id, Letter.to == to, Letter.state == LetterState.WAITING)
    session.execute(waiting.values(to=there).execution_options(synchronize_session=False))


def _write(letter: Letter, draft: Draft) -> None:
    letter.text, letter.choices = draft.text, _stored(draft.choices)
    letter.columns, letter.list_label = draft.columns, draft.list_label
    letter.edits, letter.media_id, letter.alternative = draft.edits, draft.media_id, draft.alternative
    letter.heeds_stop, letter.encloses = draft.heeds_stop, draft.file is not None
    if draft.template is not None:
        letter.template_id, letter.variables = draft.template.provider_id, dict(draft.template.variables)


def _drop_overtaken(session: Session, sender_id: int, to: str) -> None:
    """Give up the oldest letters that wait where there are too many; cards stay. Index: ix_letters_address."""
    too_many = session.scalars(_TOO_MANY, {"sender_id": sender_id, "to": to}).all()
    if too_many:
        given_up = update(Letter).where(Letter.id.in_(too_many), Letter.state == LetterState.WAITING)
        session.execute(given_up.values(state=LetterState.FAILED, reason=OVERTAKEN))


def _stored(choices: tuple[Choice, ...]) -> list[list[object]]:
    return [[choice.key, choice.label, choice.is_selected] for choice in choices]


def _says(card: Letter, draft: Draft) -> bool:
    said = (card.text, [list(choice) for choice in card.choices])
    return card.state is not LetterState.FAILED and said == (draft.text, _stored(draft.choices))
