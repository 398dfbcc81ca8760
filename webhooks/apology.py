"""What somebody reads whose words we could not handle: that it is our mistake, in their language."""

from datetime import datetime

from sqlalchemy.orm import Session

from channels.contract import Event, Inbound
from delivery import letters
from delivery.drafts import Draft
from delivery.models import Sender
from locales import texts
from staff.models import Agency
from subscribers import directory


def post(session: Session, sender: Sender, event: Event | None, *, now: datetime) -> None:
    """Apologise to whoever said something; who only blocked us or came back is told nothing."""
    if not isinstance(event, Inbound):
        return
    draft = Draft(texts.say("error.sorry", _locale(session, sender, event)))
    letters.post(session, sender_id=sender.id, agency_id=sender.agency_id, to=event.address, draft=draft, now=now)


def _locale(session: Session, sender: Sender, inbound: Inbound) -> str:
    """Their own language; of somebody we do not know yet, the platform's guess or the agency's first."""
    known = directory.find(session, sender_id=sender.id, value=inbound.address)
    if known is not None:
        return known.subscriber.locale
    enabled = session.get_one(Agency, sender.agency_id).locales or texts.locales()
    return texts.resolve(inbound.locale_hint, enabled) or enabled[0]
