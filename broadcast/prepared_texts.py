"""Prepared texts: an agency's words for one moment, written in quiet hours and ready in three taps at 3 a.m.

A text has blanks like {area}, the same in every language. {area} is filled with a picked area's name in each language,
{time} with an hour as each language writes it; any other with what the officer types. What readers of a language get
that has no text is said when it is written, so that nobody is asked at night. Approved is what a second officer read;
an edit voids it. What is made of an approved one with picked values alone is what was approved.
"""

import hashlib
import json
import re
from collections.abc import Collection, Mapping, Sequence
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from broadcast import attaching, characters, compose, content, policy, values
from broadcast.compose import NotAllowed
from broadcast.content import Problem
from broadcast.models import Broadcast, Content, PreparedText
from broadcast.states import Aftercare, Kind, Meaning, State
from locales import texts
from staff import audit
from staff.models import Agency, Officer
from subscribers import areas, topics

NAME_LENGTH, TEXT_LENGTH, VALUE_LENGTH, MOST = 30, 2_000, 100, 30
AREA, TIME = "area", "time"
PICKED = frozenset({AREA, TIME})
"""Blanks whose values are picked and not typed, so that nothing unread gets into an approved text."""


class BadText(Exception):
    """It cannot be kept like this; `reason` is a word of ours, `place` what it is about."""

    def __init__(self, reason: str, place: str = "") -> None:
        super().__init__(f"{reason}: {place}")
        self.reason, self.place = reason, place


class OwnWork(Exception):
    """This officer wrote or changed it: somebody else has to approve it."""


def save(
    session: Session,
    agency: Agency,
    officer: Officer,
    *,
    name: str,
    said: Mapping[str, str],
    meaning: Meaning | None,
    topic_id: int | None,
    now: datetime,
    fallback: str | None = None,
    is_meant: bool = False,
    prepared_id: int | None = None,
) -> PreparedText:
    """Keep a new one, or change the one with this id, which voids its approval. Raises BadText, NotAllowed.

    Readers of the languages without a text get the `fallback`'s; None: nothing, which a correction cannot mean.
    `is_meant`: the officer was shown where the languages differ, and said that it is meant, which the audit keeps.
    """
    _check_writer(agency, officer)
    kept = {locale: characters.tidied(text) for locale, text in said.items()}
    _check(session, agency, name, kept, topic_id)
    others = missing(agency, kept)
    if others and (fallback not in kept if fallback else meaning is not None):
        raise BadText("fallback", ", ".join(texts.native_name(locale) for locale in others))
    found = get(session, agency.id, prepared_id) if prepared_id is not None else None
    if found is None and len(list_for(session, agency.id)) >= MOST:
        raise BadText("too_many", str(MOST))
    row = found or PreparedText(agency_id=agency.id, created_at=now, editor_ids=[])
    row.name, row.texts, row.meaning, row.topic_id = name.strip(), kept, meaning, topic_id
    row.fallback_locale = fallback if others else None
    row.silent_locales = [] if fallback else others
    row.editor_ids = sorted({*row.editor_ids, officer.id})
    row.approved_hash = row.approved_by_id = row.approved_at = None
    session.add(row)
    session.flush()
    _note(session, row, officer, "changed" if found else "written", now)
    if is_meant:
        _note(session, row, officer, "differences_meant", now)
    return row


def remove(session: Session, row: PreparedText, officer: Officer, *, now: datetime) -> None:
    """Take it away; what was made of it stays."""
    _check_writer(session.get_one(Agency, row.agency_id), officer)
    _note(session, row, officer, "removed", now)
    session.delete(row)
    session.flush()


def approve(session: Session, row: PreparedText, officer: Officer, *, seen: str, now: datetime) -> bool:
    """Somebody who had no hand in it has read exactly this (`seen` is its hash then); False where it has changed.

    Raises OwnWork, NotAllowed.
    """
    if not policy.may_approve(officer, row.agency_id):
        raise NotAllowed(f"officer {officer.id} may not approve prepared text {row.id}")
    session.refresh(row, with_for_update=True)
    if officer.id in row.editor_ids:
        raise OwnWork(f"officer {officer.id} wrote prepared text {row.id}")
    if digest(row) != seen:
        return False
    row.approved_hash, row.approved_by_id, row.approved_at = seen, officer.id, now
    session.flush()
    _note(session, row, officer, "approved", now)
    return True


def list_for(session: Session, agency_id: int) -> Sequence[PreparedText]:
    """The agency's prepared texts: alerts first, then corrections, by name."""
    query = select(PreparedText).where(PreparedText.agency_id == agency_id)
    found = session.scalars(query.order_by(PreparedText.name, PreparedText.id).limit(MOST)).all()
    return sorted(found, key=lambda row: row.meaning is not None)


def get(session: Session, agency_id: int, prepared_id: int) -> PreparedText | None:
    """The agency's prepared text with this id; another agency's is none."""
    row = session.get(PreparedText, prepared_id)
    return row if row is not None and row.agency_id == agency_id else None


def ready(session: Session, agency: Agency, *, is_correction: bool) -> list[PreparedText]:
    """Those that may be used now, for an alert or for putting one right."""
    found = list_for(session, agency.id)
    return [row for row in found if (row.meaning is not None) is is_correction and is_ready(agency, row)]


def corrections_of(session: Session, broadcast: Broadcast) -> list[PreparedText]:
    """What may put right a launched alert: none where it has been, or is no alert."""
    is_open = broadcast.state in (State.SENDING, State.PAUSED, State.FINISHED, State.CANCELLED)
    if broadcast.kind is not Kind.ALERT or broadcast.launched_at is None or not is_open or broadcast.aftercare:
        return []
    return ready(session, compose.agency_of(session, broadcast), is_correction=True)


def is_ready(agency: Agency, row: PreparedText) -> bool:
    """Whether it may be used: it was approved as it stands, where the agency's rules for alerts ask for approvers."""
    return not policy.has_rules(agency, Kind.ALERT) or row.approved_hash == digest(row)


def digest(row: PreparedText) -> str:
    """A hash of all that an approver reads of it."""
    said = [row.name, dict(row.texts), row.meaning, row.topic_id, row.fallback_locale, sorted(row.silent_locales)]
    return hashlib.sha256(json.dumps(said, sort_keys=True, ensure_ascii=False).encode()).hexdigest()


def missing(agency: Agency, said: Collection[str]) -> list[str]:
    """The agency's languages that are not among these."""
    return [locale for locale in agency.locales if locale not in said]


def undecided(agency: Agency, row: PreparedText) -> list[str]:
    """Languages the agency enabled since it was written, of whose readers nobody said what they get: it asks at use."""
    if row.fallback_locale is not None:
        return []
    return [locale for locale in missing(agency, row.texts) if locale not in row.silent_locales]


def differences(agency: Agency, row: PreparedText) -> list[Problem]:
    """What its languages do not say alike: whoever wrote it said that it is meant, whoever approved it read it."""
    return content.differences(row.texts, zone=agency.time_zone)


def blanks(row: PreparedText) -> list[str]:
    """What has to be filled in, in the order of the text."""
    return next((blanks_of(text) for text in row.texts.values()), [])


def blanks_of(text: str) -> list[str]:
    """The blanks of a text, each once."""
    return list(dict.fromkeys(found[1].casefold() for found in values.BLANK.finditer(text)))


def blanks_apart(said: Mapping[str, str]) -> dict[str, set[str]]:
    """Language -> the blanks that it or the first language has alone."""
    first = set(blanks_of(next(iter(said.values()), "")))
    return {locale: apart for locale, text in said.items() if (apart := set(blanks_of(text)) ^ first)}


def use(session: Session, broadcast: Broadcast, officer: Officer, row: PreparedText, given: Mapping[str, str]) -> None:
    """Write a draft from a prepared text: `given` is blank -> an area's id, an instant (ISO), or words.

    Nothing of what the draft was before is sent with it: no segment, no picture, no other text.
    Raises NotAllowed where it is another agency's, is not ready, or is for another moment.
    """
    agency = compose.agency_of(session, broadcast)
    is_correction = broadcast.aftercare is Aftercare.CORRECTION
    if row.agency_id != agency.id or (row.meaning is not None) is not is_correction or not is_ready(agency, row):
        raise NotAllowed(f"prepared text {row.id} is not for broadcast {broadcast.id}")
    if not is_correction and not broadcast.is_drill:
        topic = topics.find(session, agency.id, row.topic_id) if row.topic_id else None
        compose.set_topic(session, broadcast, officer, topic)
        compose.set_areas(session, broadcast, officer, [int(given[AREA])] if given.get(AREA, "").isdecimal() else [])
        compose.set_segment(session, broadcast, officer, None)
    if not is_correction:
        compose.set_kind(session, broadcast, officer, Kind.ALERT)
    _emptied(session, broadcast, officer)
    for locale, text in filled(session, agency, row, given).items():
        compose.set_text(session, broadcast, officer, locale=locale, text=text)
    compose.set_fallback(session, broadcast, officer, row.fallback_locale)
    broadcast.prepared_id, broadcast.prepared_values = row.id, dict(given)
    session.flush()


def filled(session: Session, agency: Agency, row: PreparedText, given: Mapping[str, str]) -> dict[str, str]:
    """The texts with their blanks filled, each language in its own way; a blank without a value stays."""
    return {
        locale: _filled(session, agency, text, given, locale)
        for locale, text in row.texts.items()
        if locale in agency.locales
    }


def is_as_approved(session: Session, broadcast: Broadcast) -> bool:
    """Whether it says exactly what an approved text says, with picked values alone, to whom that one is for."""
    row = get(session, broadcast.agency_id, broadcast.prepared_id) if broadcast.prepared_id is not None else None
    if row is None or row.approved_hash != digest(row) or broadcast.media_id is not None or broadcast.segment:
        return False
    given, agency = broadcast.prepared_values, compose.agency_of(session, broadcast)
    if not set(blanks(row)) <= PICKED & set(given) or (AREA in given and not given[AREA].isdecimal()):
        return False
    said = {each.locale: each.text for each in session.scalars(select(Content).filter_by(broadcast_id=broadcast.id))}
    is_to_them = broadcast.aftercare is Aftercare.CORRECTION or _is_to_them(broadcast, row, given)
    return is_to_them and _is_for_others(agency, broadcast, row) and said == filled(session, agency, row, given)


def set_policy(session: Session, agency: Agency, is_approved: bool, *, now: datetime) -> None:
    """Whether what is made of an approved text as it stands leaves without another approval."""
    agency.prepared_is_approved = is_approved
    audit.note(
        session,
        agency_id=agency.id,
        officer_id=None,
        verb="agency.prepared_set",
        subject=f"agency:{agency.id}",
        now=now,
        details={"is_approved": is_approved},
    )


def _emptied(session: Session, broadcast: Broadcast, officer: Officer) -> None:
    attaching.attach(session, broadcast, officer, None)
    attaching.set_preview(session, broadcast, officer, True)
    for left in compose.contents(session, broadcast):
        compose.drop_text(session, broadcast, officer, locale=left.locale)


def _is_for_others(agency: Agency, broadcast: Broadcast, row: PreparedText) -> bool:
    """Whether readers of other languages get what was approved; of a language enabled since the officer says it."""
    may_say = undecided(agency, row) and not row.silent_locales
    return broadcast.fallback_locale == row.fallback_locale or bool(may_say and broadcast.fallback_locale in row.texts)


def _is_to_them(broadcast: Broadcast, row: PreparedText, given: Mapping[str, str]) -> bool:
    if broadcast.is_drill:
        return True
    wanted = [int(given[AREA])] if AREA in given else []
    return broadcast.topic_id == row.topic_id and broadcast.area_ids == wanted


def _filled(session: Session, agency: Agency, text: str, given: Mapping[str, str], locale: str) -> str:
    def value(found: re.Match[str]) -> str:
        return _value(session, agency, found[1].casefold(), given, locale) or found[0]

    return values.BLANK.sub(value, text)


def _value(session: Session, agency: Agency, blank: str, given: Mapping[str, str], locale: str) -> str:
    said = given.get(blank, "")
    if blank == AREA and said.isdecimal():
        area = areas.find(session, agency.id, int(said))
        return area.name_in(locale) if area is not None else ""
    if blank == TIME and said:
        return texts.instant(datetime.fromisoformat(said), agency.time_zone, locale)
    return said


def _check(session: Session, agency: Agency, name: str, said: Mapping[str, str], topic_id: int | None) -> None:
    if not name.strip() or len(name.strip()) > NAME_LENGTH or not name.isprintable():
        raise BadText("name", str(NAME_LENGTH))
    if not said:
        raise BadText("no_text")
    if topic_id is not None and topics.find(session, agency.id, topic_id) is None:
        raise NotAllowed(f"topic {topic_id} is not agency {agency.id}'s")
    for locale, text in said.items():
        if locale not in agency.locales or not text or not characters.is_readable(text) or len(text) > TEXT_LENGTH:
            raise BadText("text", texts.native_name(locale))
    for locale, apart in blanks_apart(said).items():
        named = ", ".join(f"{{{each}}}" for each in sorted(apart))
        raise BadText("blanks", f"{texts.native_name(locale)}: {named}")


def _check_writer(agency: Agency, officer: Officer) -> None:
    if officer.agency_id != agency.id or officer.role not in compose.MAY_WRITE or officer.revoked_at is not None:
        raise NotAllowed(f"officer {officer.id} may not write prepared texts of agency {agency.id}")


def _note(session: Session, row: PreparedText, officer: Officer, what: str, now: datetime) -> None:
    audit.note(
        session,
        agency_id=row.agency_id,
        officer_id=officer.id,
        verb=f"prepared.{what}",
        subject=f"prepared:{row.id}",
        now=now,
        details={"name": row.name, "fingerprint": digest(row)},
    )
