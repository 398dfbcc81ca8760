"""What anybody may read: only what was launched, only of one agency, and whether it still holds."""

from datetime import timedelta

import pytest
from sqlalchemy.orm import Session

from broadcast import compose
from broadcast.models import Broadcast
from broadcast.published import Standing, latest, published
from broadcast.states import Kind, State
from subscribers.models import Topic
from tests.broadcast.places import NOW, Place, ready, settle


def launched(
    session: Session, place: Place, text: str, *, minutes: int = 0, state: State = State.FINISHED, **values: object
) -> Broadcast:
    made = ready(session, place, Kind.NOTICE, text)
    made.state, made.launched_at = state, NOW + timedelta(minutes=minutes)
    for name, value in values.items():
        setattr(made, name, value)
    session.flush()
    return made


def test_a_code_is_found_however_it_is_written_with_all_its_texts(session: Session) -> None:
    place = settle(session)
    made = launched(session, place, "The river rises.")
    compose.put_text(session, made, "ta", "ஆறு உயர்கிறது.")
    found = published(session, place.agency.id, f" {made.code.lower()} ")
    assert found is not None
    assert (found.id, found.kind, found.topic_id) == (made.id, Kind.NOTICE, place.topic.id)
    assert (found.state, found.launched_at) == (Standing.STANDING, NOW)
    assert found.texts == {"en": "The river rises.", "ta": "ஆறு உயர்கிறது."}
    assert (found.text_in("ta"), found.text_in("ms")) == ("ஆறு உயர்கிறது.", "The river rises.")


@pytest.mark.parametrize(
    "state", [State.DRAFT, State.SUBMITTED, State.RETURNED, State.REJECTED, State.APPROVED, State.SCHEDULED]
)
def test_what_was_not_launched_is_unknown(session: Session, state: State) -> None:
    place = settle(session)
    made = launched(session, place, "Not yet.", state=state, launched_at=None)
    assert published(session, place.agency.id, made.code) is None
    assert latest(session, place.agency.id) == []


def test_a_draft_that_was_cancelled_before_its_launch_is_unknown(session: Session) -> None:
    place = settle(session)
    made = launched(session, place, "Never.", state=State.CANCELLED, launched_at=None)
    assert published(session, place.agency.id, made.code) is None


def test_what_is_for_a_segment_is_verified_by_its_code_and_not_among_the_latest(session: Session) -> None:
    place = settle(session)
    made = launched(session, place, "Only for you.", segment="language:ta")
    everybodys = launched(session, place, "For all.", minutes=1)
    assert published(session, place.agency.id, made.code) is not None
    assert [each.id for each in latest(session, place.agency.id)] == [everybodys.id]


def test_another_agencys_code_is_unknown(session: Session) -> None:
    place, other = settle(session), settle(session, "parks")
    made = launched(session, place, "The river rises.")
    assert published(session, other.agency.id, made.code) is None
    assert latest(session, other.agency.id) == []
    assert latest(session, other.agency.id, before=made.id) == []


def test_a_campaign_is_nobodys_but_its_peoples(session: Session) -> None:
    place = settle(session)
    notice = launched(session, place, "The river rises.")
    made = launched(session, place, "Your bill is due.", kind=Kind.CAMPAIGN, corrects_id=notice.id)
    assert published(session, place.agency.id, made.code) is None
    found = published(session, place.agency.id, notice.code)
    assert found is not None
    assert (found.state, found.correction_code) == (Standing.STANDING, None)


def test_a_correction_and_what_it_puts_right_name_each_other(session: Session) -> None:
    place = settle(session)
    wrong = launched(session, place, "The river falls.", state=State.CORRECTED)
    right = launched(session, place, "The river rises.", minutes=5, corrects_id=wrong.id)
    launched(session, place, "Still a draft.", state=State.DRAFT, corrects_id=wrong.id, launched_at=None)
    before, after = (published(session, place.agency.id, each.code) for each in (wrong, right))
    assert before is not None
    assert after is not None
    assert (before.state, before.correction_code) == (Standing.CORRECTED, right.code)
    assert (after.state, after.corrects_code) == (Standing.STANDING, wrong.code)


@pytest.mark.parametrize(
    ("state", "standing"),
    [(State.RECALLED, Standing.RECALLED), (State.CANCELLED, Standing.CANCELLED), (State.PAUSED, Standing.STANDING)],
)
def test_what_was_taken_back_says_so(session: Session, state: State, standing: Standing) -> None:
    place = settle(session)
    found = published(session, place.agency.id, launched(session, place, "A text.", state=state).code)
    assert found is not None
    assert found.state is standing


def test_the_latest_come_newest_first_and_go_on_where_they_ended(session: Session) -> None:
    place = settle(session)
    made = [launched(session, place, f"Number {n}.", minutes=n // 2) for n in range(7)]  # two in each minute
    codes = [each.code for each in reversed(made)]
    first = latest(session, place.agency.id)
    assert [each.code for each in first] == codes[:5]
    rest = latest(session, place.agency.id, before=first[-1].id)
    assert [each.code for each in rest] == codes[5:]


def test_the_latest_are_alerts_and_notices_on_the_topics_asked_for(session: Session) -> None:
    place = settle(session)
    other = Topic(agency_id=place.agency.id, key="dengue", names={"en": "Dengue"})
    session.add(other)
    session.flush()
    on_river = launched(session, place, "River.")
    on_dengue = launched(session, place, "Dengue.", minutes=1, topic_id=other.id)
    to_all = launched(session, place, "All.", minutes=2, topic_id=None, kind=Kind.ALERT)
    launched(session, place, "A bulletin.", minutes=3, kind=Kind.BULLETIN)
    launched(session, place, "A campaign.", minutes=4, kind=Kind.CAMPAIGN)

    def codes(**asked: object) -> list[str]:
        return [each.code for each in latest(session, place.agency.id, **asked)]  # type: ignore[arg-type]

    assert codes() == [to_all.code, on_dengue.code, on_river.code]
    assert codes(topic_ids=[place.topic.id]) == [on_river.code]
    assert codes(topic_ids=[place.topic.id], is_general_included=True) == [to_all.code, on_river.code]
    assert codes(topic_ids=[]) == []
