"""Tables of what is known in numbers: kept by every settlement so that nothing counts, and all that stays for ever."""

from sqlalchemy import ForeignKey, String
from sqlalchemy.orm import Mapped, mapped_column

from db.base import Base, Id, words
from delivery.states import DeliveryState, Milestone


class Tally(Base):
    """How many deliveries of a consignment are in a state, by sender. Every settlement keeps it, so nothing counts."""

    __tablename__ = "tallies"

    consignment_id: Mapped[int] = mapped_column(Id, primary_key=True)
    sender_id: Mapped[int] = mapped_column(Id, primary_key=True)
    state: Mapped[DeliveryState] = mapped_column(words(DeliveryState), primary_key=True)
    count: Mapped[int] = mapped_column(default=0)


class CurvePoint(Base):
    """How many people of a consignment reached a milestone in one bucket of time after the launch, by sender.

    Every settlement keeps it. `delivery/curve.py` says which spans a bucket holds.
    """

    __tablename__ = "curve_points"

    consignment_id: Mapped[int] = mapped_column(Id, primary_key=True)
    sender_id: Mapped[int] = mapped_column(Id, primary_key=True)
    milestone: Mapped[Milestone] = mapped_column(words(Milestone), primary_key=True)
    bucket: Mapped[int] = mapped_column(primary_key=True)
    count: Mapped[int] = mapped_column(default=0)


class Reason(Base):
    """How many people of a consignment were not reached for a reason: what stays when its deliveries have left."""

    __tablename__ = "reasons"

    consignment_id: Mapped[int] = mapped_column(ForeignKey("consignments.id"), primary_key=True)
    state: Mapped[DeliveryState] = mapped_column(words(DeliveryState), primary_key=True)
    reason: Mapped[str] = mapped_column(String(40), primary_key=True)
    count: Mapped[int]
