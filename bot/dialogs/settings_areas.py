"""Areas: where somebody wants to hear of, as toggles; none of them means everywhere."""

from collections.abc import Sequence

from bot import pickers
from bot.dialogs.settings_card import NAME, show
from bot.keywords import Intent, normalise
from bot.pickers import Toggle
from bot.replies import Reply
from bot.talk import Talk
from subscribers import areas
from subscribers.models import Area


def begin(talk: Talk, key: str = "settings.areas_ask", *, page: int = 0) -> list[Reply]:
    """The agency's areas, in pages; an agency that has none says so."""
    toggles = _toggles(talk)
    if not toggles:
        return show(talk, "settings.no_areas")
    talk.open(NAME, part="areas", page=page)
    more = talk.button(f"{NAME}:areas:{page + 1}", "settings.more.button")
    is_everywhere = not areas.chosen(talk.session, talk.subscriber)
    fixed = [
        talk.button(f"{NAME}:everywhere", "settings.everywhere.button", is_selected=is_everywhere),
        talk.button(f"{NAME}:begin", "topics.done.button"),
    ]
    lines, choices = pickers.toggle_list(talk, toggles, f"{NAME}:area", page=page, more=more, fixed=fixed)
    values = {"agency": talk.agency.name_in(talk.locale), "areas": lines}
    return [Reply(key, values, choices, edits=True, list_label_key="settings.areas.button")]


def toggle(talk: Talk, area_id: int | None, page: int) -> list[Reply]:
    """Switch one on or off; an empty list where it is none of this agency's."""
    if area_id is None or areas.toggle(talk.session, talk.subscriber, area_id) is None:
        return []
    return begin(talk, page=page)


def everywhere(talk: Talk) -> list[Reply]:
    """Hear of all again."""
    areas.clear(talk.session, talk.subscriber)
    return show(talk, "settings.saved")


def choose_typed(talk: Talk, text: str) -> list[Reply]:
    """Choose what was typed after the command: names and numbers are added, never taken away."""
    toggles = _toggles(talk)
    chosen = pickers.typed(toggles, text)
    if not chosen:
        return begin(talk, "settings.no_such_area" if text else "settings.areas_ask")
    areas.choose(talk.session, talk.subscriber, [each.id for each in chosen])
    return begin(talk, _key(toggles, text))


def hear(talk: Talk, intent: Intent | None, text: str) -> list[Reply]:
    """Numbers and names toggle, "more" leads on; an empty list for anything else."""
    page = int(talk.data.get("page", 0))
    if intent is Intent.MORE:
        return begin(talk, page=page + 1)
    toggles = _toggles(talk)
    chosen = pickers.typed(toggles, text)
    if chosen is None:
        return []
    for each in chosen:
        areas.toggle(talk.session, talk.subscriber, each.id)
    return begin(talk, _key(toggles, text), page=page)


def _key(toggles: Sequence[Toggle], text: str) -> str:
    return "settings.no_such_area" if pickers.has_wrong_number(toggles, text) else "settings.areas_ask"


def _toggles(talk: Talk) -> list[Toggle]:
    chosen = areas.chosen(talk.session, talk.subscriber)
    return [
        Toggle(area.id, area.name_in(talk.locale), area.id in chosen, _names(area))
        for area in areas.list_for(talk.session, talk.agency.id)
    ]


def _names(area: Area) -> frozenset[str]:
    return frozenset(normalise(name) for name in (area.key.replace("-", " ").replace("_", " "), *area.names.values()))
