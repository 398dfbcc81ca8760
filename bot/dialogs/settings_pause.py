"""A pause: everything stops for some days, alerts too, and comes back by itself or with one word."""

from bot import hours, returns
from bot.dialogs.settings_card import NAME, back, show
from bot.keywords import is_span
from bot.replies import Reply
from bot.talk import Talk
from channels.contract import Choice
from locales import texts
from subscribers import wishes


def begin(talk: Talk, key: str = "settings.pause_ask") -> list[Reply]:
    """Ask for how long."""
    talk.open(NAME, part="pause")
    choices = [
        Choice(f"{NAME}:pause:{days}", texts.say_many("settings.days.button", days, talk.locale))
        for days in wishes.PAUSES
    ]
    return [Reply(key, {"agency": talk.agency.name_in(talk.locale)}, [*choices, back(talk)], edits=True)]


def pause(talk: Talk, days: int | None) -> list[Reply]:
    """Pause, and say until when, that it holds for alerts too, and how to come back; ask again for another number.

    That they will be told when it ends is said only where they can be.
    """
    if days not in wishes.PAUSES:
        return begin(talk, "settings.pause_again")
    until = wishes.pause(talk.subscriber, days, now=talk.now)
    talk.close()
    values: dict[str, object] = {"agency": talk.agency.name_in(talk.locale), "until": until}
    told = returns.foreseen(talk.session, talk.subscriber, talk.agency, days)
    if told is not None:
        values["told"] = told
    key = "settings.paused" if told is not None else "settings.paused_untold"
    choices = [
        talk.button(f"{NAME}:resume", "settings.resume.button"),
        talk.button(f"{NAME}:begin", "menu.settings.button"),
    ]
    return [Reply(key, values, choices, edits=True)]


def resume(talk: Talk) -> list[Reply]:
    """End the pause at once."""
    was_paused = wishes.resume(talk.subscriber, now=talk.now)
    return show(talk, "settings.resumed" if was_paused else "settings.not_paused")


def typed(talk: Talk, text: str) -> list[Reply]:
    """Pause for the days that stand in a text; ask where there are none."""
    days = _days(text)
    return begin(talk) if days is None else pause(talk, days)


def hear(talk: Talk, text: str) -> list[Reply]:
    """A number of days; an empty list for anything else."""
    return [] if _days(text) is None else typed(talk, text)


def _days(text: str) -> int | None:
    return hours.days(text) if is_span(text) else None
