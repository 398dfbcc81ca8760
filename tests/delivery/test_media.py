"""Media on their way: uploaded once by each sender, told in words to whoever does not see them, never in the way."""

from datetime import timedelta

import pytest
from sqlalchemy import false, select, update
from sqlalchemy.orm import Session

from channels.contract import (
    LARGEST,
    STALE_HANDLE,
    Each,
    MediaKind,
    Message,
    Place,
    Prepared,
    Refusal,
    Unavailable,
)
from delivery import letters, media, retries
from delivery.drafts import Draft
from delivery.loop import Loop
from delivery.models import Consignment, MediaHandle, MediaItem, Wording
from delivery.states import DeliveryState, Lane
from delivery.throttle import Grant, LocalThrottle
from subscribers.models import Subscriber
from tests.delivery.conftest import NOW, Desk, Town, open_desk
from tests.delivery.pigeon import Pigeon

PNG = b"\x89PNG\r\n\x1a\n" + b"the dam"
CAPTION = 20
LATER = NOW + media.KEPT_FOR


def illustrated(town: Town, ids: list[int], text: str = "Rain.", size: int = 50) -> int:
    """A consignment to these people with a picture beside its text; the picture's id."""
    town.announce(ids, size=size)
    with town.sessions.begin() as session:
        item = media.keep(session, town.agency_id, MediaKind.PHOTO, PNG, name="dam.png", now=NOW)
        session.execute(update(Consignment).values(media_id=item.id))
        words = {"text": text, "alternative": "A full dam", "without_media": f"{text} 🖼 A full dam"}
        session.execute(update(Wording).values(words))
        return item.id


def sees_pictures(desk: Desk) -> None:
    desk.pigeon.with_limits(caption_length=CAPTION, photo_types=frozenset({"image/png"}), photo_bytes=LARGEST)


def handles(town: Town) -> list[str]:
    with town.sessions() as session:
        return list(session.scalars(select(MediaHandle.handle)))


def test_a_handle_is_learned_from_the_first_batch_and_used_by_the_next(town: Town, desk: Desk) -> None:
    sees_pictures(desk)
    illustrated(town, town.settle_in(20), size=10)
    desk.woken.append(("work", town.sender_id))
    desk.work_off()
    carried = [message.media for message in desk.pigeon.carried]
    assert handles(town) == ["a-handle"]
    assert carried[0] is not None
    assert (carried[0].content, carried[0].alternative) == (PNG, "A full dam")
    assert carried[-1] is not None
    assert (carried[-1].content, carried[-1].handle) == (None, "a-handle")
    assert town.tallies() == {DeliveryState.ACCEPTED: 20}


def test_who_wants_no_media_gets_the_words_for_it(town: Town, desk: Desk) -> None:
    sees_pictures(desk)
    plain, shown = town.settle_in(2)
    with town.sessions.begin() as session:
        session.execute(update(Subscriber).where(Subscriber.id == plain).values(wants_media=False))
    illustrated(town, [plain, shown])
    desk.woken.append(("work", town.sender_id))
    desk.work_off()
    got = {message.to: (message.text, message.media is None) for message in desk.pigeon.carried}
    assert got == {str(1_000_000 + plain): ("Rain. 🖼 A full dam", True), str(1_000_000 + shown): ("Rain.", False)}


def test_a_handle_the_provider_forgot_is_uploaded_anew_and_nobody_is_the_poorer(town: Town, desk: Desk) -> None:
    sees_pictures(desk)
    media_id = illustrated(town, town.settle_in(5))
    with town.sessions.begin() as session:
        media.learn(session, media_id, town.sender_id, "forgotten", now=NOW)

    def forgotten(message: Message) -> Refusal | None:
        is_old = message.media is not None and message.media.handle == "forgotten"
        return Unavailable(STALE_HANDLE, may_be_sent=False) if is_old else None

    desk.pigeon.rule = forgotten
    desk.woken.append(("work", town.sender_id))
    desk.work_off()
    assert handles(town) == ["a-handle"]
    assert town.tallies() == {DeliveryState.ACCEPTED: 5}
    assert {delivery.attempt for delivery in town.deliveries().values()} == {1}


def test_from_the_third_attempt_on_the_words_leave_without_the_picture(town: Town, desk: Desk) -> None:
    sees_pictures(desk)
    illustrated(town, town.settle_in(1))
    desk.pigeon.rule = lambda message: Unavailable("provider_down", may_be_sent=False) if message.media else None
    desk.woken.append(("work", town.sender_id))
    for _ in range(3):
        desk.work_off()
        desk.clock.wait(300)
        with town.sessions.begin() as session:
            retries.gather(session, desk.clock.now)
        desk.woken.append(("work", town.sender_id))
    desk.work_off()
    assert [message.text for message in desk.pigeon.carried] == ["Rain. 🖼 A full dam"]
    assert town.tallies() == {DeliveryState.ACCEPTED: 1}


def test_a_letter_shows_media_and_teaches_the_handle(town: Town, desk: Desk) -> None:
    sees_pictures(desk)
    with town.sessions.begin() as session:
        item = media.keep(session, town.agency_id, MediaKind.PHOTO, PNG, now=NOW)
        for _ in range(2):
            draft = Draft("Look", media_id=item.id, alternative="A full dam")
            whose = {"sender_id": town.sender_id, "agency_id": town.agency_id}
            letters.post(session, **whose, to="7", draft=draft, now=NOW)
    desk.work_off()
    first, second = (message.media for message in desk.pigeon.carried)
    assert first is not None
    assert second is not None
    assert (first.handle, second.handle, second.content) == (None, "a-handle", None)


@pytest.mark.parametrize(
    ("kind", "content", "reason"),
    [
        (MediaKind.PHOTO, b"", "empty"),
        (MediaKind.PHOTO, b"<svg onload=alert(1)>", "unknown_type"),
        (MediaKind.PHOTO, b"%PDF-1.7", "unknown_type"),
        (MediaKind.DOCUMENT, b"MZ\x90 a program", "unknown_type"),
        (MediaKind.DOCUMENT, b"%PDF-" + b"x" * LARGEST, "too_large"),
    ],
)
def test_what_is_no_picture_or_document_is_refused_with_the_reason(
    town: Town, kind: MediaKind, content: bytes, reason: str
) -> None:
    with town.sessions.begin() as session, pytest.raises(media.BadMedia) as caught:
        media.keep(session, town.agency_id, kind, content, name="report.pdf", now=NOW)
    assert caught.value.reason == reason


def test_a_place_nowhere_is_refused(town: Town) -> None:
    with town.sessions.begin() as session, pytest.raises(media.BadMedia):
        media.keep_place(session, town.agency_id, Place(91.0, 0.0), now=NOW)


def test_the_same_content_is_kept_once_and_let_go_of_when_nobody_needs_it(town: Town) -> None:
    with town.sessions.begin() as session:
        first = media.keep(session, town.agency_id, MediaKind.PHOTO, PNG, now=NOW)
        again = media.keep(session, town.agency_id, MediaKind.PHOTO, PNG, name="x", now=NOW)
        assert first.id == again.id
        assert media.at_token(session, first.token, now=NOW) is first
        assert media.at_token(session, first.token, now=LATER) is None
        media.learn(session, first.id, town.sender_id, "file-1", now=NOW)
        assert media.forget(session, LATER - timedelta(seconds=1), is_said=false()) == 0
        assert media.forget(session, LATER, is_said=false()) == 1
        assert kinds(session) == []
        assert session.scalars(select(MediaHandle)).all() == []
        session.expunge_all()
        assert media.keep(session, town.agency_id, MediaKind.PHOTO, PNG, now=LATER).content == PNG


def test_what_an_announcement_stands_by_stays_as_its_record_and_is_not_looked_at_again(town: Town) -> None:
    with town.sessions.begin() as session:
        said = media.keep(session, town.agency_id, MediaKind.PHOTO, PNG, now=NOW)
        place = media.keep_place(session, town.agency_id, Place(1.3, 103.8, "Tampines"), now=NOW)
        media.learn(session, said.id, town.sender_id, "file-1", now=NOW)
        assert media.forget(session, LATER, is_said=MediaItem.id.in_([said.id, place.id])) == 2
        assert media.forget(session, LATER + media.KEPT_FOR, is_said=false()) == 0
        session.expire_all()
        assert media.at_token(session, said.token, now=NOW) is None
        assert (said.content, said.needed_until, said.size) == (None, None, len(PNG))
        assert media.shown(session, said.id, town.sender_id) is not None  # by its handle
        assert media.shown(session, place.id, town.sender_id) is not None
        again = media.keep(session, town.agency_id, MediaKind.PHOTO, PNG, now=LATER)
        assert (again.content, again.needed_until) == (PNG, LATER + media.KEPT_FOR)


def test_what_a_letter_shows_leaves_once_the_letter_has(town: Town) -> None:
    with town.sessions.begin() as session:
        shown = media.keep(session, town.agency_id, MediaKind.PHOTO, PNG, now=NOW)
        draft = Draft("Look.", media_id=shown.id)
        letter = letters.post(session, sender_id=town.sender_id, agency_id=town.agency_id, to="1", draft=draft, now=NOW)
        assert media.forget(session, LATER, is_said=false()) == 1
        assert kinds(session) == [(MediaKind.PHOTO, None)]
        session.delete(letter)
        session.flush()
        assert media.forget(session, LATER, is_said=false()) == 0
        assert media.forget(session, LATER + media.KEPT_FOR, is_said=false()) == 1
        assert kinds(session) == []


def kinds(session: Session) -> list[tuple[MediaKind, bytes | None]]:
    """What is kept, with its content."""
    found = session.execute(select(MediaItem.kind, MediaItem.content).order_by(MediaItem.id))
    return [(kind, content) for kind, content in found]


def test_two_messages_for_each_person_take_two_tokens_of_the_brakes(town: Town, loop: Loop) -> None:
    class Counting(LocalThrottle):
        taken = 0

        async def take(self, sender_id: int, n: int, lane: Lane, rate: float, *, is_paid: bool = False) -> Grant:
            grant = await super().take(sender_id, min(n, 3), lane, rate, is_paid=is_paid)  # an odd number at a time
            self.taken += grant.tokens
            return grant

    throttle = Counting()
    desk = open_desk(town, loop, throttle=throttle, pigeon=PairOfPigeons())
    sees_pictures(desk)
    illustrated(town, town.settle_in(10))
    desk.woken.append(("work", town.sender_id))
    desk.work_off()
    assert town.tallies() == {DeliveryState.ACCEPTED: 10}
    assert throttle.taken == 20


class PairOfPigeons(Pigeon):
    """Each message takes two."""

    async def prepare(self, message: Message) -> Prepared:
        """As a channel does it whose captions are short."""
        return Each(self, message, messages=2)
