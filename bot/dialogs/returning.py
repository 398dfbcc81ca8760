"""The return from a pause: what is said before it, and the buttons with which it begins anew."""

from collections.abc import Sequence
from datetime import datetime, timedelta

from bot.replies import Reply
from bot.talk import Talk
from channels.contract import Choice
from locales import texts
from subscribers import consent, wishes

NAME = "returning"
SPANS = {"7": timedelta(days=7), "30": timedelta(days=30)}


def announcement(locale: str, agency: str, until: datetime) -> Reply:
    """Your pause is about to end; pause again, or stop. Everything tapped can be typed: the text says how."""
    choices = [
        Choice("returning:pause:7", texts.say("returning.week.button", locale)),
        Choice("returning:pause:30", texts.say("returning.month.button", locale)),
        Choice("leaving:stop", texts.say("leaving.all.button", locale)),
    ]
    return Reply("returning.announced", {"agency": agency, "until": until}, choices)


def written(until: datetime, zone: str, locale: str) -> str:
    """When a pause ends, as people read it."""
    return texts.instant(until, zone, locale)


def tap(talk: Talk, action: Sequence[str]) -> list[Reply]:
    """Pause again, from now on; of somebody who said stop meanwhile nothing is paused."""
    match action:
        case ["pause", days] if days in SPANS:
            return _pause(talk, SPANS[days])
        case _:
            return []


def hear(talk: Talk, text: str) -> list[Reply]:
    """Nothing: this dialog is never left open."""
    return []


def _pause(talk: Talk, span: timedelta) -> list[Reply]:
    consent.lock(talk.session, talk.subscriber)
    if talk.subscriber.consented_at is None:
        return []
    until = wishes.pause(talk.subscriber, span, now=talk.now)
    return [Reply("returning.paused", {"agency": talk.agency.name_in(talk.locale), "until": until})]
