"""What tests of figures start from: an agency whose people come, go and are written to at given hours."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy.orm import Session

from delivery.models import Consignment, Delivery, Tally
from delivery.states import ConsignmentState, DeliveryState, DoubtPolicy, Lane
from insight.launched import Launched
from staff.models import Account, Agency, Officer
from subscribers import consent
from subscribers.models import Source, Subscriber
from tests.broadcast.places import NOW, Place, settle, subscriber


@dataclass
class Town:
    """An agency, and what happens in it."""

    session: Session
    place: Place

    @property
    def agency(self) -> Agency:
        """Whose it is."""
        return self.place.agency

    def comes(self, at: datetime = NOW, locale: str = "en") -> Subscriber:
        """Somebody says yes."""
        person = subscriber(self.session, self.place, at=[self.place.free], locale=locale, has_consented=False)
        self.says(person, at, is_yes=True)
        return person

    def says(self, person: Subscriber, at: datetime, *, is_yes: bool) -> None:
        """Yes, or stop."""
        word = consent.grant if is_yes else consent.withdraw
        evidence = {"at": at.isoformat()}
        word(self.session, person, source=Source.CHAT, wording="yes" if is_yes else "STOP", evidence=evidence, now=at)

    def launches(self, at: datetime, people: int = 0, **states: int) -> Launched:
        """A consignment with these tallies at one sender."""
        number = (self.session.query(Consignment).count() + 1) * 10 + self.agency.id
        row = Consignment(id=number, agency_id=self.agency.id, lane=Lane.NOTICE, state=ConsignmentState.OPEN)
        row.policy, row.cadences, row.created_at, row.launched_at = DoubtPolicy.RESEND, [], at, at
        row.deadline_at = at + timedelta(days=1)
        self.session.add(row)
        self.session.flush()
        for state, number_of in states.items():
            sender_id = self.place.free.id
            count = {"consignment_id": number, "sender_id": sender_id, "state": DeliveryState(state)}
            self.session.add(Tally(**count, count=number_of))
        self.session.flush()
        return Launched(number, f"C{number}", at, people or sum(states.values()), self.place.author.id)

    def reaches(self, launched: Launched, person: Subscriber, at: datetime) -> None:
        """A message of it is accepted for somebody."""
        row = Delivery(consignment_id=launched.id, subscriber_id=person.id, sender_id=self.place.free.id, attempt=1)
        row.state, row.accepted_at = DeliveryState.ACCEPTED, at
        self.session.add(row)
        self.session.flush()

    def binds(self, officer: Officer, address: str) -> None:
        """An officer opens their link."""
        account = Account(officer_id=officer.id, sender_id=self.place.free.id, address=address, bound_at=NOW)
        self.session.add(account)
        self.session.flush()


def found(session: Session, slug: str = "floods") -> Town:
    """A town of its own."""
    return Town(session, settle(session, slug))
