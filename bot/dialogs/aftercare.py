"""/retry, /correct and /recall: what an officer does about an announcement that has left.

A retry and a correction are written and confirmed at the desk of /announce; here they begin. A recall writes nothing:
its two steps are here, first what can be taken back and what cannot, then the typed code.
"""

from collections.abc import Iterator, Sequence

from bot.dialogs import announce, confirming, officer_preview, officer_steps, typed_code
from bot.dialogs.officer_desk import Step, cannot, desk_of, sit_down, writer
from bot.keywords import normalise
from bot.replies import Reply, verbatim
from bot.talk import Talk
from broadcast import aftercare, compose, outcomes, prepared_texts, recalls
from broadcast.aftercare import RetryUnderWay
from broadcast.models import Broadcast
from broadcast.states import ForbiddenMove, Kind, Outcome, State
from channels import registry
from channels.contract import Choice
from locales import texts
from staff.models import Officer

NAME = "aftercare"
ALL = Outcome.UNREACHED  # whom a retry is for where nothing else is said: in doubt only if asked
RETRIED = (Outcome.UNREACHED, Outcome.FAILED, Outcome.IN_DOUBT)


def retry(talk: Talk, argument: str = "") -> list[Reply]:
    """Say it again to those who did not get it: the preview, their number, and a code."""
    officer = writer(talk)
    if officer is None:
        return announce.read_only(talk)
    code, _, words = argument.strip().partition(" ")
    first, outcome = _find(talk, code), _retried(talk, words)
    if first is None or outcome is None:
        return [Reply("control.unknown" if code and first is None else "aftercare.retry_usage")]
    try:
        draft = aftercare.retry(talk.session, first, officer, outcome=outcome, now=talk.now)
    except RetryUnderWay as other:
        return [Reply("aftercare.retry_under_way", {"code": other.code})]
    except ForbiddenMove as here:
        return [cannot(talk, first, here.here)]
    return officer_preview.show(sit_down(talk, officer, draft, Step.PREVIEW))


def correct(talk: Talk, argument: str = "") -> list[Reply]:
    """Put it right for everybody who has it: what still leaves is paused, and the first text is asked for."""
    officer = writer(talk)
    if officer is None:
        return announce.read_only(talk)
    first = _find(talk, argument)
    if first is None:
        return [Reply("control.unknown" if argument else "aftercare.correct_usage")]
    was_leaving = first.state is State.SENDING
    try:
        draft = aftercare.correct(talk.session, first, officer, now=talk.now)
    except ForbiddenMove as here:
        return [cannot(talk, first, here.here)]
    key = "aftercare.correct_begun.paused" if was_leaving else "aftercare.correct_begun"
    people = outcomes.size(talk.session, outcomes.Ledgers(Outcome.REACHED, _family(talk, first), is_put_right=True))
    said = Reply(key, {"first": first.code, "code": draft.code, "people": people}, _prepared(talk, draft))
    return [said, *officer_steps.resume(sit_down(talk, officer, draft, Step.PREVIEW))]


def _prepared(talk: Talk, draft: Broadcast) -> list[Choice]:
    """Prepared corrections that this one may say; of an alert alone."""
    if draft.kind is not Kind.ALERT:
        return []
    ready = prepared_texts.ready(talk.session, talk.agency, is_correction=True)
    return [Choice(f"{announce.NAME}:{draft.code}:prepared:{each.id}", each.name) for each in ready]


def recall(talk: Talk, argument: str = "") -> list[Reply]:
    """First step: what still leaves is paused; what can be taken back, what cannot, and a code."""
    officer = writer(talk)
    if officer is None:
        return announce.read_only(talk)
    first = _find(talk, argument)
    if first is None:
        return [Reply("control.unknown" if argument else "aftercare.recall_usage")]
    try:
        aftercare.check_recall(first, officer)
    except ForbiddenMove as here:
        return [cannot(talk, first, here.here)]
    held = aftercare.hold(talk.session, first, officer, now=talk.now)
    return [_asked(talk, first, has_paused=bool(held))]


def tap(talk: Talk, action: Sequence[str]) -> list[Reply]:
    """The ways out of a recall, and the correction that it offers."""
    match action:
        case ["correct", code] if writer(talk) is not None:
            _leave(talk)
            return correct(talk, code)
        case ["keep", code] if writer(talk) is not None:
            _leave(talk)
            return [Reply("recall.kept_as_it_is", {"code": code})]
        case _:
            return []


def hear(talk: Talk, text: str) -> list[Reply]:
    """Second step: the code. Anything else that is no way out is a wrong one."""
    officer, first = writer(talk), talk.session.get(Broadcast, talk.data.get("first", 0))
    if officer is None or first is None or first.agency_id != talk.agency.id or not typed_code.is_shown(talk):
        talk.close()
        return []
    key = talk.offered(text)
    if key is not None:
        return tap(talk, key.split(":")[1:])
    return confirming.hear_launch(
        talk,
        first,
        text,
        again=lambda: [_asked(talk, first, has_paused=False)],
        launch=lambda: _recalled(talk, officer, first),
        locked="recall.locked",
    )


def _recalled(talk: Talk, officer: Officer, first: Broadcast) -> list[Reply]:
    talk.close()
    try:
        made = aftercare.recall(
            talk.session,
            first,
            officer,
            now=talk.now,
            report_sender_id=talk.sender.id,
            report_to=talk.address.value,
        )
    except ForbiddenMove as here:
        return [cannot(talk, first, here.here)]
    return [Reply("recall.launched", {"first": first.code, "code": made.code}, [_correction(talk, first)])]


def _asked(talk: Talk, first: Broadcast, *, has_paused: bool) -> Reply:
    drawn = typed_code.drawn(talk, is_drill=first.is_drill)
    keep = talk.button(f"{NAME}:keep:{first.code}", "recall.keep.button")
    choices = [_correction(talk, first), keep]
    talk.open(NAME, first=first.id, **drawn)
    return verbatim("\n\n".join(_blocks(talk, first, str(drawn["code"]), has_paused)), choices=choices)


def _blocks(talk: Talk, first: Broadcast, code: str, has_paused: bool) -> Iterator[str]:
    if first.is_drill:
        yield talk.say("drill.mark")
    yield talk.say("recall.ask", code=first.code)
    if has_paused:
        yield talk.say("recall.paused", code=first.code)
    yield "\n".join(_outlook(talk, first))
    yield talk.say("recall.seen")
    shown = f"{talk.say('drill.word')} {code}" if first.is_drill else code
    yield talk.say("recall.type", code=shown, span=texts.span(typed_code.HOLDS_FOR, talk.locale))


def _outlook(talk: Talk, first: Broadcast) -> Iterator[str]:
    """By channel and number, what can be taken back and what cannot, and why."""
    parts = recalls.outlook(talk.session, first, limits_of=registry.limits, now=talk.now)
    for part in parts:
        channel = texts.channel(part.channel, talk.locale)
        for key in ("removable", "too_old", "lasting"):
            if number := getattr(part, key):
                yield f"• {texts.say_many(f'recall.{key}', number, talk.locale, channel=channel)}"
    if handed := recalls.handed_over(talk.session, first):
        yield f"• {texts.say_many('recall.handed', handed, talk.locale)}"
    elif not parts:
        yield f"• {talk.say('recall.nobody')}"


def _correction(talk: Talk, first: Broadcast) -> Choice:
    return talk.button(f"{NAME}:correct:{first.code}", "recall.correct.button")


def _retried(talk: Talk, words: str) -> Outcome | None:
    said = normalise(words.replace("_", " "))
    if not said:
        return ALL
    names = {normalise(outcome.replace("_", " ")): outcome for outcome in RETRIED}
    return (names | {normalise(talk.say(f"who.{outcome}.button")): outcome for outcome in RETRIED}).get(said)


def _family(talk: Talk, first: Broadcast) -> tuple[int, ...]:
    return tuple(each.id for each in outcomes.family(talk.session, first))


def _find(talk: Talk, code: str) -> Broadcast | None:
    """The agency's announcement with this code that was launched; another agency's is as unknown as a made-up one."""
    found = compose.by_code(talk.session, talk.agency.id, code)
    return found if found is not None and found.launched_at is not None else None


def _leave(talk: Talk) -> None:
    if talk.conversation.dialog == NAME and desk_of(talk) is None:
        talk.close()
