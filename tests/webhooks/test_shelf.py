"""What providers fetch from us: by an address nobody can guess, as what it is, and nothing else."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import select

from channels.contract import WORD, MediaKind
from db.engine import Sessions
from delivery import letters, media
from delivery.drafts import Draft, File
from delivery.models import Enclosure
from staff.models import Agency
from tests.bot import people
from webhooks import shelf

NOW = datetime(2026, 11, 25, tzinfo=UTC)
PDF = b"%PDF-1.7 the plan"


@pytest.fixture
def token(sessions: Sessions) -> str:
    with sessions.begin() as session:
        agency = Agency(slug="weather", name="Weather", locales=["en"], created_at=NOW)
        session.add(agency)
        session.flush()
        return media.keep(session, agency.id, MediaKind.DOCUMENT, PDF, name='a "plan"\r\n.pdf', now=NOW).token


@pytest.fixture
def client(sessions: Sessions) -> Iterator[FlaskClient]:
    app = Flask("test")
    app.register_blueprint(shelf.blueprint(sessions, lambda: NOW))
    with app.test_client() as client:
        yield client


def test_media_are_shown_at_their_token_as_what_they_are(client: FlaskClient, token: str) -> None:
    answer = client.get(f"/media/{token}")
    assert (answer.status_code, answer.data, answer.content_type) == (200, PDF, "application/pdf")
    assert answer.headers["Content-Disposition"] == "inline; filename*=UTF-8''a%20%22plan%22.pdf"


@pytest.mark.parametrize("path", ["/media/", "/media", "/media/1", "/media/../media", "/media/%00"])
def test_nothing_is_listed_and_nothing_else_is_shown(client: FlaskClient, token: str, path: str) -> None:
    assert client.get(path).status_code == 404


def test_one_persons_file_is_shown_for_a_quarter_of_an_hour_and_kept_by_nobody(sessions: Sessions, token: str) -> None:
    with sessions.begin() as session:
        agency = session.scalars(select(Agency)).one()
        sender = people.sender(session, agency, "whatsapp")
        draft = Draft("Your file.", file=File("my-data.docx", WORD, b"all of it"), alternative="None.")
        letters.post(session, sender_id=sender.id, agency_id=agency.id, to="whatsapp:+65", draft=draft, now=NOW)
        place = f"/media/{session.scalars(select(Enclosure.token)).one()}"
    moment = [NOW]
    app = Flask("test")
    app.register_blueprint(shelf.blueprint(sessions, lambda: moment[0]))
    with app.test_client() as client:
        answer = client.get(place)
        assert (answer.status_code, answer.data, answer.content_type) == (200, b"all of it", WORD)
        assert answer.headers["Content-Disposition"] == 'inline; filename="my-data.docx"'
        assert answer.headers["Cache-Control"] == "no-store"
        assert client.head(place).status_code == 200  # Twilio looks at the type first
        assert client.get(f"{place}x").status_code == 404
        assert client.get(f"/media/{token}").headers["Cache-Control"] == "private"
        moment[0] += timedelta(minutes=15)
        assert client.get(place).status_code == 404


def test_a_token_cannot_be_guessed(token: str) -> None:
    assert len(token) >= 43
