"""/inbox: the questions that citizens had passed on, answered in chat. Officers only.

A question is looked up within the officer's own agency, for buttons too: another agency's is "no such question".
"""

from collections.abc import Callable, Sequence

from bot.dialogs.officer_desk import read_only, writer
from bot.pickers import id_in
from bot.replies import Reply
from bot.talk import Talk
from channels import registry
from channels.contract import Choice
from delivery.models import Sender
from helpdesk import questions
from helpdesk.models import Question, QuestionState
from locales import texts

NAME = "inbox"
LISTED = 8
LAST = {"inbox.sent": "inbox.sent_last", "inbox.closed": "inbox.closed_last"}  # where no question is left


def begin(talk: Talk, argument: str = "") -> list[Reply]:
    """The open questions, oldest first, numbered."""
    if writer(talk) is None:
        return read_only(talk)
    found = questions.waiting(talk.session, talk.agency.id, limit=LISTED)
    if not found:
        return [Reply("inbox.none")]
    choices = [Choice(f"{NAME}:show:{each.id}", str(place)) for place, each in enumerate(found, start=1)]
    lines = [f"{place}. {_line(talk, each)}" for place, each in enumerate(found, start=1)]
    return [Reply("inbox.list", {"questions": "\n".join(lines)}, choices, columns=4, is_numbered=True)]


def tap(talk: Talk, action: Sequence[str]) -> list[Reply]:
    """The buttons under a question and under the list."""
    if writer(talk) is None or len(action) != 2:
        return []
    question_id = id_in(action)
    found = questions.find(talk.session, talk.agency.id, question_id) if question_id is not None else None
    if found is None:
        return [Reply("inbox.unknown")]
    match action[0]:
        case "show":
            return _show(talk, found)
        case "reply":
            return _ask_for_answer(talk, found)
        case "close":
            return _settle(talk, found, "inbox.closed", lambda: _close(talk, found))
        case _:
            return []


def hear(talk: Talk, text: str) -> list[Reply]:
    """What is typed after "Reply" is the answer."""
    question_id = talk.data.get("question_id")
    if writer(talk) is None or question_id is None:
        return []
    found = questions.find(talk.session, talk.agency.id, int(question_id))
    if found is None:
        talk.close()
        return [Reply("inbox.unknown")]
    if text.startswith("/"):  # a command that does not exist is no answer for a citizen
        return _ask_for_answer(talk, found)
    if len(text) > questions.ANSWER_LENGTH:
        return [Reply("inbox.too_long", {"limit": questions.ANSWER_LENGTH, "actual": len(text)})]
    talk.close()
    return _settle(talk, found, "inbox.sent", lambda: _reply(talk, found, text))


def _show(talk: Talk, question: Question) -> list[Reply]:
    if question.state is not QuestionState.OPEN:
        return [_taken(talk, question)]
    choices = [
        talk.button(f"{NAME}:reply:{question.id}", "inbox.reply.button"),
        talk.button(f"{NAME}:close:{question.id}", "inbox.close.button"),
    ]
    values = {"language": texts.native_name(question.locale), "at": question.asked_at, "question": question.text}
    return [Reply("inbox.card.open", values, choices)]


def _ask_for_answer(talk: Talk, question: Question) -> list[Reply]:
    if question.state is not QuestionState.OPEN:
        return [_taken(talk, question)]
    talk.open(NAME, question_id=question.id)
    shown = {"question": questions.shortened(question.text), "language": texts.native_name(question.locale)}
    return [Reply("inbox.write", shown)]


def _settle(talk: Talk, question: Question, key: str, do: Callable[[], None]) -> list[Reply]:
    try:
        do()
    except questions.Settled as faster:
        return [_taken(talk, faster.question)]
    except questions.SaidStop:
        return [Reply("inbox.said_stop")]
    except questions.WindowClosed:
        return [Reply("inbox.window_closed")]
    left = len(questions.waiting(talk.session, talk.agency.id, limit=LISTED))
    return [Reply(key, n=left) if left else Reply(LAST[key])]


def _reply(talk: Talk, question: Question, text: str) -> None:
    officer, sender = writer(talk), talk.session.get_one(Sender, question.sender_id)
    assert officer is not None, "asked for by `hear`"
    limits = registry.limits(sender.channel)
    questions.reply(talk.session, question, officer, text, limits=limits, now=talk.now)


def _close(talk: Talk, question: Question) -> None:
    officer = writer(talk)
    assert officer is not None, "asked for by `tap`"
    questions.close(talk.session, question, officer, now=talk.now)


def _taken(talk: Talk, question: Question) -> Reply:
    values = {"name": questions.settled_by(talk.session, question), "answer": question.answer or ""}
    return Reply(f"inbox.taken.{question.state}", values)


def _line(talk: Talk, question: Question) -> str:
    at = texts.instant(question.asked_at, talk.agency.time_zone, talk.locale)
    return f"{at} · {texts.native_name(question.locale)}\n{questions.shortened(question.text, 80)}"
