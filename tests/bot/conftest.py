"""Fixtures for conversations."""

import pytest
from sqlalchemy.orm import Session

from delivery.models import Sender
from tests.bot import people


@pytest.fixture
def telegram(session: Session) -> Sender:
    """A bot of an agency with three topics."""
    owner = people.agency(session)
    people.three_topics(session, owner)
    return people.sender(session, owner)


@pytest.fixture
def whatsapp(session: Session) -> Sender:
    """A WhatsApp number of an agency with three topics."""
    owner = people.agency(session, "whats")
    people.three_topics(session, owner)
    return people.sender(session, owner, "whatsapp")
