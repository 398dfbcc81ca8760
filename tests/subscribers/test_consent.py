"""The consent record and what follows from it; suppressions beside it."""

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy.orm import Session

from delivery.models import Sender
from subscribers import consent, directory, suppression, topics
from subscribers.models import Cadence, ConsentKind, Source, Subscriber, SuppressionReason
from tests.bot import people

NOW = datetime(2026, 11, 24, 8, 0, tzinfo=UTC)


def agree(session: Session, subscriber: Subscriber, *, event: str, at: datetime = NOW) -> None:
    """They say yes."""
    consent.grant(session, subscriber, source=Source.CHAT, wording="Yes", evidence={"event_id": event}, now=at)


def stop(session: Session, subscriber: Subscriber, *, event: str, at: datetime = NOW) -> None:
    """They say stop."""
    consent.withdraw(session, subscriber, source=Source.CHAT, wording="stop", evidence={"event_id": event}, now=at)


def test_agreeing_twice_keeps_the_first_moment_and_all_the_evidence(session: Session, subscriber: Subscriber) -> None:
    agree(session, subscriber, event="e1")
    agree(session, subscriber, event="e2", at=NOW + timedelta(days=1))
    assert subscriber.consented_at == NOW
    assert [line.evidence for line in consent.history(session, subscriber.id)] == [
        {"event_id": "e1"},
        {"event_id": "e2"},
    ]


def test_the_same_evidence_is_written_once(session: Session, subscriber: Subscriber) -> None:
    agree(session, subscriber, event="e1")
    agree(session, subscriber, event="e1", at=NOW + timedelta(hours=1))
    assert len(consent.history(session, subscriber.id)) == 1
    stop(session, subscriber, event="e1")
    stop(session, subscriber, event="e1")
    assert len(consent.history(session, subscriber.id)) == 2


@settings(max_examples=30, deadline=None, suppress_health_check=list(HealthCheck), database=None)
@given(words=st.lists(st.tuples(st.booleans(), st.integers(0, 3)), max_size=8))
def test_whether_we_may_write_is_always_the_sum_of_the_record(
    session: Session, sender: Sender, words: list[tuple[bool, int]]
) -> None:
    person = directory.make(session, sender, f"{id(words)}-{len(words)}-{words}"[:120], locale="en", now=NOW).subscriber
    for is_yes, event in words:
        (agree if is_yes else stop)(session, person, event=str(event))
        lines = consent.history(session, person.id)
        assert (person.consented_at is not None) is (lines[-1].kind is ConsentKind.GRANTED) is is_yes
    assert consent.has_withdrawn(session, person.id) is any(not is_yes for is_yes, _ in words)


def test_a_topic_of_another_agency_cannot_be_held(session: Session, subscriber: Subscriber) -> None:
    other = people.agency(session, "nea", ("en",))
    haze = topics.add(session, agency_id=other.id, key="haze", names={"en": "Haze"}, locales=["en"])
    topics.subscribe(session, subscriber, [haze.id], now=NOW)
    assert topics.toggle(session, subscriber, haze.id, now=NOW) is None
    assert topics.held(session, subscriber) == {}


def test_subscribing_again_keeps_the_cadence(session: Session, subscriber: Subscriber) -> None:
    floods = topics.list_for(session, subscriber.agency_id)[0]
    topics.subscribe(session, subscriber, [floods.id], now=NOW)
    assert topics.set_cadence(session, subscriber, floods.id, Cadence.DAILY)
    topics.subscribe(session, subscriber, [floods.id], now=NOW)
    assert topics.held(session, subscriber) == {floods.id: Cadence.DAILY}
    assert topics.toggle(session, subscriber, floods.id, now=NOW) is False
    assert not topics.set_cadence(session, subscriber, floods.id, Cadence.DAILY)


@pytest.mark.parametrize(
    ("key", "names", "reason"),
    [
        ("Big Floods", {"en": "Floods", "ms": "Banjir"}, "may hold a-z"),
        ("floods", {"en": "Floods", "ms": "Banjir"}, "already a topic"),
        ("haze", {"en": "Haze"}, "no name in ms"),
        ("haze", {"en": "Haze", "ms": "  "}, "no name in ms"),
    ],
)
def test_a_bad_topic_is_refused_with_the_reason(
    session: Session, sender: Sender, key: str, names: dict[str, str], reason: str
) -> None:
    with pytest.raises(topics.BadTopic, match=reason):
        topics.add(session, agency_id=sender.agency_id, key=key, names=names, locales=("en", "ms"))


def test_a_legal_suppression_replaces_a_weaker_one_and_stays(session: Session, sender: Sender) -> None:
    def put(reason: SuppressionReason) -> SuppressionReason | None:
        suppression.put(session, agency_id=1, sender_id=sender.id, value="7", reason=reason, now=NOW)
        return suppression.reason(session, sender_id=sender.id, value="7")

    assert put(SuppressionReason.INVALID) is SuppressionReason.INVALID
    assert put(SuppressionReason.BLOCKED) is SuppressionReason.INVALID
    assert put(SuppressionReason.LEGAL) is SuppressionReason.LEGAL
    assert put(SuppressionReason.BLOCKED) is SuppressionReason.LEGAL
    assert not suppression.lift(session, sender_id=sender.id, value="7")
    assert suppression.lift_legal(session, sender_id=sender.id, value="7")
    assert suppression.reason(session, sender_id=sender.id, value="7") is None
