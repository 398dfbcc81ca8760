"""What stands beside a text: what an officer is told of it, what leaves, and what becomes of the words."""

from dataclasses import replace
from datetime import timedelta

import pytest
from sqlalchemy import select, update
from sqlalchemy.orm import Session

from broadcast import attaching, compose, content, counting, launch, planning
from broadcast.compose import NotAllowed
from broadcast.content import Beside, Flaw, Frame, Script, Way
from broadcast.models import Broadcast
from broadcast.states import ForbiddenMove
from channels.contract import Limits, MediaKind, Place
from db.engine import Sessions
from delivery import media
from delivery.models import Consignment, MediaItem, Wording
from tests.broadcast import places
from tests.broadcast.places import NOW
from tests.broadcast.places import Place as Town

PNG = b"\x89PNG\r\n\x1a\n" + b"the dam"
FRAME = Frame("Floods (B7K2)", "Reply STOP to stop.")
PHOTO = Beside(MediaKind.PHOTO, "key", "image/png", 2_000_000, alternatives={"en": "A full dam"})


def limits_of(channel: str) -> Limits:
    """Both show pictures and places; `strict` takes pictures of one megabyte at most."""
    largest = 1_000_000 if channel == "strict" else 10_000_000
    shows = {"caption_length": 1024, "photo_types": frozenset({"image/png"}), "has_locations": True}
    return replace(places.limits_of(channel), photo_bytes=largest, **shows)  # type: ignore[arg-type]


FREE = Way("free", limits_of("free"))
STRICT = Way("strict", replace(limits_of("strict"), photo_bytes=10_000_000), {"en": "From us: {{1}}: {{2}} End."})


def flaws(beside: Beside, *ways: Way, text: str = "The river rises.") -> list[tuple[Flaw, str | None]]:
    said = Script({"en": text}, {"en": FRAME}, ["en"], None, beside)
    return [(problem.flaw, problem.locale or problem.channel) for problem in content.check(said, ways)]


def test_a_described_picture_that_fits_is_no_problem() -> None:
    assert flaws(PHOTO, FREE) == []


def test_a_picture_nobody_described_is_a_caution_in_each_language() -> None:
    assert flaws(replace(PHOTO, alternatives={}), FREE) == [(Flaw.NO_ALTERNATIVE, "en")]


def test_a_picture_too_large_for_a_channel_keeps_the_broadcast_from_leaving() -> None:
    said = Script({"en": "Rain."}, {"en": FRAME}, ["en"], None, PHOTO)
    found = content.check(said, [Way("strict", limits_of("strict"), STRICT.templates)])
    (problem,) = (each for each in found if not each.is_caution)
    assert (problem.flaw, problem.limit, problem.actual) == (Flaw.MEDIA_TOO_LARGE, 976, 1954)


def test_a_text_too_long_for_a_caption_and_every_place_take_two_messages() -> None:
    assert flaws(PHOTO, FREE, text="x" * 1100) == [(Flaw.TWO_MESSAGES, "free")]
    place = Beside(MediaKind.LOCATION, "key", title="Relief centre")
    assert flaws(place, FREE) == [(Flaw.TWO_MESSAGES, "free")]


def test_what_a_channel_does_not_show_and_who_is_outside_the_window_are_told() -> None:
    assert flaws(replace(PHOTO, mime_type="image/webp"), FREE) == [(Flaw.MEDIA_NOT_SHOWN, "free")]
    assert flaws(PHOTO, STRICT) == [(Flaw.MEDIA_WINDOW, "strict")]


def test_a_text_leaves_room_for_the_words_that_stand_for_its_picture() -> None:
    room = 4096 - len(content.rendered(FRAME, ""))
    assert Flaw.TOO_LONG in dict(flaws(PHOTO, FREE, text="x" * (room - 5)))


def test_the_words_for_a_place_name_it_and_lead_to_a_map() -> None:
    place = Beside(MediaKind.LOCATION, "key", title="Relief centre", link="https://maps.example/1,2")
    assert place.added("en", "Go there.") == "Go there.\n\n📍 Relief centre https://maps.example/1,2"


def test_the_fingerprint_covers_the_picture_its_words_and_the_previews() -> None:
    said = Script({"en": "Rain."}, {"en": FRAME}, ["en"], None, PHOTO)
    others = [
        replace(said, beside=None),
        replace(said, beside=replace(PHOTO, key="another")),
        replace(said, beside=replace(PHOTO, alternatives={"en": "An empty dam"})),
        replace(said, has_preview=False),
    ]
    assert len({content.fingerprint(each, code="B7K2") for each in (said, *others)}) == 5


# --- with a database


@pytest.fixture
def town(session: Session) -> Town:
    return places.settle(session)


def illustrated(session: Session, town: Town, text: str = "The river rises.") -> Broadcast:
    draft = places.ready(session, town, text=text)
    item = media.keep(session, town.agency.id, MediaKind.PHOTO, PNG, name="dam.png", now=NOW)
    attaching.attach(session, draft, town.author, item)
    attaching.describe(session, draft, town.author, locale="en", text="A  full\ndam")
    return draft


def test_another_picture_begins_its_words_anew(session: Session, town: Town) -> None:
    draft = illustrated(session, town)
    assert draft.media_texts == {"en": "A full dam"}
    place = media.keep_place(session, town.agency.id, Place(1.0, 2.0, "Here"), now=NOW)
    attaching.attach(session, draft, town.author, place)
    assert (draft.media_id, draft.media_texts) == (place.id, {})


def test_nobody_attaches_what_is_another_agencys_or_to_what_has_left(session: Session, town: Town) -> None:
    other = places.settle(session, "parks")
    theirs = media.keep(session, other.agency.id, MediaKind.PHOTO, PNG, now=NOW)
    draft = illustrated(session, town)
    with pytest.raises(NotAllowed):
        attaching.attach(session, draft, town.author, theirs)
    with pytest.raises(NotAllowed):
        attaching.attach(session, draft, other.author, theirs)
    seal = compose.fingerprint(session, draft)
    launch.confirm(session, draft, town.author, fingerprint=seal, limits_of=limits_of, now=NOW)
    with pytest.raises(ForbiddenMove):
        attaching.attach(session, draft, town.author, None)


def test_two_messages_for_each_person_take_twice_as_long(session: Session, town: Town) -> None:
    for _ in range(30):
        places.subscriber(session, town, at=[town.free])
    spans = []
    for text in ("Rain.", "x" * 1100):
        draft = illustrated(session, town, text)
        counted = counting.count(session, draft, now=NOW)
        spans.append(counting.estimate(session, draft, counted, limits_of=limits_of, now=NOW).span)
    assert spans == [timedelta(seconds=1), timedelta(seconds=2)]


def test_a_picture_we_let_go_of_keeps_an_old_draft_from_leaving(session: Session, town: Town) -> None:
    draft = illustrated(session, town)
    session.execute(update(MediaItem).values(content=None))
    assert [each.flaw for each in compose.problems(session, draft, limits_of=limits_of)] == [Flaw.MEDIA_GONE]


def test_the_launch_hands_the_picture_and_the_words_for_it_to_the_post_office(sessions: Sessions) -> None:
    with sessions.begin() as session:
        town = places.settle(session)
        places.subscriber(session, town, at=[town.strict])
        draft = illustrated(session, town)
        seal, now = compose.fingerprint(session, draft), NOW + timedelta(days=10)
        launch.confirm(session, draft, town.author, fingerprint=seal, limits_of=limits_of, now=now)
        draft_id = draft.id
    planning.plan(sessions, draft_id, limits_of=limits_of, clock=lambda: now)
    with sessions() as session:
        assert session.get_one(Consignment, draft_id).media_id is not None
        wording = session.scalars(select(Wording).where(Wording.locale == "en").limit(1)).one()
        assert wording.alternative == "A full dam"
        assert "The river rises." in wording.text
        assert "A full dam" not in wording.text
        assert "The river rises.\n\n🖼 A full dam" in wording.without_media
        strict = session.scalars(select(Wording).where(Wording.locale == "en", Wording.template_id.is_not(None))).one()
        assert strict.variables["2"] == "The river rises. 🖼 A full dam"
        assert session.scalars(select(MediaItem)).one().needed_until == now + media.KEPT_FOR
    with sessions.begin() as session:
        stray_id = media.keep_place(session, town.agency.id, Place(1.0, 2.0, "Here"), now=now).id
        assert attaching.forget(session, now + media.KEPT_FOR) == 2
        session.expire_all()
        kept = session.scalars(select(MediaItem)).one()
        assert kept.id != stray_id
        assert (kept.content, kept.needed_until) == (None, None)
