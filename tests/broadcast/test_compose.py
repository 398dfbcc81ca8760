"""Only the author or an admin of the agency drafts, and only while it is a draft."""

from datetime import timedelta

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from broadcast import compose, previews
from broadcast.content import Flaw
from broadcast.models import Broadcast
from broadcast.states import ForbiddenMove, Kind, State
from staff.models import Officer, Role
from subscribers import areas
from tests.broadcast.places import LOCALES, NOW, limits_of, ready, settle


def test_a_draft_gets_a_code_nobody_can_misread_and_is_found_by_it(session: Session) -> None:
    place = settle(session)
    made = compose.draft(session, place.agency, place.author, kind=Kind.NOTICE, now=NOW)
    assert len(made.code) == 4
    assert set(made.code) <= set(compose.ALPHABET)
    assert not set(compose.ALPHABET) & set("01OIL")
    assert compose.by_code(session, place.agency.id, f" {made.code.lower()} ") is made
    assert compose.by_code(session, place.agency.id, " ") is None


def test_an_agency_sees_nothing_of_another(session: Session) -> None:
    place, other = settle(session), settle(session, "transport")
    made = ready(session, place)
    assert compose.by_code(session, other.agency.id, made.code) is None
    assert compose.recent(session, other.agency.id) == []
    with pytest.raises(compose.NotAllowed):
        compose.set_text(session, made, other.admin, locale="en", text="x")
    with pytest.raises(compose.NotAllowed):
        compose.set_topic(session, made, place.author, other.topic)
    with pytest.raises(compose.NotAllowed):
        compose.draft(session, place.agency, other.author, kind=Kind.NOTICE, now=NOW)


def test_another_author_may_not_touch_a_draft_and_an_admin_may(session: Session) -> None:
    place = settle(session)
    made = ready(session, place)
    stranger = Officer(agency_id=place.agency.id, agency=place.agency, name="Tan", role=Role.AUTHOR, created_at=NOW)
    session.add(stranger)
    session.flush()
    with pytest.raises(compose.NotAllowed):
        compose.set_fallback(session, made, stranger, None)
    compose.set_text(session, made, place.admin, locale="ms", text="Air naik.")
    assert {row.locale for row in compose.contents(session, made)} == {"en", "ms"}


def test_an_auditor_writes_no_announcement_and_an_approver_does(session: Session) -> None:
    place = settle(session)
    place.author.role = Role.APPROVER
    compose.draft(session, place.agency, place.author, kind=Kind.NOTICE, now=NOW)
    place.author.role = Role.AUDITOR
    with pytest.raises(compose.NotAllowed):
        compose.draft(session, place.agency, place.author, kind=Kind.NOTICE, now=NOW)


@pytest.mark.parametrize("state", [state for state in State if state is not State.DRAFT])
def test_nothing_but_a_draft_is_edited(session: Session, state: State) -> None:
    place = settle(session)
    made = ready(session, place)
    made.state = state
    with pytest.raises(ForbiddenMove):
        compose.set_text(session, made, place.author, locale="en", text="x")


def test_the_preview_is_the_very_text_for_each_language_and_says_who_reads_it(session: Session) -> None:
    place = settle(session)
    made = ready(session, place, Kind.ALERT)
    compose.set_text(session, made, place.author, locale="ta", text="நீர் உயர்கிறது.")
    english, tamil = previews.of(session, made, limits_of=limits_of)
    assert english.text == (
        f"⚠️ ALERT: River levels ({made.code})\n(date and time)\n\n"
        "The river rises.\n\nReply STOP to receive no more messages."
    )
    assert english.template == (
        f"Notice from us. ⚠️ ALERT: River levels ({made.code}) · (date and time): The river rises. Reply STOP to stop."
    )
    assert english.readers == ("en", "zh_Hans", "ms")
    assert "ஆற்று நீர்மட்டம்" in tamil.text
    assert tamil.readers == ("ta",)


def test_an_announcement_to_everybody_names_the_agency(session: Session) -> None:
    place = settle(session)
    made = ready(session, place)
    compose.set_topic(session, made, place.author, None)
    assert "Flood Office" in previews.of(session, made, limits_of=limits_of)[0].text


def test_a_language_may_be_left_out_on_purpose(session: Session) -> None:
    place = settle(session)
    made = ready(session, place)
    compose.set_fallback(session, made, place.author, None)
    assert compose.problems(session, made, limits_of=limits_of) == []
    assert {found.flaw for found in compose.cautions(session, made, limits_of=limits_of)} == {Flaw.MISSING}


def test_problems_come_in_words_an_officer_understands(session: Session) -> None:
    place = settle(session)
    made = ready(session, place, text="x" * 2000)
    compose.set_fallback(session, made, place.author, None)
    found = [
        *compose.problems(session, made, limits_of=limits_of),
        *compose.cautions(session, made, limits_of=limits_of),
    ]
    assert {problem.flaw for problem in found} == {Flaw.MISSING, Flaw.TEMPLATE_TOO_LONG}
    said = [compose.explain(problem, "en") for problem in found]
    assert any("2,000" in sentence for sentence in said)
    assert all(
        "{" not in compose.explain(problem, locale) for problem in found for locale in ("en", "zh_Hans", "ms", "ta")
    )
    assert compose.text_problems(session, made, "en", limits_of=limits_of)[0].actual == 2000
    assert compose.text_problems(session, made, "ms", limits_of=limits_of) == []


def test_every_edit_changes_the_fingerprint_and_undoing_it_restores_it(session: Session) -> None:
    place = settle(session)
    made = ready(session, place)
    seen = compose.fingerprint(session, made)
    compose.set_text(session, made, place.author, locale="ta", text="நீர்")
    assert compose.fingerprint(session, made) != seen
    compose.drop_text(session, made, place.author, locale="ta")
    assert compose.fingerprint(session, made) == seen
    compose.set_kind(session, made, place.author, Kind.ALERT)
    assert compose.fingerprint(session, made) != seen


def test_codes_are_unique_in_an_agency_even_when_drawn_twice(session: Session, monkeypatch: pytest.MonkeyPatch) -> None:
    place = settle(session)
    drawn = iter("AAAA" + "AAAA" + "BBBB")
    monkeypatch.setattr("broadcast.compose.secrets.choice", lambda _: next(drawn))
    for _ in range(2):
        compose.draft(session, place.agency, place.author, kind=Kind.NOTICE, now=NOW)
    assert sorted(session.scalars(select(Broadcast.code))) == ["AAAA", "BBBB"]


def test_areas_are_the_agencys_own_and_change_what_a_confirmation_is_bound_to(session: Session) -> None:
    place, other = settle(session), settle(session, "transport")
    made = ready(session, place)
    ours, theirs = (
        areas.add(session, agency_id=agency_id, key="bedok", names={"en": "Bedok"}, locales=["en"])
        for agency_id in (place.agency.id, other.agency.id)
    )
    before = compose.fingerprint(session, made)
    with pytest.raises(compose.NotAllowed):
        compose.set_areas(session, made, place.author, [ours.id, theirs.id])
    assert compose.fingerprint(session, made) == before
    compose.set_areas(session, made, place.author, [ours.id, ours.id])
    assert made.area_ids == [ours.id]
    assert compose.fingerprint(session, made) != before
    compose.set_areas(session, made, place.author, [])
    assert compose.fingerprint(session, made) == before


def test_what_is_confirmed_does_not_depend_on_when_it_leaves_and_says_when_it_left(session: Session) -> None:
    place = settle(session)
    made = ready(session, place)
    before = compose.fingerprint(session, made)
    made.launched_at = NOW
    assert compose.fingerprint(session, made) == before
    (shown,) = previews.of(session, made, limits_of=limits_of)
    assert shown.text.startswith(f"📢 River levels ({made.code})\n24 Nov 2026, 9:00 am\n\n")


@pytest.mark.parametrize("locale", LOCALES)
def test_a_text_that_fits_before_its_launch_fits_whenever_that_is(session: Session, locale: str) -> None:
    place = settle(session)
    made = ready(session, place)
    frame = compose.frame(made, place.agency, place.topic, locale)
    for hour in range(0, 24 * 365, 7):
        made.launched_at = NOW + timedelta(hours=hour)
        later = compose.frame(made, place.agency, place.topic, locale)
        assert len(later.top) <= len(frame.widened.top)
