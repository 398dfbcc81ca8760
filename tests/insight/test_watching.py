"""Trouble is found by the clock, and told once when it begins and once when it ends, to whom it concerns."""

from collections.abc import Sequence
from datetime import datetime, timedelta

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from delivery.models import Letter, Tally
from delivery.states import DeliveryState
from insight import trouble, watching
from insight.launched import Launched
from insight.models import TOLD_ELSEWHERE, Trouble, TroubleKind
from staff import groups
from staff.models import Role, StaffGroup
from tests.broadcast.places import LOCALES, NOW
from tests.insight.town import found

HOUR = timedelta(hours=1)


class Watched:
    """A town, and what the clock does in it."""

    def __init__(self, session: Session) -> None:
        self.session, self.town = session, found(session)
        self.town.binds(self.town.place.admin, "admin")
        self.launched: list[Launched] = []

    def launches(self, at: datetime, **states: int) -> Launched:
        """An announcement leaves."""
        self.launched.insert(0, self.town.launches(at, **states))
        return self.launched[0]

    def of(self, session: Session, agency_id: int, since: datetime) -> Sequence[Launched]:
        """What the rooms above would say."""
        mine = self.launched if agency_id == self.town.agency.id else []
        return [each for each in mine if each.launched_at > since]

    def ticks(self, at: datetime) -> list[tuple[str, str]]:
        """The clock looks and tells; everything that was ever written, to whom."""
        watching.look(self.session, at, launched_of=self.of)
        trouble.tell(self.session, at)
        trouble.tell(self.session, at)
        rows = self.session.execute(select(Letter.to, Letter.text).order_by(Letter.id))
        return [(to, text) for to, text in rows]

    def stops(self, launched: Launched, people: int, at: datetime) -> None:
        """So many of those it reached say stop."""
        for _ in range(people):
            person = self.town.comes(NOW - HOUR)
            self.town.reaches(launched, person, launched.launched_at)
            self.town.says(person, at, is_yes=False)


@pytest.fixture
def watched(session: Session) -> Watched:
    """An agency with an administrator and a week behind it."""
    made = Watched(session)
    for days in (3, 4, 5):
        made.launches(NOW - timedelta(days=days), accepted=950, failed=50)
    return made


def test_many_stops_after_an_announcement_are_told_once_with_what_to_do(watched: Watched) -> None:
    watched.town.binds(watched.town.place.author, "author")
    other = found(watched.session, "health")
    other.binds(other.place.admin, "stranger")
    group = StaffGroup(agency_id=watched.town.agency.id, sender_id=watched.town.place.free.id, address="-1")
    group.allowed_at = NOW
    watched.session.add(group)
    watched.session.flush()
    launched = watched.launches(NOW, accepted=200)
    watched.stops(launched, 4, NOW + HOUR)
    assert watched.ticks(NOW + HOUR) == []
    watched.stops(launched, 2, NOW + 2 * HOUR)
    told = watched.ticks(NOW + 2 * HOUR)
    assert {to for to, _ in told} == {"admin", "author", "-1"}  # whoever wrote it, too
    assert all(f"/pause {launched.code}" in text and "6 of the 200" in text and "(3%)" in text for _, text in told)
    assert watched.ticks(NOW + 3 * HOUR) == told
    over = watched.ticks(NOW + 5 * HOUR)[len(told) :]
    assert {to for to, _ in over} == {"admin", "author", "-1"}
    assert all("Hardly anybody" in text for _, text in over)
    watched.stops(launched, 1, NOW + 6 * HOUR)
    assert len(watched.ticks(NOW + 6 * HOUR)) == len(told) + len(over)  # once a spike, and never again
    assert groups.of_agency(watched.session, other.agency.id) == []


def test_a_spike_is_over_also_where_the_clock_was_away_for_days(watched: Watched) -> None:
    launched = watched.launches(NOW, accepted=100)
    watched.stops(launched, 8, NOW + HOUR)
    assert len(watched.ticks(NOW + HOUR)) == 1
    assert "In all 8 of 100" in watched.ticks(NOW + timedelta(days=4))[-1][1]


def test_what_is_wrong_with_one_agency_hides_no_trouble_of_another(watched: Watched) -> None:
    broken = found(watched.session, "broken").agency.id
    launched = watched.launches(NOW, accepted=100)
    watched.stops(launched, 8, NOW + HOUR)

    def of(session: Session, agency_id: int, since: datetime) -> Sequence[Launched]:
        if agency_id == broken:
            raise ZeroDivisionError
        return watched.of(session, agency_id, since)

    assert watching.look(watched.session, NOW + HOUR, launched_of=of) == 2
    assert trouble.has_been(
        watched.session, watched.town.agency.id, TroubleKind.OPT_OUT_SPIKE, f"broadcast:{launched.id}"
    )


def test_two_clocks_look_once_a_minute(watched: Watched) -> None:
    at = NOW + HOUR
    assert watching.look(watched.session, at, launched_of=watched.of) == 1
    assert watching.look(watched.session, at + timedelta(seconds=59), launched_of=watched.of) == 0
    assert watching.look(watched.session, at + timedelta(seconds=60), launched_of=watched.of) == 1


def test_a_falling_rate_of_a_sender_is_told_and_its_end(watched: Watched) -> None:
    watched.launches(NOW, accepted=700, failed=300)
    [(to, text)] = watched.ticks(NOW + HOUR)
    assert to == "admin"
    assert watched.town.place.free.handle in text
    assert "70%" in text
    assert "95%" in text
    watched.launches(NOW + 30 * HOUR, accepted=20)
    assert len(watched.ticks(NOW + 31 * HOUR)) == 1  # of so few nothing can be said
    watched.launches(NOW + 31 * HOUR, accepted=940, failed=60)
    assert "as usual again" in watched.ticks(NOW + 32 * HOUR)[-1][1]


def test_where_arrivals_are_told_they_count_once_they_had_time(watched: Watched) -> None:
    for launched in watched.launched:
        key = (launched.id, watched.town.place.free.id, DeliveryState.ACCEPTED)
        watched.session.get_one(Tally, key).state = DeliveryState.DELIVERED
    watched.session.flush()
    watched.launches(NOW, accepted=900, delivered=100)
    assert watched.ticks(NOW + timedelta(minutes=30)) == []
    assert "10%" in watched.ticks(NOW + 2 * HOUR)[0][1]


def test_what_nobody_can_hear_waits_and_keeps_nobody_else_waiting(watched: Watched) -> None:
    lonely = found(watched.session, "lonely")
    for number in range(3):
        trouble.begin(watched.session, lonely.agency.id, TroubleKind.SENDER_SLOWED, f"sender:{number}", now=NOW)
    mine: trouble.Details = {"sender": "@water", "share": 0.2}
    where = (watched.town.agency.id, TroubleKind.SENDER_SLOWED, "sender:9")
    assert trouble.begin(watched.session, *where, details=mine, now=NOW)
    assert not trouble.begin(watched.session, *where, details=mine, now=NOW)
    [(to, text)] = watched.ticks(NOW)
    assert (to, "@water is slowed down" in text) == ("admin", True)
    assert trouble.end(watched.session, *where, now=NOW)
    assert not trouble.end(watched.session, *where, now=NOW)
    assert len(watched.ticks(NOW)) == 2
    assert trouble.begin(watched.session, *where, details=mine, now=NOW)
    assert len(watched.ticks(NOW)) == 3
    for number in range(3):
        trouble.end(watched.session, lonely.agency.id, TroubleKind.SENDER_SLOWED, f"sender:{number}", now=NOW)
    lonely.binds(lonely.place.admin, "late")
    assert len(watched.ticks(NOW)) == 3  # who was never told that it began is not told that it ended


def test_an_auditor_is_not_bothered_and_who_may_write_only_where_no_administrator_is(watched: Watched) -> None:
    watched.town.binds(watched.town.place.author, "author")
    auditor = type(watched.town.place.admin)(agency_id=watched.town.agency.id, name="Ana", role=Role.AUDITOR)
    auditor.created_at = NOW
    watched.session.add(auditor)
    watched.session.flush()
    watched.town.binds(auditor, "auditor")
    kind = TroubleKind.SENDER_STOPPED
    details = {"reason": "blocked often", "sender": "S"}
    trouble.begin(watched.session, watched.town.agency.id, kind, "sender:1", details=details, now=NOW)
    assert [to for to, _ in watched.ticks(NOW)] == ["admin"]
    watched.town.place.admin.revoked_at = NOW
    trouble.begin(watched.session, watched.town.agency.id, kind, "sender:2", details=details, now=NOW)
    assert [to for to, _ in watched.ticks(NOW)][1:] == ["author"]


def test_old_trouble_is_let_go_of(watched: Watched) -> None:
    where = (watched.town.agency.id, TroubleKind.SENDER_SLOWED, "sender:1")
    trouble.begin(watched.session, *where, now=NOW)
    assert trouble.forget(watched.session, NOW + timedelta(days=500)) == 0  # it goes on
    trouble.end(watched.session, *where, now=NOW)
    assert trouble.forget(watched.session, NOW + timedelta(days=500)) == 1


DETAILS = {"sender": "@bot", "code": "B7K2", "people": 61, "reached": 1_204, "share": 0.051, "usual": 0.002}
WORDS = {"reason": "bad_token", "bulletin": "water", "template": "notice"}


@pytest.mark.parametrize("locale", LOCALES)
@pytest.mark.parametrize("kind", sorted(set(TroubleKind) - TOLD_ELSEWHERE))
def test_every_trouble_has_its_words_in_every_language(kind: TroubleKind, locale: str) -> None:
    row = Trouble(kind=kind, details=DETAILS | WORDS)
    said, english = (_said_of(row, each) for each in (locale, "en"))
    assert len(set(said)) == 3
    assert all("{" not in text and "0.0" not in text for text in said)
    if locale != "en":  # a text that a catalog lacks would be said in English
        assert not set(said) & set(english)


@pytest.mark.parametrize("kind", sorted(TOLD_ELSEWHERE))
def test_what_is_told_elsewhere_is_not_told_again_and_has_its_name_in_the_report(
    watched: Watched, kind: TroubleKind
) -> None:
    where = (watched.town.agency.id, kind, "held:1")
    assert trouble.begin(watched.session, *where, details=WORDS, now=NOW)
    [row] = trouble.of_agency(watched.session, watched.town.agency.id, since=NOW)
    names = {trouble.name(row, locale) for locale in LOCALES}
    assert len(names) == len(LOCALES)
    assert all("{" not in name and "trouble." not in name for name in names)
    assert trouble.end(watched.session, *where, now=NOW)
    assert watched.ticks(NOW) == []


def _said_of(row: Trouble, locale: str) -> list[str]:
    """What is said when it begins, when it ends, and what it is called."""
    said = []
    for is_open in (True, None):
        row.is_open = is_open
        said.append(trouble.in_words(row, locale))
    return [*said, trouble.name(row, locale)]
