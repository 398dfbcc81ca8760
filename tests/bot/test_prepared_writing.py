"""While a prepared text is written: the ways out of it, old buttons, and colleagues who write the same one."""

import pytest
from sqlalchemy import event, select
from sqlalchemy.orm.attributes import set_committed_value

from broadcast import prepared_texts
from broadcast.models import PreparedText
from broadcast.states import State
from db.engine import Sessions
from staff.models import Role
from tests.bot.office import Office, Phone
from tests.bot.preparing import FLOOD, OVER, approve, opened, trust, write


@pytest.fixture
def office(sessions: Sessions) -> Office:
    """An agency of two languages and two areas, where an alert needs an approver."""
    return opened(sessions)


def rows(office: Office) -> list[PreparedText]:
    """What is kept, oldest first."""
    with office.sessions() as session:
        return list(session.scalars(select(PreparedText).order_by(PreparedText.id)))


@pytest.mark.parametrize("word", ["/cancel", "cancel", "Cancel!", "取消", "batal"])
@pytest.mark.parametrize("written", [0, 1])
def test_cancel_leaves_the_writing_and_asks_about_no_alert_that_is_under_way(
    office: Office, word: str, written: int
) -> None:
    trust(office)
    author = office.officer("aisyah")
    write(author, FLOOD)
    approve(office.officer("lim", Role.APPROVER))
    for said in ("/announce", "Flood", "Town"):
        author.says(said)
    author.says(author.code)
    write(author, dict(list(FLOOD.items())[:written]), name="Other")
    assert author.says(word) == "Cancelled. Nothing was sent or changed."
    assert (author.dialog, [row.name for row in rows(office)]) == (None, ["Flood"])
    assert [each.state for each in office.broadcasts()] == [State.SENDING]


def test_an_old_button_of_the_answers_breaks_nothing_and_ends_nothing(office: Office) -> None:
    author = office.officer("aisyah")
    author.says("/prepared")
    author.taps("New")
    author.taps("Alert")
    author.taps("Floods")
    for key in ("answers:skip:0", "answers:leave"):
        assert author.forges(key)
        assert author.dialog == "prepared"
    for word in ("Flood", *FLOOD.values()):
        author.says(word)
    assert [row.texts for row in rows(office)] == [FLOOD]


def _key(author: Phone, label: str) -> str:
    """The key of a button that was just shown."""
    return next(choice.key for draft in author.seen for choice in draft.choices if choice.label == label)


def test_a_button_of_one_text_answers_nothing_about_another(office: Office) -> None:
    author = office.officer("aisyah")
    write(author, {"en": "Flood.", "ms": "/skip"})
    nothing = _key(author, "Nothing")
    author.taps("English")
    write(author, {"en": "Storm.", "ms": "/skip"}, name="Storm")
    assert "What will people get" in author.forges(nothing)
    author.taps("English")
    assert [(row.name, row.fallback_locale) for row in rows(office)] == [("Flood", "en"), ("Storm", "en")]


def test_an_old_moment_throws_nothing_away_that_was_written(office: Office) -> None:
    author = office.officer("aisyah")
    author.says("/prepared")
    author.taps("New")
    moments = [_key(author, label) for label in ("Alert", "False alarm")]
    author.taps("False alarm")
    assert "Whom is this alert for?" in author.forges(moments[0]), "nothing is written yet: it may still be the other"
    for word in ("Floods", "Flood", "Flood in {area}."):
        author.says(word)
    for moment in moments:
        assert "Send the text in Bahasa Melayu" in author.forges(moment)
    author.says(FLOOD["ms"])
    assert [(row.name, row.meaning) for row in rows(office)] == [("Flood", None)]


def test_that_there_are_too_many_is_said_before_anything_is_written(office: Office) -> None:
    author = office.officer("aisyah")
    write(author, FLOOD)
    with office.sessions.begin() as session:
        (first,) = session.scalars(select(PreparedText))
        for place in range(1, prepared_texts.MOST):
            kept = {"name": f"Text {place}", "texts": first.texts, "created_at": first.created_at}
            session.add(PreparedText(agency_id=first.agency_id, **kept))
    author.says("/prepared")
    assert "There are 30 prepared texts already" in author.taps("New")
    assert author.labels == ["Back to the list"]


def test_other_languages_undoes_no_colleagues_edit(office: Office) -> None:
    author, other = office.officer("aisyah"), office.officer("ben")
    write(author, {"en": "Flood in {area}. Call 995.", "ms": "/skip"})
    author.taps("English")
    author.taps("Other languages")
    other.says("/prepared")
    other.taps("1")
    other.taps("Write it again")
    for word in ("Flood in {area}. Call 999.", "/skip", "English"):
        other.says(word)
    shown = author.taps("Nothing")
    assert "changed since" in shown
    assert "Flood in {area}. Call 999." in shown
    assert [(row.texts, row.fallback_locale) for row in rows(office)] == [({"en": "Flood in {area}. Call 999."}, "en")]
    author.taps("Other languages")
    author.taps("Nothing")
    assert [row.silent_locales for row in rows(office)] == [["ms"]]


def test_other_languages_brings_back_no_text_that_was_deleted(office: Office) -> None:
    author, other = office.officer("aisyah"), office.officer("ben")
    write(author, {"en": "Flood.", "ms": "/skip"})
    author.taps("English")
    author.taps("Other languages")
    other.says("/prepared")
    for label in ("1", "Delete it", "Delete it"):
        other.taps(label)
    assert "no such prepared text" in author.taps("Nothing")
    assert rows(office) == []


def test_what_changes_while_the_approval_waits_for_it_is_not_approved_and_shown_anew(office: Office) -> None:
    author, lim = office.officer("aisyah"), office.officer("lim", Role.APPROVER)
    write(author, FLOOD)
    lim.says("/prepared")
    lim.taps("1")

    def has_changed(row: PreparedText, *_: object) -> None:
        set_committed_value(row, "texts", OVER)  # what another transaction wrote before this one had the row's lock

    event.listen(PreparedText, "refresh", has_changed)
    try:
        shown = lim.taps("Approve")
    finally:
        event.remove(PreparedText, "refresh", has_changed)
    assert "changed since" in shown
    assert OVER["en"] in shown
    assert [row.approved_hash for row in rows(office)] == [None]
