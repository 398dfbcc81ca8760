"""A prepared text on its way into a draft: its blanks one after the other, then the preview."""

from collections.abc import Mapping

from bot import moments
from bot.dialogs import officer_steps
from bot.dialogs.officer_desk import Desk, Step
from bot.dialogs.officer_questions import ask
from bot.replies import Reply
from broadcast import compose, prepared_texts
from broadcast.models import Broadcast, PreparedText
from broadcast.states import Aftercare


def chosen(desk: Desk, prepared_id: int) -> list[Reply]:
    """Begin with a prepared text of the agency that may be used now."""
    row = _usable(desk, prepared_id)
    if row is None:
        return [Reply("prepared.not_ready"), ask(desk)]
    return _next(desk, row, _known(desk))


def given(desk: Desk, value: str) -> list[Reply]:
    """One blank has its value."""
    row = _usable(desk, int(desk.talk.data["prepared"]))
    if row is None:
        return [Reply("prepared.not_ready"), *officer_steps.begin_texts(desk)]
    return _next(desk, row, {**desk.talk.data["given"], str(desk.talk.data["blank"]): value})


def typed(desk: Desk, text: str) -> list[Reply]:
    """A value that was typed; an hour is read, and written anew in each language."""
    blank, said = str(desk.talk.data["blank"]), " ".join(text.split())
    if blank == prepared_texts.AREA and desk.areas():
        return [Reply("announce.not_an_answer"), ask(desk)]
    if blank == prepared_texts.TIME:
        at = moments.read(said, now=desk.talk.now, zone=desk.talk.agency.time_zone)
        return [Reply("prepared.bad_time"), ask(desk)] if at is None else given(desk, at.isoformat())
    limit, is_place = prepared_texts.VALUE_LENGTH, said.isdecimal() and blank == prepared_texts.AREA
    if 0 < len(said) <= limit and not set("{}") & set(said) and not is_place:
        return given(desk, said)
    return [Reply("prepared.bad_value", {"limit": limit}), ask(desk)]


def _usable(desk: Desk, prepared_id: int) -> PreparedText | None:
    """The agency's prepared text, if it may be used now for what this draft is."""
    is_correction = desk.draft.aftercare is Aftercare.CORRECTION
    found = prepared_texts.ready(desk.session, desk.talk.agency, is_correction=is_correction)
    return next((row for row in found if row.id == prepared_id), None)


def _next(desk: Desk, row: PreparedText, values: Mapping[str, str]) -> list[Reply]:
    left = next((blank for blank in prepared_texts.blanks(row) if blank not in values), None)
    if left is not None:
        return officer_steps.go(desk, Step.BLANK, blank=left, prepared=row.id, given=dict(values))
    prepared_texts.use(desk.session, desk.draft, desk.officer, row, values)
    desk.note("broadcast.prepared_used", prepared=row.id, name=row.name)
    meant = [compose.explain(each, desk.talk.locale) for each in prepared_texts.differences(desk.talk.agency, row)]
    desk.talk.remember(silent=row.silent_locales, meant=meant)  # both were said when it was written
    if meant:
        desk.note_meant(prepared=row.id)
    return officer_steps.arrive(desk)


def _known(desk: Desk) -> dict[str, str]:
    """What a correction takes from the first: it is about the same area."""
    if desk.draft.corrects_id is None:
        return {}
    first = desk.session.get_one(Broadcast, desk.draft.corrects_id)
    area = first.prepared_values.get(prepared_texts.AREA)
    return {prepared_texts.AREA: area} if area else {}
