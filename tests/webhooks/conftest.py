"""A door that is open, before a database of each kind."""

from collections.abc import Iterator

import pytest

from db.engine import Sessions
from delivery.models import Sender
from tests.webhooks.gate import Gate, opened


@pytest.fixture
def gate(sessions: Sessions) -> Iterator[Gate]:
    """A door on a web server, and nobody behind it yet."""
    with opened(Gate(sessions)) as at:
        yield at


@pytest.fixture
def bot(gate: Gate) -> Sender:
    """A Telegram bot of the Water Board."""
    return gate.bot(gate.agency("water"))


@pytest.fixture
def number(gate: Gate) -> Sender:
    """A WhatsApp number of the Health Board."""
    return gate.number(gate.agency("health"))
