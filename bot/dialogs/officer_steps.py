"""From step to step of /announce: on to the next question, one back, and to the preview."""

from bot.dialogs import officer_launch, officer_preview
from bot.dialogs.officer_desk import Desk, Step
from bot.dialogs.officer_questions import ask
from bot.replies import Reply
from bot.talk import Talk
from broadcast import approving, compose
from broadcast.models import Broadcast
from broadcast.states import State


def go(desk: Desk, step: Step, **data: object) -> list[Reply]:
    """Ask this."""
    desk.go(step, **data)
    return [ask(desk)]


def after_topic(desk: Desk) -> list[Reply]:
    """On to the segment, where the agency has saved some."""
    return go(desk, Step.SEGMENT, is_fixing=desk.is_fixing) if desk.asks_segment() else after_segment(desk)


def after_segment(desk: Desk) -> list[Reply]:
    """On to the areas, where the agency has some."""
    return go(desk, Step.AREAS, is_fixing=desk.is_fixing) if desk.areas() else begin_texts(desk)


def begin_texts(desk: Desk) -> list[Reply]:
    """On to the first text, or back to the preview."""
    return arrive(desk) if desk.is_fixing else go(desk, Step.TEXT, locale=desk.locales[0])


def resume(desk: Desk) -> list[Reply]:
    """Go on with a draft where something is written; else ask its first question."""
    if desk.written():
        return arrive(desk)
    return go(desk, Step.KIND if desk.has_public else Step.TEXT, locale=desk.locales[0])


def next_text(desk: Desk) -> list[Reply]:
    """The next language, or what follows the last one."""
    place = desk.locales.index(desk.locale) + 1
    if desk.is_fixing or place == len(desk.locales):
        return arrive(desk)
    return go(desk, Step.TEXT, locale=desk.locales[place])


def arrive(desk: Desk) -> list[Reply]:
    """The preview, or what is still to be answered before it."""
    if not desk.written():
        return [Reply("announce.no_text"), *go(desk, Step.TEXT, locale=desk.locales[0])]
    problem = officer_launch.problem(desk)
    if problem is not None:
        return problem
    if not desk.is_gap_settled():
        compose.set_fallback(desk.session, desk.draft, desk.officer, None)
        return go(desk, Step.GAP)
    return officer_preview.show(desk)


def back(desk: Desk) -> list[Reply]:
    """One step back. What was answered there stays until it is answered anew."""
    if desk.is_fixing:
        return arrive(desk)
    match desk.step:
        case Step.TEXT if desk.locale != desk.locales[0]:
            return go(desk, Step.TEXT, locale=desk.locales[desk.locales.index(desk.locale) - 1])
        case Step.BLANK if not desk.has_public:
            return go(desk, Step.TEXT, locale=desk.locales[0])
        case Step.TEXT if not desk.has_public:
            return [ask(desk)]  # whom it is for is no question
        case Step.TEXT:
            return go(desk, Step.AREAS if desk.areas() else _before_areas(desk))
        case Step.AREAS:
            return go(desk, _before_areas(desk))
        case Step.SEGMENT:
            return go(desk, Step.TOPIC)
        case Step.PREVIEW if desk.missing():
            return go(desk, Step.GAP)
        case Step.PREVIEW | Step.GAP | Step.SAME:
            return go(desk, Step.TEXT, locale=desk.locales[-1])
        case _:
            return go(desk, Step.KIND)


def change_ask(talk: Talk, draft: Broadcast) -> Reply:
    """Whether to take back what is submitted, approved or scheduled: to change it voids all of that."""
    seal = approving.mark(compose.fingerprint(talk.session, draft))
    button = talk.button(f"approving:change:{draft.code}:{seal}", "approving.change.button")
    values = {"code": draft.code, "state": talk.say(f"broadcast.state.{draft.state}")}
    return Reply("approving.change_ask", values, [button])


def _before_areas(desk: Desk) -> Step:
    return Step.SEGMENT if desk.asks_segment() else Step.TOPIC


def gone(desk: Desk, state: State) -> Reply:
    """Say what became of a draft that is none any more."""
    values = {"code": desk.draft.code, "state": desk.talk.say(f"broadcast.state.{state}")}
    return Reply("announce.gone", values)
