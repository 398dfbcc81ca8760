"""How an answer to a question about a bulletin is read: what it means, or why it is none."""

from collections.abc import Sequence
from typing import Any

from bot import weeks
from bot.dialogs import bulletins_questions as questions
from bot.dialogs import bulletins_topics
from bot.dialogs.bulletins_questions import Step
from bot.pickers import id_in
from bot.replies import Reply, verbatim
from bot.talk import Talk
from broadcast import bulletins, defining, segmented
from broadcast.defining import BadBulletin
from subscribers import topics
from subscribers.models import Topic
from subscribers.segments import in_words, saved, tree
from subscribers.segments.flaws import BadSegment


class Again(Exception):
    """An answer is none: this is why. The question is asked once more."""

    def __init__(self, reply: Reply) -> None:
        super().__init__(reply.key)
        self.reply = reply


def value(talk: Talk, step: Step, said: str, *, is_tapped: bool) -> Any:
    """What was answered, checked; raises Again."""
    match step:
        case Step.NAME:
            return _name(talk, said)
        case Step.TOPICS:
            return _topics(talk, said, is_tapped=is_tapped)
        case Step.DAYS:
            return _days(talk, said, is_tapped=is_tapped)
        case Step.TIME:
            return _time(talk, said, is_tapped=is_tapped)
        case Step.READERS if is_tapped and said in list(questions.CADENCES):
            return said
        case Step.SEGMENT:
            return _segment(talk, said, is_tapped=is_tapped)
        case Step.WORDS:
            return _words(talk, said, is_skipped=is_tapped)
        case Step.SAVE if is_tapped:
            return said
        case _:
            raise Again(Reply("announce.not_an_answer"))


def _name(talk: Talk, said: str) -> str:
    name = questions.name_in(said)
    if name is None:
        raise Again(bad(talk, "key"))
    if bulletins.by_key(talk.session, talk.agency.id, name) is not None:
        raise Again(bad(talk, "known"))
    return name


def _topics(talk: Talk, said: str, *, is_tapped: bool) -> list[int]:
    """Those that are chosen, or that were typed: by their names, of which one alone may be a button's label."""
    if is_tapped and said == "done":
        found: list[int] | None = bulletins_topics.chosen(talk)
    else:
        found = [id_in(["", said]) or 0] if is_tapped else bulletins_topics.typed(talk, said)
    if found is None:
        raise Again(Reply("announce.not_an_answer"))
    try:
        about = these(talk, found)
        changed = defining.find(talk.session, talk.agency.id, talk.data.get("bulletin", 0))
        defining.check_topics(talk.session, talk.agency, about, but=changed)
    except BadBulletin as error:
        raise Again(bad(talk, error)) from error
    return found


def toggled(talk: Talk, said: str) -> list[int]:
    """The topics that are chosen after a tap; raises Again where they are too many."""
    found = bulletins_topics.toggled(talk, said)
    if len(found) > defining.TOPICS_AT_MOST:
        raise Again(bad(talk, "topics"))
    return found


def these(talk: Talk, ids: Sequence[int]) -> list[Topic]:
    """These topics; BadBulletin where one is not there any more."""
    found = [topics.find(talk.session, talk.agency.id, each) for each in ids]
    about = [each for each in found if each is not None]
    if len(about) < len(found):
        raise BadBulletin("topic", "there is no such topic")
    return about


def _days(talk: Talk, said: str, *, is_tapped: bool) -> list[int]:
    """Those that are chosen, or that were typed; the whole name of one is a button's label, too."""
    if is_tapped and said == "done":
        days, flaw = talk.data.get("days", list(range(7))), "no_day"
    else:
        days, flaw = weeks.weekdays(talk.inbound.text if is_tapped else said), "days"
    if not days:
        raise Again(bad(talk, flaw))
    return sorted(days)


def _time(talk: Talk, said: str, *, is_tapped: bool) -> str:
    time = questions.time_in(f"{said[:2]}:{said[2:]}" if is_tapped else said)
    if time is None:
        raise Again(bad(talk, "time"))
    return time


def _segment(talk: Talk, said: str, *, is_tapped: bool) -> str | None:
    if is_tapped and said == "all":
        return None
    known = saved.find(talk.session, talk.agency.id, id_in(["", said]) or 0) if is_tapped else None
    if is_tapped and known is None:
        raise Again(Reply("segments.unknown"))
    try:
        return tree.show(segmented.read(talk.session, talk.agency, known.name if known else said))
    except BadSegment as error:
        raise Again(verbatim(in_words.explained(error, talk.locale))) from error


def _words(talk: Talk, said: str, *, is_skipped: bool) -> str | None:
    locale, first = str(talk.data["locale"]), talk.agency.locales[0]
    if is_skipped and locale == first:
        raise Again(Reply("announce.not_an_answer"))
    if is_skipped:
        return None
    try:
        checked = defining.checked_introductions(talk.agency, {first: said, locale: said})
    except BadBulletin as error:
        raise Again(bad(talk, error)) from error
    return checked[locale]


def bad(talk: Talk, why: BadBulletin | str) -> Reply:
    """Why an answer is none."""
    flaw, topic = (why, None) if isinstance(why, str) else (why.flaw, why.topic)
    values: dict[str, object] = {"letters": defining.KEY_LENGTH, "limit": defining.INTRODUCTION_LENGTH}
    if topic is not None:
        values |= {"topic": topic.name_in(talk.locale)}
    return Reply(f"bulletins.bad.{flaw}", values | ({"limit": defining.TOPICS_AT_MOST} if flaw == "topics" else {}))
