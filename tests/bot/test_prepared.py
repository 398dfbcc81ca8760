"""Prepared texts: written in quiet hours, approved by a second officer, ready in three taps, put right with one."""

import pytest
from sqlalchemy import select, update

from broadcast import approving, compose, prepared_texts
from broadcast.models import Broadcast, PreparedText
from broadcast.prepared_texts import BadText
from broadcast.states import Aftercare, Kind, Meaning, State
from db.engine import Sessions
from staff.models import Agency, Officer, Role
from subscribers import topics
from tests.bot import people
from tests.bot.office import Office, open_office
from tests.bot.preparing import FLOOD, OVER, approve, opened, trust, write


@pytest.fixture
def office(sessions: Sessions) -> Office:
    """An agency of two languages and two areas, where an alert needs an approver."""
    return opened(sessions)


@pytest.mark.parametrize("channel", ["telegram", "whatsapp"])
def test_written_approved_and_ready_in_three_taps(office: Office, channel: str) -> None:
    trust(office)
    on = office.telegram_id if channel == "telegram" else office.whatsapp_id
    author, lim = office.officer("aisyah", on=on), office.officer("lim", Role.APPROVER, on=on)
    assert "waits for approval" in write(author, FLOOD)
    assert "Flood" not in author.says("/announce")
    author.says("/cancel")
    assert "is approved exactly as it stands" in approve(lim)
    assert "3. Flood" in author.says("/announce")
    assert "2. Town" in author.taps("Flood")
    shown = author.taps("Town")
    assert "Flood in Town. Go up." in shown
    assert "Banjir di Bandar. Pergi ke atas." in shown
    assert "is on its way" in author.says(author.code), "approved before, so the code sends it"
    alert = office.broadcasts()[-1]
    assert (alert.kind, alert.state, alert.topic_id) == (Kind.ALERT, State.SENDING, office.topics["floods"])
    assert len(alert.area_ids) == 1


def test_without_the_policy_what_is_made_of_it_is_approved_like_anything_else(office: Office) -> None:
    author, lim = office.officer("aisyah"), office.officer("lim", Role.APPROVER)
    write(author, FLOOD)
    approve(lim)
    author.says("/announce")
    author.taps("Flood")
    author.taps("Town")
    assert "Submit" in author.labels


def test_an_edited_text_is_not_what_was_approved(office: Office) -> None:
    trust(office)
    author, lim = office.officer("aisyah"), office.officer("lim", Role.APPROVER)
    write(author, FLOOD)
    approve(lim)
    author.says("/announce")
    author.taps("Flood")
    assert "type this code" in author.taps("Town")
    author.taps("✏️ English")
    assert "type this code" not in author.says("Flood in Town. Stay.")
    assert "Submit" in author.labels


def test_a_blank_filled_with_free_words_is_not_what_was_approved(office: Office) -> None:
    trust(office)
    author, lim = office.officer("aisyah"), office.officer("lim", Role.APPROVER)
    write(author, {"en": "Go to {hall}.", "ms": "Pergi ke {hall}."})
    approve(lim)
    author.says("/announce")
    author.taps("Flood")
    shown = author.says("Hall 7")
    assert "Go to Hall 7." in shown
    assert "Pergi ke Hall 7." in shown
    assert "Submit" in author.labels


def test_an_hour_is_written_as_each_language_writes_it(office: Office) -> None:
    author, lim = office.officer("aisyah"), office.officer("lim", Role.APPROVER)
    write(author, {"en": "Leave by {time}.", "ms": "Keluar sebelum {time}."})
    approve(lim)
    author.says("/announce")
    author.taps("Flood")
    assert "cannot read that as a time" in author.says("soon")
    shown = author.says("tomorrow 8:30")
    assert "8:30 am" in shown
    assert "8:30 PG" in shown
    assert "do not say the same" not in shown


def test_whoever_wrote_it_does_not_approve_it_and_a_change_voids_the_approval(office: Office) -> None:
    lim, boss = office.officer("lim", Role.APPROVER), office.officer("boss", Role.ADMIN)
    write(lim, FLOOD)
    assert "Approve" not in lim.labels
    approve(boss)
    boss.says("/prepared")
    boss.taps("1")
    boss.taps("Write it again")
    for word in ("Flood in {area}. Stay.", "Banjir di {area}. Kekal."):
        boss.says(word)
    with office.sessions.begin() as session:
        row = session.scalars(select(PreparedText)).one()
        assert row.approved_hash is None
        officer = session.get_one(Officer, row.editor_ids[-1])
        with pytest.raises(prepared_texts.OwnWork):
            prepared_texts.approve(session, row, officer, seen=prepared_texts.digest(row), now=people.START)


def test_an_approval_counts_for_what_was_shown_alone(office: Office) -> None:
    author, lim = office.officer("aisyah"), office.officer("lim", Role.APPROVER)
    write(author, FLOOD)
    lim.says("/prepared")
    lim.taps("1")
    with office.sessions.begin() as session:
        session.execute(update(PreparedText).values(name="Other"))
    assert "changed since" in lim.taps("Approve")


def test_a_row_whose_text_was_changed_behind_the_approval_is_not_ready(office: Office) -> None:
    author, lim = office.officer("aisyah"), office.officer("lim", Role.APPROVER)
    write(author, FLOOD)
    approve(lim)
    with office.sessions.begin() as session:
        session.execute(update(PreparedText).values(texts={"en": "Everything is fine."}))
        agency = session.get_one(Agency, office.agency_id)
        assert prepared_texts.ready(session, agency, is_correction=False) == []


def test_a_launched_alert_offers_its_corrections_and_one_tap_makes_the_draft(office: Office) -> None:
    trust(office)
    author, lim = office.officer("aisyah"), office.officer("lim", Role.APPROVER)
    write(author, FLOOD)
    write(author, OVER, name="It was nothing", moment="False alarm")
    approve(lim)
    approve(lim, "2")
    author.says("/announce")
    author.taps("Flood")
    author.taps("Town")
    author.says(author.code)
    first = office.broadcasts()[-1]
    author.says(f"/status {first.code}")
    author.taps("It was nothing")
    made = office.broadcasts()[-1]
    assert (made.aftercare, made.corrects_id) == (Aftercare.CORRECTION, first.id)
    with office.sessions() as session:
        said = {row.locale: row.text for row in compose.contents(session, made)}
        assert said == {"en": "False alarm in Town.", "ms": "Amaran palsu di Bandar."}, "the area of the first"
        assert approving.needed(session, session.get_one(Broadcast, made.id), now=people.START) == 0
    author.says("/cancel")
    author.says(f"/correct {first.code}")
    author.taps("It was nothing")
    assert office.broadcasts()[-1].prepared_id == made.prepared_id


def test_blanks_that_differ_between_languages_are_refused_with_the_language(office: Office) -> None:
    shown = write(office.officer("aisyah"), {"en": "Flood in {area}.", "ms": "Banjir di {kawasan}."})
    assert "Bahasa Melayu: {area}, {kawasan}" in shown
    with office.sessions() as session:
        assert session.scalars(select(PreparedText)).all() == []


@pytest.mark.parametrize("name", ["", "x" * 31, "two\nlines"])
def test_a_name_that_fits_no_button_is_refused(office: Office, name: str) -> None:
    office.officer("aisyah")
    kept = {"name": name, "said": FLOOD, "meaning": Meaning.UPDATE, "topic_id": None}
    with office.sessions.begin() as session:
        agency, officer = session.get_one(Agency, office.agency_id), session.scalars(select(Officer)).one()
        with pytest.raises(BadText):
            prepared_texts.save(session, agency, officer, now=people.START, **kept)  # type: ignore[arg-type]


def test_another_agencys_prepared_text_is_none(office: Office) -> None:
    write(office.officer("aisyah"), FLOOD)
    stranger = open_office(office.sessions, "town").officer("boss", Role.ADMIN)
    with office.sessions() as session:
        row = session.scalars(select(PreparedText)).one()
    for key in (f"prepared:show:{row.id}", f"prepared:edit:{row.id}", f"prepared:dropped:{row.id}"):
        assert "no such prepared text" in stranger.forges(key)
    with office.sessions() as session:
        assert session.get(PreparedText, row.id) is not None


def test_an_auditor_reads_and_changes_nothing(office: Office) -> None:
    write(office.officer("aisyah"), FLOOD)
    auditor = office.officer("auditor", Role.AUDITOR)
    assert "1. Flood" in auditor.says("/prepared")
    auditor.taps("1")
    assert auditor.labels == ["Back to the list"]
    assert "As auditor" in auditor.forges("prepared:new")


def test_what_is_typed_where_a_topic_is_asked_for_is_no_name(office: Office) -> None:
    author = office.officer("aisyah")
    author.says("/prepared")
    author.taps("New")
    author.taps("Alert")
    assert "Whom is this alert for?" in author.says("Flooding everywhere")
    assert "What is it called" in author.taps("Floods")
    assert "What is it called" in author.says("/skip")
    author.says("Flood")
    for text in FLOOD.values():
        author.says(text)
    with office.sessions() as session:
        (row,) = prepared_texts.list_for(session, office.agency_id)
        assert (row.name, topics.find(session, office.agency_id, row.topic_id or 0) is not None) == ("Flood", True)


def test_an_approval_that_is_lost_while_a_blank_is_asked_for_is_said(office: Office) -> None:
    author, lim = office.officer("aisyah"), office.officer("lim", Role.APPROVER)
    write(author, FLOOD)
    approve(lim)
    author.says("/announce")
    assert "Which area?" in author.taps("Flood")
    lim.says("/prepared")
    lim.taps("1")
    lim.taps("Write it again")
    for text in OVER.values():
        lim.says(text)
    assert "is not ready" in author.taps("Town")


def test_new_alert_offers_the_approved_ones_first(office: Office) -> None:
    trust(office)
    author, lim = office.officer("aisyah"), office.officer("lim", Role.APPROVER)
    write(author, FLOOD)
    author.says("/new alert")
    assert "Floods" in author.labels, "nothing is ready, so whom it is for is asked"
    assert "Flood" not in author.labels
    author.says("/cancel")
    approve(lim)
    assert "3. Flood" in author.says("/new alert")
    author.taps("Flood")
    author.taps("Town")
    assert "is on its way" in author.says(author.code)
    assert "3. Flood" not in author.says("/new notice")
