"""Somebody of an agency with three topics."""

import pytest
from sqlalchemy.orm import Session

from delivery.models import Sender
from subscribers import directory
from subscribers.models import Subscriber
from tests.bot import people


@pytest.fixture
def sender(session: Session) -> Sender:
    """A bot of an agency with three topics."""
    owner = people.agency(session)
    people.three_topics(session, owner)
    return people.sender(session, owner)


@pytest.fixture
def subscriber(session: Session, sender: Sender) -> Subscriber:
    """Somebody who has agreed to nothing yet."""
    return directory.make(session, sender, "4242", locale="en", now=people.START).subscriber
