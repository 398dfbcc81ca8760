"""The page behind a person's own link: shown as often as one likes, each file fetched once, for 15 minutes."""

import json
import re
from collections.abc import Iterator
from datetime import timedelta

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import select

from delivery.models import Sender
from helpdesk.models import Question
from locales import texts
from subscribers import links
from subscribers.models import Subscriber
from tests.webhooks import gate as calls
from tests.webhooks.gate import Gate
from webhooks import mine

TALK = ["/start", "English", "1", "done", "yes", "you are <b>late</b>", "/mydata"]


@pytest.fixture
def moment() -> list[timedelta]:
    """How far the page's clock is ahead."""
    return [timedelta()]


@pytest.fixture
def browser(gate: Gate, moment: list[timedelta]) -> Iterator[FlaskClient]:
    """A browser on the page, beside the door."""
    app = Flask("mine")
    desk = mine.Desk(gate.sessions, gate.board, lambda: calls.utc_now() + moment[0], "/-/style.0.css")
    app.register_blueprint(mine.blueprint(desk))
    with app.test_client() as client:
        yield client


def link_of(gate: Gate, bot: Sender, chat: int = 42) -> str:
    """The path that /mydata answers with, after a whole conversation."""
    for number, text in enumerate(TALK, start=chat * 100):
        gate.telegram(bot, calls.update(number, chat, text))
        gate.work()
    found = re.search(r"https://city\.example(/mine/\S+)", "\n".join(gate.answers(str(chat))))
    assert found is not None
    return found[1]


def test_looking_at_the_link_uses_nothing_up_and_each_file_is_given_once(
    gate: Gate, bot: Sender, browser: FlaskClient
) -> None:
    link = link_of(gate, bot)
    for _ in range(3):  # an app's preview, and the person
        page = browser.get(link)
        assert page.status_code == 200
        assert "style-src 'self'; form-action 'self'" in page.headers["Content-Security-Policy"]
        assert '<link rel="stylesheet" href="/-/style.0.css">' in page.text
        assert "<script" not in page.text
        assert page.text.count('method="post"') == 2
    for file in ("text", "data"):
        assert browser.post(f"{link}/{file}").status_code == 200
        again = browser.post(f"{link}/{file}")
        assert again.status_code == 404
        assert f'<p lang="ta" dir="ltr">{texts.say("mine.gone", "ta")}</p>' in again.text
    assert browser.post(f"{link}/else").status_code == 404


def test_the_files_hold_what_we_know_of_them_and_nothing_of_anybody_else(
    gate: Gate, bot: Sender, browser: FlaskClient
) -> None:
    link_of(gate, bot, chat=31_415_926)
    link = link_of(gate, bot)
    answer = browser.post(f"{link}/data")
    assert answer.headers["Content-Disposition"] == 'attachment; filename="my-data.json"'
    known = json.loads(answer.data)
    person = known["person"]
    assert [each["value"] for each in person["addresses"]] == ["42"]
    assert [each["name"] for each in person["topics"]] == ["Floods"]
    assert [each["kind"] for each in person["consents"]] == ["granted"]
    assert sorted(each["text"] for each in known["you_wrote"]) == sorted(TALK)
    assert len(known["we_answered"]) == len(TALK) + 1  # the file in the chat is a letter of its own
    assert known["conversations"]
    text = browser.post(f"{link}/text").text
    assert "Topic: Floods (at once)" in text
    assert "you agreed to: “" in text
    assert "you are <b>late</b>" in text
    assert "31415926" not in json.dumps(person)


def test_the_files_hold_what_the_office_was_asked_and_where_they_came_from(
    gate: Gate, bot: Sender, browser: FlaskClient
) -> None:
    link = link_of(gate, bot)
    with gate.sessions.begin() as session:
        person = session.scalars(select(Subscriber)).one()
        poster = links.add(session, agency_id=bot.agency_id, source="poster", now=calls.utc_now())
        person.link_id = poster.id
        for asker, words in ((person.id, "Why is it brown?"), (person.id + 1, "Another's words")):
            asked = Question(agency_id=bot.agency_id, sender_id=bot.id, address="42", subscriber_id=asker, locale="en")
            asked.text, asked.asked_at, asked.answer = words, calls.utc_now(), "Old pipes."
            session.add(asked)
    known = json.loads(browser.post(f"{link}/data").data)
    assert known["person"]["arrived_by"] == "poster"
    assert [(each["text"], each["answer"]) for each in known["you_asked"]] == [("Why is it brown?", "Old pipes.")]
    text = browser.post(f"{link}/text").text
    assert "Came by: poster" in text
    assert "Why is it brown?" in text
    assert "Another's words" not in text


def test_a_link_is_over_after_a_quarter_of_an_hour_and_with_the_next_one(
    gate: Gate, bot: Sender, browser: FlaskClient, moment: list[timedelta]
) -> None:
    old = link_of(gate, bot)
    gate.telegram(bot, calls.update(9_999, 42, "my data"))
    gate.work()
    assert browser.get(old).status_code == 404
    found = re.search(r"https://city\.example(/mine/\S+)", gate.answers("42")[-2])
    assert found is not None
    assert browser.get(found[1]).status_code == 200
    moment[0] = timedelta(minutes=16)
    assert browser.get(found[1]).status_code == 404
    assert browser.post(f"{found[1]}/text").status_code == 404
    assert browser.get("/mine/guessed").status_code == 404


def test_the_link_goes_with_the_person(gate: Gate, bot: Sender, browser: FlaskClient) -> None:
    link = link_of(gate, bot)
    for number, text in enumerate(["/deleteme", "DELETE"], start=9_000):
        gate.telegram(bot, calls.update(number, 42, text))
        gate.work()
    assert browser.get(link).status_code == 404
