"""/announce, after the topic: all who hold it, a saved segment of them, or one that is typed here.

Asked only in agencies that have saved one, or where the draft has one already.
"""

from bot.dialogs import officer_steps
from bot.dialogs.officer_desk import Desk
from bot.dialogs.officer_questions import ask
from bot.replies import Reply, verbatim
from broadcast import compose
from subscribers.segments import in_words, saved
from subscribers.segments.flaws import BadSegment


def chosen(desk: Desk, value: str) -> list[Reply]:
    """All of them, or the saved segment with this id."""
    found = None if value == "all" else saved.find(desk.session, desk.talk.agency.id, int(value))
    if found is None and value != "all":
        return [Reply("segments.unknown"), ask(desk)]
    return _set(desk, found.name if found else None)


def typed(desk: Desk, text: str) -> list[Reply]:
    """A segment in the officer's own words."""
    try:
        return _set(desk, text)
    except BadSegment as bad:
        return [verbatim(in_words.explained(bad, desk.talk.locale)), ask(desk)]


def _set(desk: Desk, said: str | None) -> list[Reply]:
    compose.set_segment(desk.session, desk.draft, desk.officer, said)
    desk.note("broadcast.segment_set", segment=desk.draft.segment)
    return officer_steps.after_segment(desk)
