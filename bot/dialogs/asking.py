"""What a citizen asks in their own words: a prepared answer, else the offer to pass it on to the officers."""

from collections.abc import Sequence
from zoneinfo import ZoneInfo

from bot import pickers
from bot.dialogs import help as helping
from bot.keywords import Intent, normalise, understand
from bot.replies import Reply
from bot.talk import Talk
from channels.contract import Choice
from helpdesk import answers, questions
from helpdesk.hours import Hours
from helpdesk.models import Answer
from locales import texts

NAME = "asking"
LEAST_LETTERS = 8  # of a text without a question mark, so that a slip of the finger is not offered to anybody
LEAST_SIGNS = 4  # the same in Chinese


def begin(talk: Talk, text: str) -> list[Reply]:
    """Answer from the agency's list, or offer to pass it on; else say that we did not understand."""
    return offer(talk, text) or helping.not_understood(talk)


def offer(talk: Talk, text: str) -> list[Reply]:
    """The prepared answer; else the offer to pass it on, if somebody is there to read it and it says anything."""
    found = answers.find(talk.session, talk.agency.id, normalise(text))
    if found is not None:
        return [_answered(talk, found, text)]
    if talk.officer is not None or not _says_something(text) or not _is_staffed(talk):
        return []
    talk.open(NAME, question=text[: questions.TEXT_LENGTH])
    choices = [talk.button("asking:pass", "asking.yes.button"), talk.button("asking:drop", "asking.no.button")]
    return [Reply("asking.offer", {"agency": _agency(talk), "question": questions.shortened(text)}, choices)]


def tap(talk: Talk, action: Sequence[str]) -> list[Reply]:
    """The answers to our offer, while it stands."""
    if talk.conversation.dialog != NAME or "question" not in talk.data:
        return []
    match action:
        case ["pass"]:
            return _pass_on(talk)
        case ["drop"]:
            talk.close()
            return [Reply("asking.dropped", {"agency": _agency(talk)}, pickers.menu(talk))]
        case _:
            return []


def hear(talk: Talk, text: str) -> list[Reply]:
    """Yes and no in words; anything else is a new word of theirs."""
    understood = understand(text)
    match understood.intent if understood else None:
        case Intent.YES:
            return tap(talk, ["pass"])
        case Intent.NO:
            return tap(talk, ["drop"])
        case _:
            talk.close()
            return []


def _answered(talk: Talk, found: Answer, text: str) -> Reply:
    said = {"answer": answers.text_in(found, talk.agency, talk.locale), "agency": _agency(talk)}
    if talk.officer is not None or not _is_staffed(talk):
        return Reply("asking.answer", said, pickers.menu(talk))
    talk.open(NAME, question=text[: questions.TEXT_LENGTH])
    choices: list[Choice] = [talk.button("asking:pass", "asking.pass.button"), *pickers.menu(talk)[:2]]
    return Reply("asking.answer", said, choices)


def _pass_on(talk: Talk) -> list[Reply]:
    text = str(talk.data["question"])
    talk.close()
    try:
        questions.ask(
            talk.session,
            agency=talk.agency,
            sender_id=talk.sender.id,
            address=talk.inbound.address,
            subscriber_id=talk.subscriber.id,
            locale=talk.locale,
            text=text,
            now=talk.now,
        )
    except questions.TooMany:
        return [Reply("asking.too_many", {"agency": _agency(talk)}, pickers.menu(talk))]
    return [Reply("asking.passed", {"agency": _agency(talk), "office": _office(talk)}, pickers.menu(talk))]


def _office(talk: Talk) -> str:
    """Whether somebody reads it now: the agency's own words while it is closed, else when it opens."""
    agency = talk.agency
    if agency.office_hours is None:
        return talk.say("asking.office.unknown")
    hours, local = Hours.loaded(agency.office_hours), talk.now.astimezone(ZoneInfo(agency.time_zone))
    if hours.is_open(local):
        return talk.say("asking.office.open")
    own: str | None = agency.away_texts.get(talk.locale)
    return own or talk.say(
        "asking.office.closed", opens=texts.instant(hours.next_opening(local), agency.time_zone, talk.locale)
    )


def _says_something(text: str) -> bool:
    letters = [character for character in text if character.isalpha()]
    if any("\u3400" <= letter <= "\u9fff" for letter in letters):
        return len(letters) >= LEAST_SIGNS
    has_words = len(normalise(text).split()) > 1
    return has_words and (len(letters) >= LEAST_LETTERS or "?" in text)


def _is_staffed(talk: Talk) -> bool:
    return questions.is_staffed(talk.session, talk.agency.id)


def _agency(talk: Talk) -> str:
    return talk.agency.name_in(talk.locale)
