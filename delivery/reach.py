"""What we do about an address that cannot be reached: the one place where quarantine and a circuit breaker will fit."""

from datetime import datetime

from sqlalchemy.orm import Session

from channels.contract import Unreachable
from subscribers import suppression
from subscribers.models import SuppressionReason

THEIR_DOING = frozenset({"blocked", "opted_out"})
"""What `Unreachable.reason` says where the person did it; everything else says that there is nobody at the address."""


def unreachable(
    session: Session, *, agency_id: int, sender_id: int, value: str, refusal: Unreachable, now: datetime
) -> None:
    """Give up an address, until somebody speaks from it. Their consent and their subscriptions stay as they are."""
    reason = SuppressionReason.BLOCKED if refusal.reason in THEIR_DOING else SuppressionReason.INVALID
    suppression.put(
        session,
        agency_id=agency_id,
        sender_id=sender_id,
        value=value,
        reason=reason,
        now=now,
        detail=refusal.reason or refusal.code,
    )
