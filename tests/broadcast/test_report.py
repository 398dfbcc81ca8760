"""What an officer is told comes from the tallies, in their language, with reasons a person understands."""

from datetime import timedelta

import pytest
from sqlalchemy.orm import Session

from broadcast import compose, launch, report
from broadcast.models import Broadcast, Plan
from broadcast.states import State
from delivery import curves, retries
from delivery.gate import Withheld
from delivery.models import Consignment, Delivery, Postponement, Tally
from delivery.states import DeliveryState, Milestone
from locales import texts
from tests.broadcast.places import NOW, Place, limits_of, ready, settle, subscriber

LATER = NOW + timedelta(seconds=10)


def sent(session: Session, place: Place, people: int = 100) -> Broadcast:
    """A broadcast that is being sent and whose audience is frozen."""
    made = ready(session, place)
    seen = compose.fingerprint(session, made)
    launch.confirm(session, made, place.author, fingerprint=seen, limits_of=limits_of, now=NOW)
    session.add(Plan(broadcast_id=made.id, blocks=[], positions={}, people=people, touched_at=NOW, finished_at=NOW))
    made.audience_size = people
    session.flush()
    return made


def tally(session: Session, made: Broadcast, sender_id: int = 1, **counts: int) -> None:
    for state, count in counts.items():
        row = Tally(consignment_id=made.id, sender_id=sender_id, state=DeliveryState(state), count=count)
        session.merge(row)
    session.flush()


def failed(session: Session, made: Broadcast, person: int, state: DeliveryState, reason: str | None) -> None:
    row = Delivery(consignment_id=made.id, subscriber_id=person, sender_id=1, state=state, attempt=1, reason=reason)
    session.add(row)
    session.flush()


def figures(session: Session, made: Broadcast) -> report.Progress:
    return report.progress(session, made, limits_of=limits_of, now=LATER)


def card(session: Session, made: Broadcast, locale: str | None = "en") -> str:
    return report.card(session, made, limits_of=limits_of, now=LATER, locale=locale).text


def test_the_figures_are_the_sums_of_the_tallies_of_all_senders(session: Session) -> None:
    made = sent(session, settle(session))
    tally(session, made, 1, accepted=30, failed=2, unknown=1)
    tally(session, made, 2, sent=4, delivered=5, read=6, withheld=2)
    found = figures(session, made)
    assert (found.people, found.settled, found.handed_over) == (100, 50, 45)
    assert (found.delivered, found.read, found.failed, found.withheld, found.in_doubt) == (11, 6, 2, 2, 1)
    assert found.rate == 5.0
    assert found.finish_at == LATER + timedelta(seconds=10)


def test_the_card_says_who_waits_for_the_end_of_quiet_hours_and_the_finish_waits_with_them(session: Session) -> None:
    made = sent(session, settle(session))
    session.add(Consignment(**consignment(made)))
    session.flush()
    for hours, count in ((-1, 5), (8, 22), (9, 11)):
        session.add(Postponement(consignment_id=made.id, until=NOW + timedelta(hours=hours), count=count))
    tally(session, made, accepted=67)
    found = figures(session, made)
    assert found.quiet == retries.Quiet(33, NOW + timedelta(hours=8), NOW + timedelta(hours=9))
    assert found.finish_at is not None
    assert found.finish_at > NOW + timedelta(hours=9)
    assert "🌙 Waiting for the end of their quiet hours: 33, the last until 24 Nov 2026, 6:00 pm" in card(session, made)
    made.state = State.CANCELLED
    assert "🌙" not in card(session, made)


def consignment(made: Broadcast) -> dict[str, object]:
    """What planning would have opened."""
    same = {"agency_id": made.agency_id, "lane": "notice", "state": "open", "policy": "resend"}
    times = {"deadline_at": LATER, "launched_at": NOW, "created_at": NOW}
    return {"id": made.id, "cadences": ["at_once"], **same, **times}


def test_the_rate_is_that_of_the_last_seconds(session: Session) -> None:
    made = sent(session, settle(session))
    tally(session, made, accepted=50)
    made.reported_at, made.reported_count = LATER - timedelta(seconds=4), 10
    assert figures(session, made).rate == 10.0


def test_before_anything_moved_the_finish_is_judged_by_what_the_senders_can_do(session: Session) -> None:
    made = sent(session, settle(session), people=1100)
    assert figures(session, made).finish_at == LATER + timedelta(seconds=10)


@pytest.mark.parametrize("state", [State.PAUSED, State.FINISHED, State.CANCELLED])
def test_what_does_not_move_has_no_finish_time(session: Session, state: State) -> None:
    made = sent(session, settle(session))
    made.state = state
    found = figures(session, made)
    assert (found.rate, found.finish_at) == (0.0, None)


def test_the_card_says_it_in_the_officers_own_language(session: Session) -> None:
    place = settle(session)
    made = sent(session, place)
    tally(session, made, accepted=20)
    assert f"{made.code} · River levels · going out\n20 of 100 people (20%)" in card(session, made)
    officer = subscriber(session, place, at=[place.free], locale="ta")
    made.report_sender_id, made.report_to = place.free.id, f"{place.free.id}:{officer.id}"
    assert "ஆற்று நீர்மட்டம்" in card(session, made, locale=None)
    made.report_to = "somebody who never subscribed"
    assert "River levels" in card(session, made, locale=None)


def test_the_summary_says_how_long_it_took_and_why_some_got_nothing(session: Session) -> None:
    made = sent(session, settle(session))
    made.state, made.finished_at = State.FINISHED, NOW + timedelta(minutes=5)
    tally(session, made, accepted=96, failed=3, withheld=1)
    for person in (1, 2):
        failed(session, made, person, DeliveryState.FAILED, "unreachable")
    failed(session, made, 3, DeliveryState.WITHHELD, "no_consent")
    said = card(session, made)
    assert "It took 5 minutes." in said
    assert "they blocked us or left the app; they said stop" in said
    assert "done about" not in said


def test_a_summary_does_not_count_seconds(session: Session) -> None:
    made = sent(session, settle(session))
    made.state, made.finished_at = State.FINISHED, NOW + timedelta(seconds=2)
    assert "It took less than a minute." in card(session, made)


def test_every_state_has_a_card_in_every_language(session: Session) -> None:
    made = sent(session, settle(session))
    tally(session, made, accepted=5, delivered=3, failed=1, withheld=1, unknown=1)
    for state in State:
        made.state = state
        titles = {card(session, made, locale).splitlines()[0] for locale in texts.locales()}
        assert len(titles) == len(texts.locales())
        assert not any("{" in title for title in titles)


REFUSALS = ("throttled", "unavailable", "rejected", "unreachable", "misconfigured", "worker_lost", "other")


def test_every_reason_the_ledger_knows_has_plain_words() -> None:
    assert [each for each in [*Withheld, *REFUSALS] if not texts.has(f"report.reason.{each}")] == []


def test_a_reason_nobody_foresaw_is_another_reason(session: Session) -> None:
    made = sent(session, settle(session))
    made.state, made.finished_at = State.FINISHED, LATER
    tally(session, made, failed=1)
    failed(session, made, 1, DeliveryState.FAILED, "gremlins")
    assert "another reason" in card(session, made)


def test_who_did_not_get_it_is_listed_page_by_page(session: Session) -> None:
    made = sent(session, settle(session))
    for person in range(1, 6):
        failed(session, made, person, DeliveryState.FAILED if person % 2 else DeliveryState.UNKNOWN, "unavailable")
    failed(session, made, 6, DeliveryState.ACCEPTED, None)
    first = report.unreached(session, made, limit=3)
    rest = report.unreached(session, made, after=first[-1].subscriber_id)
    assert [row.subscriber_id for row in [*first, *rest]] == [1, 2, 3, 4, 5]
    assert first[0].state is DeliveryState.FAILED


def test_nobody_in_the_audience_is_no_division_by_zero(session: Session) -> None:
    made = sent(session, settle(session), people=0)
    assert "0 of 0 people (100%)" in card(session, made)


@pytest.mark.parametrize("locale", texts.locales())
def test_the_summary_says_within_what_time_how_many_had_it(session: Session, locale: str) -> None:
    made = sent(session, settle(session))
    assert texts.say("report.took.soon", locale) not in card(session, made, locale)
    spans = [*[100.0] * 50, *[400.0] * 40, *[500.0] * 10]
    curves.record(session, made.id, 1, Milestone.HANDED_OVER, spans)
    made.state, made.finished_at = State.FINISHED, LATER
    minutes = [texts.span(timedelta(minutes=each), locale) for each in (2, 7, 9)]
    said = dict(zip(("half", "most", "nearly_all"), minutes, strict=True))
    assert texts.say("report.reached", locale, **said) in card(session, made, locale)


def test_a_summary_of_what_reached_nobody_speaks_of_no_time(session: Session) -> None:
    made = sent(session, settle(session))
    made.state, made.finished_at = State.FINISHED, LATER
    assert "within" not in card(session, made)
