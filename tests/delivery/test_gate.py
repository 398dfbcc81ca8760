"""Who may be written to, and how."""

from dataclasses import replace
from datetime import timedelta

import pytest

from channels.contract import Template
from delivery.gate import Person, Send, Withheld, Words, decide
from tests.delivery.conftest import NOW
from tests.delivery.pigeon import LIMITS

WINDOW = replace(LIMITS, reply_window=timedelta(hours=24), needs_template=True)
WORDS = {"en": Words("Rain.", "HX1", {"1": "Rain."}), "ms": Words("Hujan.")}
SOMEBODY = Person(1, "en", "42", NOW - timedelta(hours=1), is_consented=True, holds_topic=True, is_suppressed=False)


@pytest.mark.parametrize(
    ("person", "why"),
    [
        (None, Withheld.NO_CONSENT),
        (SOMEBODY._replace(is_consented=False), Withheld.NO_CONSENT),
        (SOMEBODY._replace(holds_topic=False), Withheld.TOPIC_LEFT),
        (SOMEBODY._replace(address=None), Withheld.NO_ADDRESS),
        (SOMEBODY._replace(is_suppressed=True), Withheld.SUPPRESSED),
        (SOMEBODY._replace(is_quarantined=True, is_struck=True), Withheld.QUARANTINED),
        (SOMEBODY._replace(locale="ta"), Withheld.NO_WORDING),
        (SOMEBODY._replace(locale="ms", last_inbound_at=None), Withheld.WINDOW_CLOSED),
    ],
)
def test_who_gets_nothing_and_why(person: Person | None, why: Withheld) -> None:
    assert decide(person, WORDS, WINDOW, now=NOW) is why


@pytest.mark.parametrize(
    ("minutes", "is_free"), [(0, True), (23 * 60 + 54, True), (23 * 60 + 56, False), (3000, False)]
)
def test_free_text_inside_the_reply_window_and_the_template_outside(minutes: int, is_free: bool) -> None:
    person = SOMEBODY._replace(last_inbound_at=NOW - timedelta(minutes=minutes))
    sent = decide(person, WORDS, WINDOW, now=NOW)
    assert sent == Send("42", WORDS["en"], is_free)
    assert sent.template == (None if is_free else Template("HX1", {"1": "Rain."}))


def test_a_channel_without_a_reply_window_always_takes_free_text() -> None:
    assert decide(SOMEBODY._replace(last_inbound_at=None), WORDS, LIMITS, now=NOW) == Send(
        "42", WORDS["en"], is_free=True
    )


def test_after_the_quarantine_a_message_is_a_probe() -> None:
    sent = decide(SOMEBODY._replace(is_struck=True), WORDS, LIMITS, now=NOW)
    assert sent == Send("42", WORDS["en"], is_free=True, is_probe=True)


def test_an_alert_is_a_probe_at_any_time() -> None:
    person = SOMEBODY._replace(is_quarantined=True, is_struck=True)
    sent = decide(person, WORDS, LIMITS, now=NOW, is_alert=True)
    assert sent == Send("42", WORDS["en"], is_free=True, is_probe=True)
    assert decide(person._replace(is_suppressed=True), WORDS, LIMITS, now=NOW, is_alert=True) is Withheld.SUPPRESSED
