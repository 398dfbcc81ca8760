"""What a sender's successes and failures mean for the addresses it writes to: strikes, quarantine, the breaker.

One call for each settlement, in the settling transaction and after its ledger rows and tallies, so that everybody
locks in the same order: tallies, the slot, the breaker, the addresses.
"""

from collections.abc import Collection
from datetime import datetime

from sqlalchemy.orm import Session

from delivery import breaker, quarantine
from delivery.quarantine import Lost as Lost


def after_send(
    session: Session,
    sender_id: int,
    *,
    agency_id: int,
    sent: int,
    lost: Collection[Lost] = (),
    arrived: Collection[str] = (),
    now: datetime,
) -> None:
    """Note that `sent` messages had an answer, which of their addresses were `lost`, and where a probe `arrived`.

    `sent` includes those that were lost, unless they were counted before (a receipt: 0). Consent and subscriptions
    stay as they are whatever happens here.
    """
    breaker.count(session, sender_id, sent=sent, unreachable=len(lost), now=now)
    if lost and not breaker.is_open(session, sender_id, now=now):
        quarantine.strike(session, sender_id, lost, agency_id=agency_id, now=now)
    quarantine.lift(session, sender_id, arrived)


def after_arrivals(session: Session, sender_id: int, subscriber_ids: Collection[int]) -> None:
    """Receipts say that messages reached these subscribers: their quarantine at this sender is over."""
    quarantine.lift_of(session, sender_id, subscriber_ids)
