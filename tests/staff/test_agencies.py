"""An agency is founded with what it needs, or the operator is told what to change."""

from datetime import UTC, datetime

import pytest
from sqlalchemy.orm import Session

from staff import agencies, audit
from staff.models import Agency

NOW = datetime(2026, 11, 24, 1, 0, tzinfo=UTC)
KNOWN = ("en", "zh_Hans", "ms", "ta")


def found(session: Session, **changes: object) -> Agency:
    values: dict[str, object] = {
        "slug": "flood-office",
        "name": "Flood Office",
        "time_zone": "Asia/Singapore",
        "locales": ["en", "ta"],
        "allowed_locales": KNOWN,
        "now": NOW,
    }
    return agencies.found(session, **{**values, **changes})  # type: ignore[arg-type]


def test_a_founded_agency_is_found_by_its_slug_and_the_founding_is_on_record(session: Session) -> None:
    agency = found(session, names={"ta": "வெள்ள அலுவலகம்"})
    assert agencies.by_slug(session, "flood-office") is agency
    assert agencies.by_slug(session, "flood") is None
    assert (agency.name_in("ta"), agency.name_in("en")) == ("வெள்ள அலுவலகம்", "Flood Office")
    audit.write(session)
    assert [entry.verb for entry in audit.latest(session, agency.id)] == ["agency.founded"]


@pytest.mark.parametrize(
    ("changes", "told"),
    [
        ({"time_zone": "Asia/Singapur"}, "time zone"),
        ({"time_zone": "../etc/passwd"}, "time zone"),
        ({"time_zone": "America"}, "time zone"),
        ({"time_zone": ""}, "time zone"),
        ({"locales": ["en", "tlh"]}, "unknown locale tlh"),
        ({"locales": []}, "at least one language"),
        ({"names": {"tlh": "x"}}, "unknown locale tlh"),
        ({"slug": "Flood Office"}, "slug"),
        ({"slug": "x" * 41}, "slug"),
        ({"name": "two\nlines"}, "one line"),
        ({"name": " "}, "one line"),
    ],
)
def test_a_bad_agency_is_refused_with_what_to_change(session: Session, changes: dict[str, object], told: str) -> None:
    with pytest.raises(agencies.BadAgency, match=told):
        found(session, **changes)


def test_a_slug_is_taken_once(session: Session) -> None:
    found(session)
    with pytest.raises(agencies.BadAgency, match="already"):
        found(session, name="Another")
    assert [agency.name for agency in agencies.every(session)] == ["Flood Office"]


def test_an_agency_says_how_long_it_keeps_what_is_about_people_and_it_is_on_record(session: Session) -> None:
    agency = found(session)
    session.flush()
    assert (agency.keep_deliveries_days, agency.keep_words_days) == (90, 30)
    agencies.set_retention(session, agency, deliveries=None, words=7, now=NOW)
    assert (agency.keep_deliveries_days, agency.keep_words_days) == (90, 7)
    audit.write(session)
    noted = audit.latest(session, agency.id)[0]
    assert (noted.verb, noted.details) == ("agency.retention", {"words": 7})


@pytest.mark.parametrize("days", [0, 2, 3_661])
def test_nobody_keeps_too_short_for_a_providers_repetition_or_for_ever(session: Session, days: int) -> None:
    agency = found(session)
    with pytest.raises(agencies.BadAgency, match="3 to 3660 days"):
        agencies.set_retention(session, agency, deliveries=days, words=None, now=NOW)
