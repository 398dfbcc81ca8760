"""An officer at work on one draft: where they are in /announce, what is written, and what that leaves open."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum

from sqlalchemy import select
from sqlalchemy.orm import Session

from bot.replies import Reply
from bot.talk import Talk
from broadcast import compose, report, segmented
from broadcast.models import Broadcast
from broadcast.states import Aftercare, State
from channels.contract import Choice
from staff import audit
from staff.models import Officer
from subscribers import areas, topics
from subscribers.models import Area, Segment
from subscribers.segments import language, saved

NAME = "announce"


class Step(StrEnum):
    """What is being asked."""

    KEPT = "kept"  # go on with an unfinished draft, or begin anew
    KIND = "kind"
    BLANK = "blank"  # the value of a prepared text's blank, in data["blank"]
    TOPIC = "topic"
    SEGMENT = "segment"  # only where the agency has saved some
    AREAS = "areas"  # only where the agency has some
    TEXT = "text"  # in data["locale"]
    WORDS = "words"  # what the picture shows, in data["locale"]
    GAP = "gap"  # what readers of a language without a text get
    SAME = "same"  # only where the languages say different things
    PREVIEW = "preview"  # waits for the code


@dataclass(frozen=True, slots=True)
class Desk:
    """One turn of an officer at a draft. Everything lasting is in the draft and in the conversation's data."""

    talk: Talk
    officer: Officer
    draft: Broadcast

    @property
    def session(self) -> Session:
        """The turn's session."""
        return self.talk.session

    @property
    def step(self) -> Step:
        """What was asked last."""
        return Step(self.talk.data["step"])

    @property
    def locale(self) -> str:
        """The language whose text is asked for."""
        return str(self.talk.data["locale"])

    @property
    def is_fixing(self) -> bool:
        """Whether one thing is being changed after the preview, so that the way leads back there."""
        return bool(self.talk.data.get("is_fixing"))

    @property
    def locales(self) -> Sequence[str]:
        """The languages of the agency."""
        return self.talk.agency.locales

    def go(self, step: Step, **data: object) -> None:
        """Ask this next. Whatever was remembered for another step is forgotten, a confirmation code too."""
        kept = {"silent": self.talk.data.get("silent", []), "meant": self.talk.data.get("meant", [])}
        self.talk.open(NAME, **{"broadcast": self.draft.id, **kept, "step": step.value, **data})

    def written(self) -> Mapping[str, str]:
        """Locale -> text, in the agency's order."""
        said = {row.locale: row.text for row in compose.contents(self.session, self.draft)}
        return {locale: said[locale] for locale in self.locales if locale in said}

    def missing(self) -> list[str]:
        """The agency's languages that have no text."""
        written = self.written()
        return [locale for locale in self.locales if locale not in written]

    @property
    def is_repeated(self) -> bool:
        """Whether it says what another has said, so that there is nothing to write."""
        return self.draft.aftercare is Aftercare.RETRY

    @property
    def has_public(self) -> bool:
        """Whether there is anything to ask about whom it is for."""
        return self.draft.aftercare is None and not self.draft.is_drill

    def stand_in(self) -> str | None:
        """The language that may stand in for those left out: English, else the first one written."""
        written = self.written()
        return "en" if "en" in written else next(iter(written), None)

    def is_gap_settled(self) -> bool:
        """Whether readers of every language get something, or the officer said which of them do not."""
        missing = self.missing()
        return self.draft.fallback_locale in self.written() or set(missing) <= set(self.talk.data.get("silent", []))

    def differences(self) -> list[str]:
        """What is not the same in all languages, in words; of what is said again nothing is asked."""
        found = [] if self.is_repeated else compose.differences(self.session, self.draft)
        return [compose.explain(each, self.talk.locale) for each in found]

    def is_same(self) -> bool:
        """Whether the languages say the same, or the officer said of all that differs that it is meant."""
        return set(self.differences()) <= set(self.talk.data.get("meant", []))

    def topic_name(self) -> str:
        """For whom it is, in the officer's language."""
        if self.draft.aftercare is not None or self.draft.is_drill:
            return report.whom(self.session, self.draft, self.talk.locale)
        topic = self.draft.topic_id and topics.find(self.session, self.talk.agency.id, self.draft.topic_id)
        return topic.name_in(self.talk.locale) if topic else self.talk.say("announce.everyone")

    def areas(self) -> Sequence[Area]:
        """The agency's areas."""
        return areas.list_for(self.session, self.talk.agency.id)

    def segments(self) -> Sequence[Segment]:
        """The segments the agency has saved."""
        return saved.list_for(self.session, self.talk.agency.id)

    def asks_segment(self) -> bool:
        """Whether there is anything to ask about segments."""
        return self.draft.segment is not None or bool(self.segments())

    def segment_words(self) -> str:
        """Whom of its topic it is for, in the officer's language; empty: all."""
        if self.draft.segment is None:
            return ""
        read = language.read(self.draft.segment)
        return segmented.in_locale(self.session, self.talk.agency, read, self.talk.locale)

    def area_names(self) -> str:
        """The areas it is for, in the officer's language; empty: everywhere."""
        chosen = [area for area in self.areas() if area.id in self.draft.area_ids]
        return ", ".join(area.name_in(self.talk.locale) for area in chosen)

    def button(self, action: str, label_key: str, **values: str) -> Choice:
        """A choice that is good for this draft only."""
        return Choice(self.key(action), self.talk.say(label_key, **values))

    def key(self, action: str) -> str:
        """The key of a choice that is good for this draft only."""
        return f"{NAME}:{self.draft.code}:{action}"

    def note(self, verb: str, **details: audit.Detail) -> None:
        """One line in the audit about this draft. Never a text."""
        audit.note(
            self.session,
            agency_id=self.talk.agency.id,
            officer_id=self.officer.id,
            verb=verb,
            subject=compose.subject(self.draft),
            now=self.talk.now,
            details={"code": self.draft.code, **details},
        )

    def note_meant(self, **details: audit.Detail) -> None:
        """One line in the audit that what differs between the languages is meant, as the draft is now."""
        found = compose.differences(self.session, self.draft)
        languages = ",".join(sorted({each.locale or "" for each in found}))
        seal = compose.fingerprint(self.session, self.draft)
        told: dict[str, audit.Detail] = {"differences": len(found), "languages": languages, "fingerprint": seal}
        self.note("broadcast.differences_meant", **told, **details)


def writer(talk: Talk) -> Officer | None:
    """The officer who speaks, if they may write announcements."""
    officer = talk.officer
    is_writer = officer is not None and officer.agency_id == talk.agency.id and officer.role in compose.MAY_WRITE
    return officer if is_writer else None


def read_only(talk: Talk) -> list[Reply]:
    """Tell an officer whose role does not write so."""
    return _told_role(talk, "officer.read_only")


def admins_only(talk: Talk) -> list[Reply]:
    """Tell an officer whose role may not do this so."""
    return _told_role(talk, "officer.admins_only")


def cannot(talk: Talk, broadcast: Broadcast, state: State) -> Reply:
    """Tell that this cannot be done with an announcement that stands here."""
    return Reply("control.cannot", {"code": broadcast.code, "state": talk.say(f"broadcast.state.{state}")})


def desk_of(talk: Talk) -> Desk | None:
    """The officer's open draft; None for everybody else, and where no announcement is being written here."""
    officer = writer(talk)
    if officer is None or talk.conversation.dialog != NAME:
        return None
    draft = talk.session.get(Broadcast, talk.data.get("broadcast"))
    return Desk(talk, officer, draft) if draft is not None and compose.may_touch(draft, officer) else None


def sit_down(talk: Talk, officer: Officer, draft: Broadcast, step: Step, **data: object) -> Desk:
    """Leave what was open, and ask about this draft from now on."""
    desk = Desk(talk, officer, draft)
    talk.close()
    desk.go(step, **data)
    return desk


def kept_draft(talk: Talk, officer: Officer) -> Broadcast | None:
    """The newest draft this officer left unfinished."""
    query = select(Broadcast).where(Broadcast.agency_id == talk.agency.id, Broadcast.state == State.DRAFT)
    mine = query.where(Broadcast.officer_id == officer.id, Broadcast.aftercare.is_(None), Broadcast.is_drill.is_(False))
    newest = mine.order_by(Broadcast.id.desc()).limit(1)  # ix_broadcasts_agency_state: drafts are few
    return talk.session.scalars(newest).one_or_none()


def _told_role(talk: Talk, key: str) -> list[Reply]:
    role = talk.say(f"officer.role.{talk.officer.role}") if talk.officer else ""
    return [Reply(key, {"role": role, "agency": talk.agency.name_in(talk.locale)})]
