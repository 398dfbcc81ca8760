"""Who stopped after which announcement: counted from the consent record and the ledger while it can still grow.

A stop counts for the announcement that reached the person last before it, within a day; for none if there was none.
Counted anew each time from what was said, so a number is right however often, and by however many, it is written.
"""

from collections import Counter
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from db import bulk
from delivery.models import Delivery
from delivery.states import TAKEN
from insight.census import WITHDRAWN
from insight.launched import Launched
from insight.models import OptOut
from subscribers.models import Consent

WITHIN = timedelta(days=1)
AT_MOST = 20_000  # stops, the newest: whoever has more of them in a day needs no finer number


@dataclass(frozen=True, slots=True)
class Stops:
    """How many people stopped after an announcement, and when the last of them did."""

    people: int
    last_at: datetime | None = None


def count(session: Session, agency_id: int, launched: Sequence[Launched]) -> None:
    """Write how many stopped after each of these, which left within the last two days. A number never falls: who had
    everything deleted since has stopped all the same."""
    if not launched:
        return
    ids, since = [each.id for each in launched], min(each.launched_at for each in launched)
    found, known = counted(_said(session, agency_id, ids, since)), of(session, ids)
    for id in ids:
        here = found.get(id, Stops(0))
        if id not in known or here.people > known[id].people:
            _write(session, id, here)


def of(session: Session, ids: Collection[int]) -> Mapping[int, Stops]:
    """The numbers by announcement; of one that is older than this table there is none."""
    rows = select(OptOut.consignment_id, OptOut.people, OptOut.last_at).where(OptOut.consignment_id.in_(ids))
    return {id: Stops(people, last_at) for id, people, last_at in session.execute(rows)}


Said = tuple[int, datetime, int, datetime]
"""Who said stop, when; which announcement had reached them, and when."""


def _said(session: Session, agency_id: int, ids: Sequence[int], since: datetime) -> list[Said]:
    stopped = select(Consent.subscriber_id, Consent.at).where(  # ix_consents_withdrawn
        Consent.agency_id == agency_id, Consent.at >= since, Consent.kind == WITHDRAWN
    )
    some = stopped.order_by(Consent.at.desc()).limit(AT_MOST).subquery()
    reached_at = func.coalesce(Delivery.accepted_at, Delivery.sent_at, Delivery.delivered_at, Delivery.read_at)
    question = select(some.c.subscriber_id, some.c.at, Delivery.consignment_id, reached_at).join(
        Delivery, Delivery.subscriber_id == some.c.subscriber_id
    )
    mine = question.where(Delivery.consignment_id.in_(ids), Delivery.state.in_(TAKEN))  # the primary key
    return [(who, at, id, then) for who, at, id, then in session.execute(mine) if then is not None]


def counted(said: Sequence[Said]) -> dict[int, Stops]:
    """The stops of each announcement, from all that had reached whoever stopped. Pure."""
    blamed: dict[tuple[int, datetime], tuple[datetime, int]] = {}  # one stop -> what had reached them last
    for who, at, id, then in said:
        if then <= at < then + WITHIN:
            blamed[who, at] = max(blamed.get((who, at), (then, id)), (then, id))
    last: dict[int, datetime] = {}
    for (_, at), (_, id) in blamed.items():
        last[id] = max(at, last.get(id, at))
    people = Counter(id for id, _ in {(id, who) for (who, _), (_, id) in blamed.items()})
    return {id: Stops(number, last[id]) for id, number in people.items()}


def _write(session: Session, consignment_id: int, stops: Stops) -> None:
    values = {"people": stops.people, "last_at": stops.last_at}
    row = bulk.insert(session, OptOut).values(consignment_id=consignment_id, **values)
    fewer = OptOut.people < stops.people
    session.execute(row.on_conflict_do_update(index_elements=["consignment_id"], set_=values, where=fewer))
