"""An agency's prepared answers: officers write them, the conversation finds them."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from helpdesk import matching
from helpdesk.models import Answer
from staff import audit
from staff.models import Agency

MOST_ANSWERS = 100
MOST_KEYWORDS = 20
KEYWORD_LENGTH = 60
TEXT_LENGTH = 1_000


class BadAnswer(Exception):
    """An answer cannot be like this; `reason` is one of REASONS and says what to change."""

    REASONS = ("too_many", "no_keywords", "many_keywords", "long_keyword", "no_text", "long_text", "language")

    def __init__(self, reason: str, message: str) -> None:
        super().__init__(message)
        self.reason = reason


def list_for(session: Session, agency_id: int) -> Sequence[Answer]:
    """The agency's answers in their order."""
    query = select(Answer).where(Answer.agency_id == agency_id).order_by(Answer.position, Answer.id)
    return session.scalars(query.limit(MOST_ANSWERS)).all()  # ix_answers_agency_position


def get(session: Session, agency_id: int, answer_id: int) -> Answer | None:
    """The agency's answer with this id; another agency's is none."""
    return session.scalars(select(Answer).where(Answer.id == answer_id, Answer.agency_id == agency_id)).one_or_none()


def find(session: Session, agency_id: int, said: str) -> Answer | None:
    """The answer that a normalised text asks for, in whichever language it asks."""
    known = list_for(session, agency_id)
    place = matching.best([[word for each in one.keywords.values() for word in each] for one in known], said)
    return known[place] if place is not None else None


def text_in(answer: Answer, agency: Agency, locale: str) -> str:
    """What it says in a language; where that is missing, in the agency's default or any other."""
    return answer.texts.get(locale) or answer.texts.get(agency.locales[0]) or next(iter(answer.texts.values()))


def save(
    session: Session,
    agency: Agency,
    *,
    keywords: Mapping[str, Iterable[str]],
    texts: Mapping[str, str],
    now: datetime,
    officer_id: int | None = None,
    answer_id: int | None = None,
) -> Answer:
    """A new answer at the end of the list, or other words for the one with `answer_id`. BadAnswer.

    `keywords` and `texts` are by locale, keywords normalised; the agency's default language must be among them.
    """
    words = {locale: _checked_keywords(each) for locale, each in keywords.items()}
    said = {locale: _checked_text(each) for locale, each in texts.items()}
    _check_languages(agency, words, said)
    found = get(session, agency.id, answer_id) if answer_id is not None else None
    answer = found or _new(session, agency.id)
    answer.keywords, answer.texts, answer.updated_at = words, said, now
    session.add(answer)
    session.flush()
    _note(session, answer, "answer.changed" if found else "answer.added", officer_id, now)
    return answer


def remove(session: Session, answer: Answer, *, now: datetime, officer_id: int | None = None) -> None:
    """Answer this no more."""
    _note(session, answer, "answer.removed", officer_id, now)
    session.delete(answer)
    session.flush()


def _new(session: Session, agency_id: int) -> Answer:
    mine = Answer.agency_id == agency_id
    if (session.scalar(select(func.count()).select_from(Answer).where(mine)) or 0) >= MOST_ANSWERS:
        raise BadAnswer("too_many", f"an agency may have {MOST_ANSWERS} answers")
    last = session.scalar(select(func.max(Answer.position)).where(mine))
    return Answer(agency_id=agency_id, position=0 if last is None else last + 1)


def _checked_keywords(keywords: Iterable[str]) -> list[str]:
    words = list(dict.fromkeys(word for word in keywords if word))
    if not words:
        raise BadAnswer("no_keywords", "an answer needs at least one keyword in each of its languages")
    if len(words) > MOST_KEYWORDS:
        raise BadAnswer("many_keywords", f"an answer may have {MOST_KEYWORDS} keywords in a language")
    if any(len(word) > KEYWORD_LENGTH for word in words):
        raise BadAnswer("long_keyword", f"a keyword may have {KEYWORD_LENGTH} characters")
    return words


def _checked_text(text: str) -> str:
    if not text.strip():
        raise BadAnswer("no_text", "the answer is empty")
    if len(text.strip()) > TEXT_LENGTH:
        raise BadAnswer("long_text", f"an answer may have {TEXT_LENGTH} characters, not {len(text.strip())}")
    return text.strip()


def _check_languages(agency: Agency, keywords: Mapping[str, object], texts: Mapping[str, object]) -> None:
    unknown = [locale for locale in (*keywords, *texts) if locale not in agency.locales]
    if unknown:
        raise BadAnswer("language", f"{', '.join(unknown)} is not enabled in {agency.slug}")
    if agency.locales[0] not in texts or set(keywords) != set(texts):
        raise BadAnswer("language", f"keywords and a text are needed in {agency.locales[0]}, and both in every other")


def _note(session: Session, answer: Answer, verb: str, officer_id: int | None, now: datetime) -> None:
    audit.note(
        session,
        agency_id=answer.agency_id,
        officer_id=officer_id,
        verb=verb,
        subject=f"answer:{answer.id}",
        now=now,
        details={"languages": ",".join(answer.texts)},
    )
