"""A file beside one letter: for that address alone, let go of once it is there, never kept, never shown to others."""

from datetime import timedelta

import pytest
from sqlalchemy import func, select

from channels.contract import LARGEST, TEXT, MediaKind, Refusal, Rejected, Unavailable
from delivery import enclosures, letters, personal, postman
from delivery.drafts import Draft, File
from delivery.models import Enclosure, Letter, MediaHandle, MediaItem
from delivery.states import LetterState
from tests.delivery.conftest import LEASE, NOW, Desk, Town
from tests.delivery.taking import taken

FILE = File("my-data.txt", TEXT, b"Everything.")
SECOND = timedelta(seconds=1)


def takes_files(desk: Desk) -> None:
    desk.pigeon.with_limits(caption_length=100, document_types=frozenset({TEXT}), document_bytes=LARGEST)


def post(town: Town, file: File = FILE, to: str = "42") -> int:
    """A letter with a file; its id."""
    draft = Draft("Your file.", file=file, alternative="No file.")
    with town.sessions.begin() as session:
        whose = {"sender_id": town.sender_id, "agency_id": town.agency_id}
        return letters.post(session, **whose, to=to, draft=draft, now=NOW).id


def count(town: Town, model: type) -> int:
    with town.sessions() as session:
        return session.scalar(select(func.count()).select_from(model)) or 0


def test_the_file_goes_with_its_letter_and_is_let_go_of_once_the_provider_has_it(town: Town, desk: Desk) -> None:
    takes_files(desk)
    post(town)
    desk.work_off()
    [message] = desk.pigeon.carried
    assert (message.text, message.without_media) == ("Your file.", "No file.")
    assert message.media is not None
    assert (message.media.kind, message.media.content) == (MediaKind.DOCUMENT, b"Everything.")
    assert message.media.is_private
    assert b"Everything" not in repr(message).encode()
    assert (count(town, Enclosure), count(town, MediaItem), count(town, MediaHandle)) == (0, 0, 0)


def test_it_stays_while_a_letter_is_tried_again_and_goes_with_one_that_is_given_up(town: Town, desk: Desk) -> None:
    takes_files(desk)
    refusals: list[Refusal] = [Unavailable("away"), Rejected("bad_media")]
    desk.pigeon.rule = lambda _message: refusals.pop(0)
    post(town)
    desk.work_off()
    assert count(town, Enclosure) == 1
    desk.clock.wait(5)
    with town.sessions.begin() as session:
        postman.wake_due(session, desk.clock.now)
    desk.work_off()
    assert count(town, Enclosure) == 0


def test_after_a_quarter_of_an_hour_the_letter_says_that_there_is_no_file(town: Town, desk: Desk) -> None:
    takes_files(desk)
    letter_id = post(town)
    desk.woken.clear()
    desk.clock.now += enclosures.KEPT_FOR
    with town.sessions.begin() as session:
        leased = taken(session, letter_id, now=desk.clock.now, lease_for=LEASE)
        assert leased is not None
        assert (leased.message.text, leased.message.media) == ("No file.", None)


def test_an_address_has_one_file_at_a_time_and_others_keep_theirs(town: Town) -> None:
    first, _, other = post(town), post(town), post(town, to="43")
    with town.sessions() as session:
        assert enclosures.beside(session, first, now=NOW) is None
        assert enclosures.beside(session, other, now=NOW) is not None
    assert count(town, Enclosure) == 2


@pytest.mark.parametrize("state", [LetterState.WAITING, LetterState.LEASED])
def test_it_goes_with_whoever_has_everything_deleted(town: Town, state: LetterState) -> None:
    letter_id = post(town)
    with town.sessions.begin() as session:
        session.get_one(Letter, letter_id).state = state
        session.flush()
        personal.forget_letters(session, sender_id=town.sender_id, to="42")
    assert count(town, Enclosure) == 0


def test_what_expired_is_swept_away_and_shown_no_more(town: Town) -> None:
    letter_id = post(town)
    over = NOW + enclosures.KEPT_FOR
    with town.sessions.begin() as session:
        token = session.get_one(Enclosure, letter_id).token
        assert enclosures.at_token(session, token, now=over - SECOND) is not None
        assert enclosures.at_token(session, token, now=over) is None
        assert enclosures.at_token(session, token[:-1] + "x", now=NOW) is None
        assert enclosures.forget(session, over - SECOND) == 0
        assert enclosures.forget(session, over) == 1
    assert count(town, Letter) == 1
