"""While a prepared text is written: the ways out of it, old buttons, and colleagues who write the same one."""

import pytest
from sqlalchemy import select

from broadcast.models import PreparedText
from broadcast.states import State
from db.engine import Sessions
from staff.models import Role
from tests.bot.office import Office
from tests.bot.preparing import FLOOD, approve, opened, trust, write


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
