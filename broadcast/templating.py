"""Templates in officers' hands: written, put before the provider, followed, told of, taken out of use, deleted.

An officer's word only writes a row; the provider is called by a task (template_work.py), which the clock wakes. So a
provider that is away loses nothing, and a call whose answer was lost is looked for before it is made again.
"""

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta

from sqlalchemy import or_, select, update
from sqlalchemy.orm import Session

from broadcast import compose, template_rules
from broadcast.template_rules import Found
from db import wake
from delivery import senders
from delivery.consignments import LIVE
from delivery.models import Consignment, Letter, Sender, Wording, WordingTemplate
from delivery.states import STEPS, ConsignmentState, LetterState, Stage
from delivery.switchboard import LimitsOf
from staff import audit
from staff.models import Officer, Role

SPOILT = ("template_paused", "template_disabled", "template_rejected", "template_missing")
"""Why a sender stops when it sends a template that is good no longer (channels/twilio_api.py)."""
MAY_WRITE = frozenset({Role.AUTHOR, Role.ADMIN})
AT_ONCE = 20  # templates that the clock has looked at in one tick
MOST = 200  # of one sender: WhatsApp keeps 250 names for a business that is not verified yet
WOKEN_FOR = timedelta(seconds=60)
FOLLOWED = (Stage.WRITTEN, Stage.PENDING, Stage.APPROVED, Stage.PAUSED, Stage.LEAVING)
OUT_OF_USE = (Stage.PAUSED, Stage.DISABLED, Stage.REJECTED)
LATELY = timedelta(minutes=10)  # failures of what was sent before still come in
LEAVING_SOON = (*LIVE, ConsignmentState.PAUSED)


class Unfit(Exception):
    """WhatsApp would not take it: show `found`."""

    def __init__(self, found: Sequence[Found]) -> None:
        super().__init__(", ".join(each.fault for each in found))
        self.found = tuple(found)


class TooMany(Exception):
    """The sender has as many templates as it may: delete some."""


def senders_of(session: Session, agency_id: int, limits_of: LimitsOf) -> list[Sender]:
    """The agency's senders that need templates."""
    theirs = session.scalars(select(Sender).where(Sender.agency_id == agency_id).order_by(Sender.id))
    return [sender for sender in theirs if limits_of(sender.channel).needs_template]


def of_agency(session: Session, agency_id: int) -> Sequence[WordingTemplate]:
    """The agency's templates, by purpose and language, the newest of each first."""
    query = select(WordingTemplate).join(Sender, Sender.id == WordingTemplate.sender_id)
    order = (WordingTemplate.purpose, WordingTemplate.locale, WordingTemplate.id.desc())
    return session.scalars(query.where(Sender.agency_id == agency_id).order_by(*order).limit(5 * MOST)).all()


def find(session: Session, agency_id: int, template_id: int) -> WordingTemplate | None:
    """One of the agency's templates, its row locked; another agency's is none."""
    query = select(WordingTemplate).join(Sender, Sender.id == WordingTemplate.sender_id)
    query = query.where(WordingTemplate.id == template_id, Sender.agency_id == agency_id)
    return session.scalars(query.with_for_update(of=WordingTemplate)).one_or_none()


def name(template: WordingTemplate) -> str:
    """What the provider calls it: of ours alone, and never used again."""
    return f"{template.purpose}_{template.locale.lower()}_{template.id}"


def sender_of(session: Session, template: WordingTemplate) -> Sender:
    """Whose template it is."""
    return session.get_one(Sender, template.sender_id)


def languages(session: Session, sender_id: int, purpose: str) -> set[str]:
    """The locales in which a sender has wording for this that is approved, or may become so."""
    good = (Stage.WRITTEN, Stage.PENDING, Stage.APPROVED)
    query = select(WordingTemplate.locale).where(  # ix_templates_sender_purpose
        WordingTemplate.sender_id == sender_id, WordingTemplate.purpose == purpose, WordingTemplate.stage.in_(good)
    )
    return set(session.scalars(query))


def is_in_use(session: Session, template: WordingTemplate) -> bool:
    """Whether people who may not be written to freely are sent this one."""
    return senders.templates_in_use(session, template.sender_id, template.purpose).get(template.locale) is template


def write(
    session: Session,
    officer: Officer,
    sender: Sender,
    *,
    purpose: str,
    locale: str,
    body: str,
    samples: Mapping[str, str],
    category: str,
    length: int,
    report_sender_id: int,
    report_to: str,
    now: datetime,
) -> WordingTemplate:
    """Put wording before the provider, within a second; how it goes is told at `report_to`.

    Raises Unfit, TooMany, or compose.NotAllowed.
    """
    check_writer(officer, sender.agency_id)
    body, samples = template_rules.tidied(body), {each: text.strip() for each, text in samples.items()}
    found = template_rules.check(body, purpose=purpose, locale=locale, length=length)
    found += [each for text in samples.values() for each in template_rules.check_sample(text)]
    if found or set(samples) != set(template_rules.PURPOSES[purpose]):
        raise Unfit(found)
    known = select(WordingTemplate.id).where(WordingTemplate.sender_id == sender.id)  # ix_templates_sender_purpose
    if len(session.scalars(known.limit(MOST)).all()) >= MOST:
        raise TooMany
    made = WordingTemplate(sender_id=sender.id, purpose=purpose, locale=locale, body=body, samples=dict(samples))
    made.stage, made.category, made.officer_id = Stage.WRITTEN, category, officer.id
    made.report_sender_id, made.report_to, made.written_at, made.due_at = report_sender_id, report_to, now, now
    session.add(made)
    session.flush()
    note(session, made, officer, "template.submitted", now)
    return made


def delete(session: Session, template: WordingTemplate, officer: Officer, *, now: datetime) -> None:
    """Out of use now, and deleted at the provider within a second. Nothing where that is under way."""
    check_writer(officer, session.get_one(Sender, template.sender_id).agency_id)
    if Stage.LEAVING not in STEPS[template.stage]:
        return
    shift(session, template, Stage.LEAVING)
    template.due_at, template.attempts, template.trouble = now, 0, ""
    note(session, template, officer, "template.deleted", now)


def check_writer(officer: Officer, agency_id: int) -> None:
    """compose.NotAllowed unless this officer may write for the agency."""
    if officer.agency_id != agency_id or officer.role not in MAY_WRITE or officer.revoked_at is not None:
        raise compose.NotAllowed(f"officer {officer.id} may not change templates of agency {agency_id}")


def shift(session: Session, template: WordingTemplate, there: Stage) -> bool:
    """Move it, if it may go there from where it is. What is not approved any more leaves with nothing from now on."""
    if there not in STEPS[template.stage]:
        return False
    was_approved, template.stage = template.stage is Stage.APPROVED, there
    session.flush()
    if was_approved:
        _take_out(session, template)
    return True


def wake_due(session: Session, now: datetime) -> int:
    """Have the provider asked about those whose turn it is, twenty in one tick; how many."""
    _hurry(session, now)
    _let_go_on(session, now)
    is_due = or_(WordingTemplate.due_at.is_(None), WordingTemplate.due_at <= now)
    query = select(WordingTemplate.id).where(WordingTemplate.stage.in_(FOLLOWED), is_due)  # ix_templates_stage_due
    some = query.order_by(WordingTemplate.due_at, WordingTemplate.id).limit(AT_ONCE)
    claimed = update(WordingTemplate).where(WordingTemplate.id.in_(some), is_due).values(due_at=now + WOKEN_FOR)
    found = session.scalars(claimed.returning(WordingTemplate.id)).all()
    for template_id in found:
        wake.later(session, "template", template_id)
    return len(found)


def note(session: Session, template: WordingTemplate, officer: Officer | None, verb: str, now: datetime) -> None:
    """One line in the audit about this template; no officer: the provider's word."""
    audit.note(
        session,
        agency_id=session.get_one(Sender, template.sender_id).agency_id,
        officer_id=officer.id if officer else None,
        verb=verb,
        subject=f"template:{template.id}",
        now=now,
        details={"title": name(template), "category": template.category},
    )


def _hurry(session: Session, now: datetime) -> None:
    """A sender was just stopped by one of its templates: which one, the provider knows."""
    stopped = select(Sender.id).where(
        Sender.id == WordingTemplate.sender_id,
        Sender.stopped_reason.in_(SPOILT),
        or_(WordingTemplate.heard_at.is_(None), WordingTemplate.heard_at <= Sender.stopped_at),
    )
    calm = (WordingTemplate.stage == Stage.APPROVED, WordingTemplate.due_at > now + WOKEN_FOR)
    session.execute(update(WordingTemplate).where(*calm, stopped.exists()).values(due_at=now))


def _let_go_on(session: Session, now: datetime) -> None:
    """Start a sender again that one of its templates stopped, once the provider said which, and it is out of use.

    Where it says that all are good the sender stays stopped, until an operator has looked.
    """
    mine = WordingTemplate.sender_id == Sender.id
    is_unheard = or_(WordingTemplate.heard_at.is_(None), WordingTemplate.heard_at <= Sender.stopped_at)
    suspects = select(WordingTemplate.id).where(mine, WordingTemplate.stage == Stage.APPROVED, is_unheard)
    culprits = select(WordingTemplate.id).where(
        mine, WordingTemplate.stage.in_(OUT_OF_USE), WordingTemplate.heard_at > now - LATELY
    )
    stopped = select(Sender.id).where(Sender.stopped_reason.in_(SPOILT), ~suspects.exists(), culprits.exists())
    for sender_id in session.scalars(stopped.order_by(Sender.id)).all():
        senders.resume(session, sender_id)


def _take_out(session: Session, template: WordingTemplate) -> None:
    """What is on its way takes the next approved wording, or none: then only those are reached who wrote lately."""
    if template.provider_id is None:
        return
    other = senders.templates_in_use(session, template.sender_id, template.purpose).get(template.locale)
    instead = other.provider_id if other is not None else None
    leaving = select(Consignment.id).where(Consignment.state.in_(LEAVING_SOON))  # ix_consignments_state
    session.execute(
        update(Wording)
        .where(
            Wording.consignment_id.in_(leaving),
            Wording.sender_id == template.sender_id,
            Wording.template_id == template.provider_id,
        )
        .values(template_id=instead)
    )
    waiting = (Letter.sender_id == template.sender_id, Letter.state.in_((LetterState.WAITING, LetterState.LEASED)))
    session.execute(
        update(Letter).where(*waiting, Letter.template_id == template.provider_id).values(template_id=instead)
    )
