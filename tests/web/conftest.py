"""Fixtures for pages."""

import pytest
from sqlalchemy.orm import Session, sessionmaker

from tests.web.town import Town


@pytest.fixture
def town(sessions: sessionmaker[Session]) -> Town:
    """A town on a fresh database."""
    return Town(sessions)
