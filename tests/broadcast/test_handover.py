"""What is planned is what the post office sends: the gate lets everybody counted through, with the previewed text."""

from datetime import timedelta

import pytest
from sqlalchemy.orm import Session, sessionmaker

from broadcast import compose, counting, launch, planning, previews
from broadcast.models import Broadcast
from broadcast.states import Kind
from delivery import batches, gate, people
from delivery.models import Sender
from delivery.states import Lane
from subscribers.models import Cadence
from tests.broadcast.places import LOCALES, NOW, Place, limits_of, ready, settle, subscriber

Sessions = sessionmaker[Session]
Decided = gate.Send | gate.Withheld | gate.Postponed


def decisions(session: Session, sender: Sender, *, later: timedelta) -> dict[int, Decided]:
    """What the gate says of everybody in the batches of this sender."""
    found: dict[int, Decided] = {}
    lease = timedelta(seconds=15)
    while leased := batches.lease(session, sender.id, tuple(Lane), slots=100, now=NOW, lease_for=lease):
        limits = limits_of(sender.channel)
        known = people.read(session, leased, leased.recipients, limits, now=NOW + later)
        words = people.wordings(session, leased)
        for person in leased.recipients:
            found[person] = gate.decide(known.get(person), words, limits, now=NOW + later)
    return found


def launched(session: Session, kind: Kind) -> tuple[Place, Broadcast]:
    place = settle(session)
    for number in range(40):
        home = place.free if number % 2 else place.strict
        cadence = Cadence.DAILY if number % 5 == 0 else Cadence.AT_ONCE
        subscriber(session, place, at=[home], locale=LOCALES[number % 4], cadence=cadence)
    made = ready(session, place, kind)
    compose.set_text(session, made, place.author, locale="ta", text="நீர் உயர்கிறது.")
    launch.start(session, made, limits_of=limits_of, now=NOW)
    return place, made


@pytest.mark.parametrize("kind", [Kind.ALERT, Kind.NOTICE, Kind.BULLETIN])
def test_everybody_counted_gets_the_previewed_text_or_the_approved_wording(sessions: Sessions, kind: Kind) -> None:
    with sessions.begin() as session:
        place, made = launched(session, kind)
        counted = counting.count(session, made, now=NOW)
        shown = previews.of(session, made, limits_of=limits_of)
    planning.plan(sessions, made.id, limits_of=limits_of, clock=lambda: NOW, block=7)
    with sessions.begin() as session:
        free = decisions(session, place.free, later=timedelta(0))
        strict = decisions(session, place.strict, later=timedelta(days=2))
    sends = [each for each in [*free.values(), *strict.values()] if isinstance(each, gate.Send)]
    assert len(sends) == counted.people > 0
    assert {send.text for send in sends} <= {preview.text for preview in shown}
    templates = [each.template for each in strict.values() if isinstance(each, gate.Send)]
    assert {template.provider_id for template in templates if template} <= {"HX-en", "HX-ta"}
    assert all(template is not None and set(template.variables) == {"1", "2"} for template in templates)
