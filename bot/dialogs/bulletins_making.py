"""Making a bulletin in chat, question by question, and changing one thing of one that is there.

Nothing of a new one is kept before its last question. A change holds from the next occurrence on.
"""

from collections.abc import Sequence
from typing import Any

from bot import moments
from bot.dialogs import bulletins_card, confirming
from bot.dialogs import bulletins_questions as questions
from bot.dialogs.bulletins_card import NAME
from bot.dialogs.bulletins_questions import CHANGED, Step, ask
from bot.pickers import LEAVE_OUT, id_in
from bot.replies import Reply, verbatim
from bot.talk import Talk
from broadcast import bulletins, changing, defining, occurring, segmented
from broadcast.defining import BadBulletin
from broadcast.models import Bulletin
from staff.models import Officer
from subscribers import topics
from subscribers.models import Cadence
from subscribers.segments import in_words, saved, tree
from subscribers.segments.flaws import BadSegment


class _Again(Exception):
    """An answer is none: this is why. The question is asked once more."""

    def __init__(self, reply: Reply) -> None:
        super().__init__(reply.key)
        self.reply = reply


def tap(talk: Talk, officer: Officer, action: Sequence[str]) -> list[Reply]:
    """Begin a new one, or a tapped answer to what is asked now; an older question's buttons mean nothing."""
    if not bulletins_card.may_define(talk):
        return [Reply("bulletins.not_yours")]
    if action == ["new"]:
        talk.close()
        return confirming.first(talk, f"{NAME}:new") or [ask(talk, Step.NAME, new={})]
    match action:
        case ["set", Step.WORDS, skipped] if _is_asked(talk, Step.WORDS) and skipped != _skipping(talk):
            return [_again(talk, Step.WORDS)]
        case ["set", step, value] if step in list(Step) and _is_asked(talk, step):
            return _read(talk, officer, Step(step), value, is_tapped=True)
        case _:
            return []


def hear(talk: Talk, officer: Officer, text: str) -> list[Reply]:
    """A typed answer to what is asked."""
    if not bulletins_card.may_define(talk):
        talk.close()
        return [Reply("bulletins.not_yours")]
    step = Step(talk.data["step"])
    is_skipping = step is Step.WORDS and text.strip().casefold() in LEAVE_OUT
    if is_skipping:
        return _read(talk, officer, step, _skipping(talk), is_tapped=True)
    if text.startswith("/"):
        return [Reply("announce.not_an_answer"), _again(talk, step)]
    chosen = questions.chosen(talk, step, text)
    if chosen is not None:
        return _read(talk, officer, step, chosen, is_tapped=True)
    return _read(talk, officer, step, text, is_tapped=False)


def change(talk: Talk, bulletin: Bulletin, action: Sequence[str]) -> list[Reply]:
    """Ask what is to be changed, or for the new value of one thing."""
    talk.close()
    asked = confirming.first(talk, ":".join([NAME, *action]))
    if asked:
        return asked
    match action[2:]:
        case [Step.WORDS, locale] if locale in talk.agency.locales:
            return [ask(talk, Step.WORDS, bulletin=bulletin.id, locale=locale)]
        case [Step.WORDS] if len(talk.agency.locales) > 1:
            return [_which_language(talk, bulletin)]
        case [Step.WORDS]:
            return [ask(talk, Step.WORDS, bulletin=bulletin.id, locale=talk.agency.locales[0])]
        case [step] if step in CHANGED:
            days = {"days": bulletin.days} if step == Step.DAYS else {}
            return [ask(talk, Step(step), bulletin=bulletin.id, **days)]
        case []:
            return [_what(talk, bulletin)]
        case _:
            return []


def _is_asked(talk: Talk, step: str) -> bool:
    return talk.conversation.dialog == NAME and talk.data.get("step") == step


def _skipping(talk: Talk) -> str:
    return questions.skipping(str(talk.data["locale"]))


def _read(talk: Talk, officer: Officer, step: Step, said: str, *, is_tapped: bool) -> list[Reply]:
    try:
        match step:
            case Step.DAYS if is_tapped and said != "done":
                return [_toggled(talk, said)]
            case Step.TOPIC if is_tapped and said.startswith("page-"):
                return [ask(talk, step, page=id_in(["", said.removeprefix("page-")]) or 0)]
            case _:
                value = _value(talk, step, said, is_tapped=is_tapped)
        return _change(talk, officer, step, value) if "bulletin" in talk.data else _next(talk, officer, step, value)
    except _Again as again:
        return [again.reply, _again(talk, step)]


def _value(talk: Talk, step: Step, said: str, *, is_tapped: bool) -> Any:
    """What was answered, checked; raises _Again."""
    match step:
        case Step.NAME:
            return _name(talk, said)
        case Step.TOPIC if is_tapped:
            return _topic(talk, said)
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
            raise _Again(Reply("announce.not_an_answer"))


def _name(talk: Talk, said: str) -> str:
    name = questions.name_in(said)
    if name is None:
        raise _Again(_bad("key"))
    if bulletins.by_key(talk.session, talk.agency.id, name) is not None:
        raise _Again(_bad("known"))
    return name


def _topic(talk: Talk, said: str) -> int:
    topic = topics.find(talk.session, talk.agency.id, id_in(["", said]) or 0)
    if topic is None:
        raise _Again(_bad("topic"))
    return topic.id


def _days(talk: Talk, said: str, *, is_tapped: bool) -> list[int]:
    days = talk.data.get("days", list(range(7))) if is_tapped else moments.weekdays(said)
    if not days:
        raise _Again(_bad("days"))
    return sorted(days)


def _time(talk: Talk, said: str, *, is_tapped: bool) -> str:
    time = questions.time_in(f"{said[:2]}:{said[2:]}" if is_tapped else said)
    if time is None:
        raise _Again(_bad("time"))
    return time


def _segment(talk: Talk, said: str, *, is_tapped: bool) -> str | None:
    if is_tapped and said == "all":
        return None
    known = saved.find(talk.session, talk.agency.id, id_in(["", said]) or 0) if is_tapped else None
    if is_tapped and known is None:
        raise _Again(Reply("segments.unknown"))
    try:
        return tree.show(segmented.read(talk.session, talk.agency, known.name if known else said))
    except BadSegment as bad:
        raise _Again(verbatim(in_words.explained(bad, talk.locale))) from bad


def _words(talk: Talk, said: str, *, is_skipped: bool) -> str | None:
    locale, first = str(talk.data["locale"]), talk.agency.locales[0]
    if is_skipped and locale == first:
        raise _Again(Reply("announce.not_an_answer"))
    if is_skipped:
        return None
    try:
        checked = defining.checked_introductions(talk.agency, {first: said, locale: said})
    except BadBulletin as bad:
        raise _Again(_bad(bad.flaw)) from bad
    return checked[locale]


def _toggled(talk: Talk, said: str) -> Reply:
    days = set(talk.data.get("days", range(7)))
    day = id_in(["", said])
    return ask(talk, Step.DAYS, days=sorted(days ^ {day} if day in range(7) else days))


def _next(talk: Talk, officer: Officer, step: Step, value: Any) -> list[Reply]:
    """Keep an answer for the new one and ask the next question; after the last one it is made."""
    made = dict(talk.data["new"])
    if step is Step.SAVE:
        return _made(talk, officer, made)
    if step is Step.WORDS:
        locale = str(talk.data["locale"])
        made["words"] = {**made.get("words", {}), **({locale: value} if value is not None else {})}
        left = talk.agency.locales[list(talk.agency.locales).index(locale) + 1 :]
        if left:
            return [ask(talk, Step.WORDS, new=made, locale=left[0])]
    else:
        made[step.value] = value
    order = questions.steps(talk)
    following = order[order.index(step) + 1]
    return [ask(talk, following, new=made, locale=talk.agency.locales[0])]


def _made(talk: Talk, officer: Officer, said: dict[str, Any]) -> list[Reply]:
    topic = topics.find(talk.session, talk.agency.id, said["topic"])
    if topic is None:
        return [_bad("topic"), ask(talk, Step.TOPIC)]
    try:
        made = bulletins.define(
            talk.session,
            talk.agency,
            key=said["name"],
            topic=topic,
            local_time=said["time"],
            time_zone=talk.agency.time_zone,
            introductions=said["words"],
            days=said["days"],
            cadence=Cadence(said["readers"]),
            segment=said.get("segment"),
            officer=officer,
            now=talk.now,
        )
    except BadBulletin as bad:  # another officer was faster
        return [_bad(bad.flaw), ask(talk, Step.NAME if bad.flaw == "known" else Step.TOPIC)]
    return [Reply("bulletins.made", {"name": made.key}), bulletins_card.card(talk, made)]


def _change(talk: Talk, officer: Officer, step: Step, value: Any) -> list[Reply]:
    bulletin = defining.find(talk.session, talk.agency.id, int(talk.data["bulletin"]))
    if bulletin is None:
        talk.close()
        return [Reply("bulletins.unknown")]
    try:
        _set(talk, officer, bulletin, step, value)
    except BadBulletin as bad:
        raise _Again(_bad(bad.flaw)) from bad
    except occurring.Passed:
        talk.close()
        return [Reply("bulletins.unknown")]
    return [Reply("bulletins.changed", {"name": bulletin.key}), bulletins_card.card(talk, bulletin)]


def _set(talk: Talk, officer: Officer, bulletin: Bulletin, step: Step, value: Any) -> None:
    session, now = talk.session, talk.now
    match step:
        case Step.TIME:
            changing.set_time(session, bulletin, officer, value, now=now)
        case Step.DAYS:
            changing.set_days(session, bulletin, officer, value, now=now)
        case Step.TOPIC:
            topic = topics.find(session, talk.agency.id, value)
            if topic is not None:
                changing.set_topic(session, bulletin, officer, topic, now=now)
        case Step.READERS:
            changing.set_cadence(session, bulletin, officer, Cadence(value), now=now)
        case Step.SEGMENT:
            changing.set_segment(session, bulletin, officer, value, now=now)
        case Step.WORDS:
            changing.set_introduction(session, bulletin, officer, locale=str(talk.data["locale"]), text=value, now=now)


def _what(talk: Talk, bulletin: Bulletin) -> Reply:
    """Each thing that can be changed, as a button."""
    key = f"{NAME}:change:{bulletin.id}"
    choices = [talk.button(f"{key}:{step}", f"bulletins.change.{step}.button") for step in CHANGED]
    contents = talk.button(f"{NAME}:parts:{bulletin.id}", "bulletins.change.parts.button")
    back = talk.button(f"{NAME}:show:{bulletin.id}", "announce.back.button")
    return Reply("bulletins.change_ask", {"name": bulletin.key}, [*choices, contents, back], columns=2)


def _which_language(talk: Talk, bulletin: Bulletin) -> Reply:
    key = f"{NAME}:change:{bulletin.id}:{Step.WORDS}"
    return bulletins_card.languages(talk, bulletin, key)


def _again(talk: Talk, step: Step) -> Reply:
    data = {name: talk.data[name] for name in ("locale", "days", "page") if name in talk.data}
    return ask(talk, step, **data)


def _bad(flaw: str) -> Reply:
    limits = {"letters": defining.KEY_LENGTH, "limit": defining.INTRODUCTION_LENGTH}
    return Reply(f"bulletins.bad.{flaw}", limits)
