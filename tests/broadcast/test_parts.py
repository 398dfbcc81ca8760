"""The parts of a bulletin: what may stand in it, what is refused and why, and how they come together."""

from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest
from sqlalchemy.orm import Session

from broadcast import bulletins, parts
from broadcast.models import Broadcast
from broadcast.parts import BadParts
from channels.contract import MediaKind
from delivery import media
from feeds import chart
from tests.broadcast.feeding import CHART, MORNING, NEWS, RIVER, WORDS, defined, run, said_in, says
from tests.broadcast.places import NOW, limits_of, settle
from tests.broadcast.test_bulletins import announced


def test_parts_are_kept_in_their_order_and_described_to_officers(session: Session) -> None:
    bulletin = defined(session, settle(session), WORDS, NEWS, RIVER, CHART)
    assert [parts.pack(each) for each in parts.of(bulletin)] == [WORDS, NEWS, RIVER, CHART]
    assert parts.feeds_of(bulletin) == ["river"]
    assert parts.described(bulletin, ["en"], "en") == [
        "Words: Keep away from the banks.",
        "The announcements since the last one",
        "Data of river: The river: {level}, {trend}.",
        "A chart of river: level",
    ]


def test_without_any_it_says_the_announcements(session: Session) -> None:
    bulletin = defined(session, settle(session))
    parts.set_parts(session, bulletin, [], officer=None, now=NOW)
    assert parts.of(bulletin) == [parts.SINCE_LAST]


@pytest.mark.parametrize(
    ("said", "told"),
    [
        ([{"kind": "poem"}], "needs a kind"),
        (["text"], "needs a kind"),
        ([{"kind": "text", "texts": {"en": "x"}, "colour": 1}], "colour"),
        ([{"kind": "text", "texts": {"ta": "x"}}], "text in en"),
        ([{"kind": "text", "texts": {"en": "x", "fr": "x"}}], "fr"),
        ([{"kind": "text", "texts": {"en": "x" * 501}}], "500"),
        ([{"kind": "text", "texts": {"en": "a\u202eb"}}], "readable"),
        ([{"kind": "text"}], "needs texts"),
        ([NEWS, NEWS], "once"),
        ([NEWS] * 11, "10 parts"),
        ([{**RIVER, "feed": "sea"}], "river"),
        ([{**RIVER, "texts": {"en": "It is high."}}], "blanks"),
        ([{**RIVER, "texts": {"en": "{level} {height}"}}], "height"),
        ([{**RIVER, "texts": {"en": "{level}", "ta": "{trend}"}}], "same blanks"),
        ([{**RIVER, "texts": {"en": "{level} {Level}"}}], "curly bracket"),
        ([{**CHART, "fields": ["trend"]}], "level"),
        ([{**CHART, "fields": []}], "fields"),
        ([{**CHART, "fields": ["level", "level"]}], "fields"),
        ([{**CHART, "past": 1}], "past"),
        ([CHART, CHART], "one picture"),
        ([{"kind": "picture", "media_id": 1, "texts": {"en": "x"}}], "picture of this agency"),
    ],
)
def test_what_cannot_stand_in_one_is_refused_and_says_what_to_change(
    session: Session, said: list[Any], told: str
) -> None:
    bulletin = defined(session, settle(session))
    with pytest.raises(BadParts, match=told):
        parts.set_parts(session, bulletin, said, officer=None, now=NOW)
    assert [parts.pack(each) for each in parts.of(bulletin)] == [RIVER]


def test_a_picture_of_another_agency_is_not_shown(session: Session) -> None:
    place, other = settle(session), settle(session, "roads")
    drawn = chart.drawn([chart.Line("x", [("01", Decimal(1)), ("02", Decimal(2))])])
    theirs = media.keep(session, other.agency.id, MediaKind.PHOTO, drawn, now=NOW)
    ours = media.keep(session, place.agency.id, MediaKind.PHOTO, drawn, now=NOW)
    bulletin = defined(session, place)
    picture = {"kind": "picture", "texts": {"en": "The gauge."}}
    with pytest.raises(BadParts):
        parts.set_parts(session, bulletin, [{**picture, "media_id": theirs.id}], officer=None, now=NOW)
    parts.set_parts(session, bulletin, [WORDS, {**picture, "media_id": ours.id}], officer=None, now=NOW)
    ran = bulletins.run(session, bulletin.id, limits_of=limits_of, now=MORNING)
    assert ran is not None
    made = session.get_one(Broadcast, ran.broadcast_id)
    assert (made.media_id, made.media_texts["en"]) == (ours.id, "The gauge.")


def test_announcements_stand_where_their_part_does_and_are_shortened_to_what_is_left(session: Session) -> None:
    place = settle(session)
    bulletin = defined(session, place, WORDS, NEWS, RIVER)
    for number in range(6):
        announced(session, place, f"Item {number}. " + "word " * 60, at=NOW + timedelta(hours=1))
    text = said_in(session, run(session, bulletin, says()))["en"]
    assert text.startswith("Good morning.\n\nKeep away from the banks.\n\n• Item 0.")
    assert text.endswith("…\n\nThe river: 1.25 m, rising.")
    assert text.count("• ") == 6
