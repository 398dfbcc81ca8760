"""A feed is defined by an operator; what is wrong with it is said at once, and no agency sees another's."""

from typing import Any

import pytest
from sqlalchemy.orm import Session

from feeds import defining, specs
from feeds.specs import BadFeed
from tests.broadcast.places import NOW, settle
from tests.feeds import rivers

LEVEL = rivers.said()["fields"]["level"]
TREND = rivers.said()["fields"]["trend"]


def test_a_feed_is_defined_changed_and_taken_away_within_its_agency(session: Session) -> None:
    ours, theirs = settle(session).agency, settle(session, "roads").agency
    made = defining.define(session, ours, "river", rivers.said(), now=NOW)
    assert defining.spec_of(session, made) == specs.read(rivers.said(), zone=ours.time_zone)
    again = defining.define(session, ours, "river", rivers.said(max_age_minutes=5), now=NOW)
    assert (again.id, len(defining.every(session, ours.id))) == (made.id, 1)
    assert defining.by_key(session, theirs.id, "river") is None
    assert defining.specs_of(session, theirs.id) == {}
    defining.remove(session, again, now=NOW)
    assert defining.every(session, ours.id) == []


@pytest.mark.parametrize(
    ("changes", "told"),
    [
        ({"source": "ftp://x.example/a"}, "source"),
        ({"source": "https://user:word@x.example/"}, "password"),
        ({"source": "https://x.example:99999/"}, "source"),
        ({"source": "https:///x"}, "source"),
        ({"source": "file:"}, "file"),
        ({"form": "xml"}, "form"),
        ({"colour": "red"}, "colour"),
        ({"origin": ""}, "origin"),
        ({"max_age_minutes": 0}, "max_age_minutes"),
        ({"max_age_minutes": True}, "max_age_minutes"),
        ({"may_repeat": "yes"}, "may_repeat"),
        ({"encoding": "rot13"}, "encoding"),
        ({"time_zone": "Asia/Singapur"}, "time zone"),
        ({"fields": {}}, "fields"),
        ({"fields": []}, "fields"),
        ({"fields": {"Level": LEVEL}}, "Level"),
        ({"fields": {"level": 1}}, "level"),
        ({"fields": {"level": {**LEVEL, "type": "colour"}}}, "type"),
        ({"fields": {"level": {**LEVEL, "path": ""}}}, "path"),
        ({"fields": {"level": {**LEVEL, "unit": "length-parsec"}}}, "unit"),
        ({"fields": {"level": {**LEVEL, "decimals": 9}}}, "decimals"),
        ({"fields": {"level": {**LEVEL, "least": "NaN"}}}, "least"),
        ({"fields": {"level": {**LEVEL, "most_change": -1}}}, "most_change"),
        ({"fields": {"level": {**LEVEL, "labels": {"fr": "Niveau"}}}}, "fr"),
        ({"fields": {"trend": {**TREND, "least": 1}}}, "bounds"),
        ({"fields": {"trend": {**TREND, "words": {"up": {"en": "rising"}}}}}, "not said in"),
    ],
)
def test_what_cannot_be_a_feed_is_refused_and_says_what_to_change(
    session: Session, changes: dict[str, Any], told: str
) -> None:
    with pytest.raises(BadFeed, match=told):
        defining.define(session, settle(session).agency, "river", rivers.said(**changes), now=NOW)
