"""Telling how a template goes: its writer, in their chat, and the staff groups.

An operator's, and one whose writer has left, the administrators.
"""

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy.orm import Session

from broadcast.template_rules import PURPOSES
from channels.contract import Misconfigured, Refusal, Throttled
from delivery import letters
from delivery.drafts import Draft
from delivery.models import Sender, WordingTemplate
from delivery.states import Stage
from insight import telling
from insight import trouble as troubles
from insight.models import TroubleKind
from locales import texts
from staff import officers
from staff.models import Agency, Role

BUSY, CREDENTIALS, AWAY = "busy", "credentials", "away"


def trouble(refusal: Refusal) -> str:
    """In one word of ours, why the provider could not be asked."""
    match refusal:
        case Throttled():
            return BUSY
        case Misconfigured():
            return CREDENTIALS
        case _:
            return AWAY


def tell(session: Session, template: WordingTemplate, *, now: datetime) -> None:
    """That it was approved, rejected, paused or disabled, and what follows."""
    _write(session, template, f"templates.told.{template.stage}", to_groups=True, now=now)
    sender, about = session.get_one(Sender, template.sender_id), f"template:{template.id}"
    if template.stage is Stage.APPROVED:
        troubles.end(session, sender.agency_id, TroubleKind.TEMPLATE_PAUSED, about, now=now)
    elif template.stage in (Stage.PAUSED, Stage.DISABLED):
        locale = session.get_one(Agency, sender.agency_id).locales[0]
        details = {"template": title(template, locale)}
        troubles.begin(session, sender.agency_id, TroubleKind.TEMPLATE_PAUSED, about, details=details, now=now)


def tell_trouble(session: Session, template: WordingTemplate, *, now: datetime) -> None:
    """That it waits, because the provider cannot be asked; only to whoever waits for it."""
    _write(session, template, f"templates.waits.{template.trouble}", to_groups=False, now=now)


def title(template: WordingTemplate, locale: str) -> str:
    """What officers call it: what it is for, and its language."""
    is_ours = template.purpose in PURPOSES  # an operator may note one for anything
    purpose = texts.say(f"templates.purpose.{template.purpose}", locale) if is_ours else template.purpose
    language = texts.native_name(template.locale)
    return texts.say("templates.title", locale, purpose=purpose, language=language)


def why(template: WordingTemplate, locale: str) -> str:
    """The provider's own words for why not."""
    return template.reason or texts.say("templates.no_reason", locale)


def _write(session: Session, template: WordingTemplate, key: str, *, to_groups: bool, now: datetime) -> None:
    agency = session.get_one(Agency, session.get_one(Sender, template.sender_id).agency_id)
    for sender_id, address in _readers(session, template, agency):
        locale = telling.reader(session, sender_id, address, agency.locales)
        draft = Draft(_said(template, key, locale))
        letters.post(session, sender_id=sender_id, agency_id=agency.id, to=address, draft=draft, now=now)
    if to_groups:
        telling.groups_of(session, agency.id, _said(template, key, agency.locales[0]), now=now)


def _said(template: WordingTemplate, key: str, locale: str) -> str:
    return texts.say(key, locale, template=title(template, locale), reason=why(template, locale))


def _readers(session: Session, template: WordingTemplate, agency: Agency) -> Sequence[tuple[int, str]]:
    sender_id, to = template.report_sender_id, template.report_to
    if sender_id is None or to is None or officers.has_left(session, sender_id=sender_id, address=to):
        admins = officers.accounts(session, agency.id, role=Role.ADMIN)
        return [(account.sender_id, account.address) for account in admins]
    return [(sender_id, to)]
