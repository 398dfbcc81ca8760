"""What a library says in its exceptions does not carry people's words into the log."""

import logging
import sys
from collections.abc import Iterator

import pytest
import structlog
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

import logs
from staff.models import Agency
from subscribers.models import Consent, ConsentKind, Source
from tests.bot.people import START

ADDRESS, TOKEN = "whatsapp:+6591234567", "110201543:AAHdqTcvCH1vGWJxfSeofSAs0K5PALDsaw"

QUOTED = (f"https://127.0.0.1/bot{TOKEN}/send", "redis://me:hunter2@127.0.0.1/0", ADDRESS, "5400998877")


@pytest.fixture(params=["json", "console"])
def handler(request: pytest.FixtureRequest) -> Iterator[logging.Handler]:
    """The one handler of a process, in each form; the test run's own are put back afterwards."""
    root = logging.getLogger()
    before, level = list(root.handlers), root.level
    logs.configure(level="debug", form=request.param)
    yield root.handlers[0]
    root.handlers[:] = before
    root.setLevel(level)
    structlog.reset_defaults()


def written(handler: logging.Handler) -> str:
    """The line about the exception that is being handled."""
    record = logging.LogRecord("library", logging.ERROR, __file__, 1, "failed", (), sys.exc_info())
    return handler.format(record)


def test_a_row_the_database_refused_is_not_quoted(session: Session, handler: logging.Handler) -> None:
    session.add(Agency(slug="city", name="City", locales=["en"], created_at=START))
    session.flush()
    line = Consent(agency_id=1, subscriber_id=1, kind=ConsentKind.GRANTED, source=Source.CHAT, evidence={"to": ADDRESS})
    line.wording = f"my secret illness\n\nwrite to {ADDRESS}"  # and no instant: the row is refused
    session.add(line)
    try:
        session.flush()
    except IntegrityError as error:
        said = written(handler) + str(logs.without_values(None, "", {"error": str(error)}))
    assert said.count("IntegrityError") + said.count("NotNullViolation") >= 3
    assert "test_logs.py" in said, "frames stay"
    for secret in ("secret illness", ADDRESS, "91234567"):
        assert secret not in said


def test_tokens_and_passwords_in_exceptions_are_left_out(handler: logging.Handler) -> None:
    try:
        raise OSError(" ".join(QUOTED))
    except OSError:
        said = written(handler)
    assert "OSError: https://127.0.0.1/bot" in said
    for secret in (TOKEN, "hunter2", "91234567", "5400998877"):
        assert secret not in said


def test_references_stay_for_they_are_what_an_operator_looks_for() -> None:
    event = {"event": "channel.broke_its_contract", "reference": "12345678-99999999-1", "call_id": 123456789}
    assert logs.without_values(None, "", dict(event)) == event
