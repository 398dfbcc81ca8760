"""The task `template`: asks the provider about one template, and tells whoever waits what it says.

Nothing is open while the provider is asked: a lease keeps others away, and what was heard is written afterwards.
"""

from dataclasses import dataclass, replace
from datetime import datetime, timedelta

import structlog
from sqlalchemy import or_, update
from sqlalchemy.orm import Session

from broadcast import template_news, templating
from channels.contract import Misconfigured, Refusal, Rejected, Standing, TemplateState, Templating, Throttled
from db.crypto import Unreadable
from delivery.loop import Pool
from delivery.models import Sender, WordingTemplate
from delivery.office import Office
from delivery.states import Stage

log = structlog.get_logger(__name__)

LEASE = timedelta(seconds=90)  # a call takes 15 seconds at most, and there are three in a row
NOT_FOUND, UNKNOWN_WORD = "not_found", "unknown_word"
ENOUGH = 5  # answers in a row that we do not understand: it will not be taken
STAGES = {
    TemplateState.PENDING: Stage.PENDING,
    TemplateState.APPROVED: Stage.APPROVED,
    TemplateState.REJECTED: Stage.REJECTED,
    TemplateState.PAUSED: Stage.PAUSED,
    TemplateState.DISABLED: Stage.DISABLED,
}
CALM = timedelta(minutes=5)  # between two looks at one that is decided
PATIENCE = ((timedelta(minutes=1), 5), (timedelta(minutes=10), 15), (timedelta(hours=3), 60), (timedelta(days=3), 600))
"""Until so long after it was written, so many seconds between two looks; an hour then."""


@dataclass(frozen=True, slots=True)
class Asked:
    """A template as it stood when its lease began. `is_again`: a call before came to nothing that we know of."""

    id: int
    sender: Sender
    stage: Stage
    name: str
    locale: str
    body: str
    samples: dict[str, str]
    category: str
    provider_id: str | None
    is_again: bool


@dataclass(frozen=True, slots=True)
class Gone:
    """The provider has forgotten it."""


Heard = Standing | Gone | Refusal


async def follow(office: Office, template_id: int) -> None:
    """Do what is next with one template: submit, look or delete. Nothing where somebody else is at it."""
    asked = await office.step(Pool.LETTERS, lambda session: lease(session, template_id, now=office.now()))
    if asked is None:
        return
    heard = await _asked(office, asked)
    await office.patient_step(Pool.LETTERS, lambda session: settle(session, template_id, heard, now=office.now()))


def lease(session: Session, template_id: int, *, now: datetime) -> Asked | None:
    """Take it for as long as calls may take; None where there is nothing to ask, or somebody does."""
    is_free = or_(WordingTemplate.leased_until.is_(None), WordingTemplate.leased_until <= now)
    claimed = update(WordingTemplate).where(
        WordingTemplate.id == template_id, is_free, WordingTemplate.stage.in_(templating.FOLLOWED)
    )
    values = {"leased_until": now + LEASE, "attempts": WordingTemplate.attempts + 1}
    if session.execute(claimed.values(**values).returning(WordingTemplate.id)).first() is None:
        return None
    row = session.get_one(WordingTemplate, template_id, populate_existing=True)
    return Asked(
        id=row.id,
        sender=session.get_one(Sender, row.sender_id),
        stage=row.stage,
        name=templating.name(row),
        locale=row.locale,
        body=row.body,
        samples=dict(row.samples),
        category=row.category,
        provider_id=row.provider_id,
        is_again=row.attempts > 1,
    )


def settle(session: Session, template_id: int, heard: Heard, *, now: datetime) -> None:
    """Write down what the provider said, when it is asked again, and tell whoever waits for it."""
    row = session.get(WordingTemplate, template_id, with_for_update=True)
    if row is None:
        return
    row.leased_until = None
    match heard:
        case Gone():
            session.delete(row)
        case Standing():
            _stands(session, row, heard, now)
        case Misconfigured(reason=reason) if reason == NOT_FOUND and row.provider_id is not None:
            _stands(session, row, Standing(TemplateState.DISABLED, ""), now)
        case Rejected(reason=reason, code=code) if row.stage is Stage.WRITTEN:
            _stands(session, row, Standing(TemplateState.REJECTED, f"{reason} ({code})" if code else reason), now)
        case Refusal(reason=reason, code=code) if reason == UNKNOWN_WORD and _is_hopeless(row):
            _stands(session, row, Standing(TemplateState.REJECTED, code), now)
        case Refusal():
            _put_off(session, row, heard, now)


async def _asked(office: Office, asked: Asked) -> Heard:
    try:
        channel = office.switchboard.channel(asked.sender)
        assert isinstance(channel, Templating), f"{asked.sender.channel} needs no templates"
        if asked.stage is Stage.LEAVING:
            return await _removed(channel, asked)
        if asked.stage is Stage.WRITTEN:
            return await _submitted(office, channel, asked)
        return await channel.template_standing(asked.provider_id or "")
    except Refusal as refusal:
        return refusal
    except Unreadable:
        return Misconfigured("bad_credentials")


async def _removed(channel: Templating, asked: Asked) -> Heard:
    if asked.provider_id is not None:
        await channel.remove_template(asked.provider_id)
    return Gone()


async def _submitted(office: Office, channel: Templating, asked: Asked) -> Heard:
    """Keep it, write down under which name, and only then submit it. What was done before is not done again."""
    provider_id = asked.provider_id
    if provider_id is None:
        provider_id = await channel.put_template(
            asked.name, asked.locale, asked.body, asked.samples, may_be_there=asked.is_again
        )
        kept = provider_id
        await office.patient_step(Pool.LETTERS, lambda session: _keep(session, asked.id, kept))
    standing = await channel.template_standing(provider_id) if asked.is_again else None
    if standing is None or standing.state is TemplateState.UNSUBMITTED:
        await channel.submit_template(provider_id, asked.name, category=asked.category)
        return Standing(TemplateState.PENDING)
    return standing if standing.state is not None else replace(standing, state=TemplateState.PENDING)


def _keep(session: Session, template_id: int, provider_id: str) -> None:
    session.execute(update(WordingTemplate).where(WordingTemplate.id == template_id).values(provider_id=provider_id))


def _stands(session: Session, row: WordingTemplate, heard: Standing, now: datetime) -> None:
    """A word that we do not know, or that leads nowhere from here, changes nothing."""
    row.heard_at, row.attempts, row.trouble = now, 0, ""
    there = STAGES.get(heard.state) if heard.state is not None else None
    was, was_written = row.stage, row.stage is Stage.WRITTEN
    if was_written and there in (Stage.APPROVED, Stage.PAUSED, Stage.DISABLED):
        templating.shift(session, row, Stage.PENDING)
    if there is not None and templating.shift(session, row, there):
        row.reason = heard.reason[:300] if there is not Stage.APPROVED else ""
        if there is not Stage.PENDING:
            templating.note(session, row, None, f"template.{there}", now)
            template_news.tell(session, row, now=now)
        log.info("template.moved", template_id=row.id, was=was.value, stage=row.stage.value)
    row.due_at = now + _until_next(row, now)


def _put_off(session: Session, row: WordingTemplate, refusal: Refusal, now: datetime) -> None:
    """The provider cannot be asked: once more, later; who waits for it is told the first time."""
    was, row.trouble = row.trouble, template_news.trouble(refusal)
    row.due_at = now + _delay(refusal, row.attempts)
    log.warning("template.put_off", template_id=row.id, reason=refusal.reason, code=refusal.code)
    if row.stage in (Stage.WRITTEN, Stage.LEAVING) and row.trouble not in (was, template_news.BUSY):
        template_news.tell_trouble(session, row, now=now)


def _delay(refusal: Refusal, attempts: int) -> timedelta:
    if isinstance(refusal, Throttled):
        wait: timedelta = refusal.retry_after
        return max(wait, timedelta(seconds=1))
    if isinstance(refusal, Misconfigured):
        return timedelta(minutes=10)
    return min(timedelta(seconds=5 * (1 << min(attempts, 8))), timedelta(minutes=10))


def _is_hopeless(row: WordingTemplate) -> bool:
    return row.stage is Stage.WRITTEN and row.attempts >= ENOUGH


def _until_next(row: WordingTemplate, now: datetime) -> timedelta:
    if row.stage is Stage.LEAVING:  # an officer deleted it while the provider was asked
        return timedelta(0)
    if row.stage not in (Stage.WRITTEN, Stage.PENDING) or row.written_at is None:
        return CALM
    age = now - row.written_at
    return timedelta(seconds=next((seconds for until, seconds in PATIENCE if age < until), 3600))
