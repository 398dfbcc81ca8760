"""/settings: one card, edited in place, that says what holds now and leads to each part (topics.py is one of them).

Nothing here touches consent. Whoever has not agreed to anything yet is led to the question instead.
"""

from collections.abc import Callable, Sequence

from bot.dialogs import onboarding, settings_areas, settings_often, settings_pause, settings_quiet
from bot.dialogs.settings_card import NAME as NAME
from bot.dialogs.settings_card import show
from bot.keywords import Intent, understand
from bot.pickers import id_in
from bot.replies import Reply
from bot.talk import Talk
from subscribers import wishes


def begin(talk: Talk, argument: str = "") -> list[Reply]:
    """Show the card."""
    return _if_subscribed(talk, lambda: show(talk))


def quiet(talk: Talk, argument: str = "") -> list[Reply]:
    """Quiet hours: those typed after the command, or the question."""
    return _if_subscribed(talk, lambda: settings_quiet.typed(talk, argument))


def area(talk: Talk, argument: str = "") -> list[Reply]:
    """Areas: those typed after the command are added to what they chose."""
    return _if_subscribed(talk, lambda: settings_areas.choose_typed(talk, argument))


def pause(talk: Talk, argument: str = "") -> list[Reply]:
    """A pause of as many days as typed after the command, or the question."""
    return _if_subscribed(talk, lambda: settings_pause.typed(talk, argument))


def often(talk: Talk, argument: str = "") -> list[Reply]:
    """How often, topic by topic."""
    return _if_subscribed(talk, lambda: settings_often.begin(talk))


def tap(talk: Talk, action: Sequence[str]) -> list[Reply]:
    """The card's buttons and those of its parts, old ones too: they say the same as when they were sent."""
    if talk.subscriber.consented_at is None:
        return []
    match action:
        case ["begin"]:
            return show(talk)
        case ["often" | "topic" | "cadence", *_]:
            return _often(talk, action)
        case ["quiet", *_]:
            return _quiet(talk, action)
        case ["areas" | "area" | "everywhere", *_]:
            return _areas(talk, action)
        case ["media", "on" | "off" as wish]:
            wishes.set_media(talk.subscriber, is_wanted=wish == "on")
            return show(talk, "settings.saved")
        case ["pause"]:
            return settings_pause.begin(talk)
        case ["pause", _]:
            return settings_pause.pause(talk, id_in(action))
        case ["resume"]:
            return settings_pause.resume(talk)
        case _:
            return []


def hear(talk: Talk, text: str) -> list[Reply]:
    """What the open part understands; "done" leads back to the card, and from the card away."""
    if talk.subscriber.consented_at is None:
        return []
    understood = understand(text)
    intent, part = understood.intent if understood else None, talk.data.get("part")
    if intent is Intent.DONE or (intent is Intent.YES and part != "card"):
        return _done(talk) if part == "card" else show(talk)
    match part:
        case "quiet":
            return settings_quiet.hear(talk, intent, text)
        case "areas":
            return settings_areas.hear(talk, intent, text)
        case "often":
            return settings_often.hear(talk, intent, text)
        case "pause":
            return settings_pause.hear(talk, text)
        case _:
            return []


def _often(talk: Talk, action: Sequence[str]) -> list[Reply]:
    match action:
        case ["often", *_]:
            return settings_often.begin(talk, page=id_in(action) or 0)
        case ["topic", which]:
            return settings_often.ask(talk, which)
        case ["cadence", which, cadence]:
            return settings_often.choose(talk, which, cadence)
        case _:
            return []


def _quiet(talk: Talk, action: Sequence[str]) -> list[Reply]:
    match action:
        case ["quiet"]:
            return settings_quiet.begin(talk)
        case ["quiet", "none"]:
            return settings_quiet.clear(talk)
        case _:
            return settings_quiet.choose(talk, id_in(action), id_in(action, 2))


def _areas(talk: Talk, action: Sequence[str]) -> list[Reply]:
    match action:
        case ["areas", *_]:
            return settings_areas.begin(talk, page=id_in(action) or 0)
        case ["everywhere"]:
            return settings_areas.everywhere(talk)
        case _:
            return settings_areas.toggle(talk, id_in(action), id_in(action, 2) or 0)


def _done(talk: Talk) -> list[Reply]:
    talk.close()
    return [onboarding.subscribed(talk, "onboarding.already")]


def _if_subscribed(talk: Talk, do: Callable[[], list[Reply]]) -> list[Reply]:
    return do() if talk.subscriber.consented_at is not None else onboarding.begin(talk)
