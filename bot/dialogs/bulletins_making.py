"""Making a bulletin in chat, question by question, and changing one thing of one that is there.

Nothing of a new one is kept before its last question. A change holds from the next occurrence on.
Before either an officer's session is asked for: a question may be answered days after it was asked.
"""

from collections.abc import Sequence
from typing import Any

from bot.dialogs import bulletins_answers as answers
from bot.dialogs import bulletins_card, bulletins_topics, confirming
from bot.dialogs import bulletins_questions as questions
from bot.dialogs.bulletins_card import NAME
from bot.dialogs.bulletins_questions import CHANGED, Step, ask
from bot.pickers import LEAVE_OUT, id_in
from bot.replies import Reply
from bot.talk import Talk
from broadcast import bulletins, changing, defining, occurring
from broadcast.defining import BadBulletin
from broadcast.models import Bulletin
from staff.models import Officer
from subscribers.models import Cadence

KEPT = "kept"  # the answer to a question that waited for a code


def tap(talk: Talk, officer: Officer, action: Sequence[str]) -> list[Reply]:
    """Begin a new one, or a tapped answer to what is asked now; an older question's buttons mean nothing."""
    if not bulletins_card.may_define(talk):
        return [Reply("bulletins.not_yours")]
    if action == ["new"]:
        talk.close()
        return confirming.first(talk, f"{NAME}:new") or [ask(talk, Step.NAME, new={})]
    match action:
        case ["set", whose, step, said] if said == KEPT:
            is_kept = _is_asked(talk, whose, step) and "value" in talk.data
            return _read(talk, officer, Step(step), said, is_tapped=True) if is_kept else []
        case ["set", whose, Step.WORDS, skipped] if _is_asked(talk, whose, Step.WORDS) and skipped != _skipping(talk):
            return [_again(talk, Step.WORDS)]
        case ["set", whose, step, value, *_] if step in list(Step) and _is_asked(talk, whose, step):
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
            before: dict[str, Any] = {"days": bulletin.days} if step == Step.DAYS else {}
            before |= {"topics": bulletin.topic_ids} if step == Step.TOPICS else {}
            return [ask(talk, Step(step), bulletin=bulletin.id, **before)]
        case []:
            return [_what(talk, bulletin)]
        case _:
            return []


def _is_asked(talk: Talk, whose: str, step: str) -> bool:
    is_open = talk.conversation.dialog == NAME and talk.data.get("step") == step
    return is_open and whose == str(talk.data.get("bulletin", "new"))


def _skipping(talk: Talk) -> str:
    return questions.skipping(str(talk.data["locale"]))


def _read(talk: Talk, officer: Officer, step: Step, said: str, *, is_tapped: bool) -> list[Reply]:
    try:
        match step:
            case Step.DAYS if is_tapped and said != "done" and talk.inbound.choice is not None:
                return [_toggled(talk, said)]
            case Step.TOPICS if is_tapped and said.startswith("page-"):
                page = id_in(["", said.removeprefix("page-")]) or 0
                return [ask(talk, step, topics=bulletins_topics.chosen(talk), page=page)]
            case Step.TOPICS if is_tapped and said != "done" and talk.inbound.choice is not None:
                return [ask(talk, step, topics=answers.toggled(talk, said), page=talk.data.get("page", 0))]
            case _ if is_tapped and said == KEPT:
                value = talk.data["value"]
            case _:
                value = answers.value(talk, step, said, is_tapped=is_tapped)
        if "bulletin" not in talk.data and step is not Step.SAVE:
            return _next(talk, step, value)
        asked = confirming.first(talk, bulletins_card.answer_key(talk, step, KEPT), value=value)
        return asked or (_change(talk, officer, step, value) if "bulletin" in talk.data else _made(talk, officer))
    except answers.Again as again:
        return [again.reply, _again(talk, step)]


def _toggled(talk: Talk, said: str) -> Reply:
    days = set(talk.data.get("days", range(7)))
    day = id_in(["", said])
    return ask(talk, Step.DAYS, days=sorted(days ^ {day} if day in range(7) else days))


def _next(talk: Talk, step: Step, value: Any) -> list[Reply]:
    """Keep an answer for the new one and ask the next question that has none."""
    made = dict(talk.data["new"])
    if step is Step.WORDS:
        locale = str(talk.data["locale"])
        others = {each: text for each, text in made.get("words", {}).items() if each != locale}
        made["words"] = others | ({locale: value} if value is not None else {})
        left = talk.agency.locales[list(talk.agency.locales).index(locale) + 1 :]
        if left:
            return [ask(talk, Step.WORDS, new=made, locale=left[0])]
    else:
        made[step.value] = value
    order = list(Step)
    following = next(
        each for each in questions.steps(talk) if order.index(each) > order.index(step) and each not in made
    )
    return [ask(talk, following, new=made, locale=talk.agency.locales[0])]


def _made(talk: Talk, officer: Officer) -> list[Reply]:
    said = dict(talk.data["new"])
    try:
        made = bulletins.define(
            talk.session,
            talk.agency,
            key=said["name"],
            topics=answers.these(talk, said["topics"]),
            local_time=said["time"],
            time_zone=talk.agency.time_zone,
            introductions=said["words"],
            days=said["days"],
            cadence=Cadence(said["readers"]),
            segment=said.get("segment"),
            officer=officer,
            now=talk.now,
        )
    except BadBulletin as error:  # another officer was faster: what is lost is asked again, and nothing else
        talk.remember(topics=said["topics"])
        lost = ask(talk, Step.NAME) if error.flaw == "known" else _again(talk, Step.TOPICS)
        return [answers.bad(talk, error), lost]
    return [Reply("bulletins.made", {"name": made.key}), bulletins_card.card(talk, made)]


def _change(talk: Talk, officer: Officer, step: Step, value: Any) -> list[Reply]:
    bulletin = defining.find(talk.session, talk.agency.id, int(talk.data["bulletin"]))
    if bulletin is None:
        talk.close()
        return [Reply("bulletins.unknown")]
    try:
        _set(talk, officer, bulletin, step, value)
    except BadBulletin as error:
        raise answers.Again(answers.bad(talk, error)) from error
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
        case Step.TOPICS:
            changing.set_topics(session, bulletin, officer, answers.these(talk, value), now=now)
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
    data: dict[str, Any] = {name: talk.data[name] for name in ("locale", "days", "page") if name in talk.data}
    data |= {"topics": bulletins_topics.free(talk)} if step is Step.TOPICS else {}
    return ask(talk, step, **data)
