"""/launch, /schedule, /unschedule and /breakglass: the typed code that lets something leave, now or at its hour.

What is asked here is remembered in this conversation: which announcement, what is done with it, and the code, which is
bound to the fingerprint of what was shown and holds once, for a while.
"""

from collections.abc import Callable, Sequence
from datetime import datetime

from bot import moments
from bot.dialogs import confirming, typed_code
from bot.dialogs import officer_preview as preview
from bot.dialogs.officer_desk import Desk, Step, cannot, desk_of, read_only, writer
from bot.replies import Reply, verbatim
from bot.talk import Talk
from broadcast import approval_cards, approving, compose, counting, launch, policy, scheduling
from broadcast.models import Broadcast
from broadcast.states import LAUNCHES, ForbiddenMove, Kind, State
from channels import registry
from locales import texts

NAME = "sending"
LAUNCH, SCHEDULE, GLASS = "launch", "schedule", "glass"
STATES = {
    LAUNCH: frozenset({State.APPROVED, State.SCHEDULED}),
    SCHEDULE: frozenset(scheduling.PATHS),
    GLASS: frozenset(LAUNCHES),
}


def begin(talk: Talk, argument: str = "") -> list[Reply]:
    """/launch CODE: show what was approved once more, and the code that sends it."""
    return _with(talk, argument, LAUNCH, lambda desk: _ask_code(desk, LAUNCH))


def schedule(talk: Talk, argument: str = "") -> list[Reply]:
    """/schedule CODE WHEN; while an announcement is being written, WHEN alone is about that one."""
    desk = desk_of(talk)
    if desk is not None and desk.step is Step.PREVIEW and _moment(talk, argument) is not None:
        return _timed(desk, argument, seen=desk.talk.data.get("seal"))
    code, _, when = argument.partition(" ")
    return _with(talk, code, SCHEDULE, lambda desk: _timed(desk, when))


def unschedule(talk: Talk, argument: str = "") -> list[Reply]:
    """/unschedule CODE: the clock launches it no more."""
    officer, found = writer(talk), compose.by_code(talk.session, talk.agency.id, argument)
    if officer is None or found is None:
        return read_only(talk) if officer is None else [Reply("control.unknown")]
    try:
        scheduling.unschedule(talk.session, found, officer, now=talk.now)
    except ForbiddenMove as here:
        return [cannot(talk, found, here.here)]
    approval_cards.rewrite(talk.session, found, limits_of=registry.limits, now=talk.now, again=False)
    return [Reply(f"sending.unscheduled.{found.state}", {"code": found.code})]


def glass(talk: Talk, argument: str = "") -> list[Reply]:
    """/breakglass CODE: send an alert that waits for approval, with a reason."""
    return _with(talk, argument, GLASS, lambda desk: break_glass(talk, desk.draft))


def break_glass(talk: Talk, draft: Broadcast, *, seen: str | None = None) -> list[Reply]:
    """Ask for the reason first. `seen` is the fingerprint of what they have just been shown."""
    if draft.kind is not Kind.ALERT:
        return [Reply("sending.glass_alerts_only")]
    talk.open(NAME, broadcast=draft.id, act=GLASS, seen=seen)
    return [Reply("sending.glass_ask", {"code": draft.code, "letters": policy.REASON_LETTERS})]


def tap(talk: Talk, action: Sequence[str]) -> list[Reply]:
    """No button is this dialog's: what lets something leave is typed."""
    return []


def hear(talk: Talk, text: str) -> list[Reply]:
    """The reason, or the code. Who may not send it any more is nobody here."""
    officer, draft = writer(talk), talk.session.get(Broadcast, talk.data.get("broadcast"))
    if officer is None or draft is None or not compose.may_touch(draft, officer):
        talk.close()
        return []
    desk = Desk(talk, officer, draft)
    if not typed_code.is_shown(talk):
        return _reasoned(desk, text)
    if text.startswith("/"):
        return [Reply("announce.not_an_answer")]
    return confirming.hear_launch(
        talk,
        draft,
        text,
        again=lambda: _again(desk, seen=str(talk.data["seal"])),
        launch=lambda: _acted(desk),
        locked="sending.locked",
    )


def _reasoned(desk: Desk, text: str) -> list[Reply]:
    if text.startswith("/") or not policy.is_reason(text):
        return [Reply("sending.glass_too_short", {"letters": policy.REASON_LETTERS})]
    return _ask_code(desk, GLASS, seen=desk.talk.data.get("seen"), reason=text.strip()[: policy.REASON_LENGTH])


def _timed(desk: Desk, when: str, *, seen: str | None = None) -> list[Reply]:
    """The code for an hour, if it can be launched then."""
    at = _moment(desk.talk, when)
    if at is None:
        return [Reply("sending.when", {"code": desk.draft.code})]
    if desk.draft.state is State.DRAFT and approving.needed(desk.session, desk.draft, now=desk.talk.now):
        return [Reply("sending.submit_first", {"code": desk.draft.code})]
    refused = _refused(desk, lambda: scheduling.check_hour(desk.draft, at, now=desk.talk.now))
    return refused or _ask_code(desk, SCHEDULE, seen=seen, at=at.isoformat())


def _ask_code(desk: Desk, act: str, *, seen: str | None = None, **data: str) -> list[Reply]:
    """The very messages, unless they are what was `seen` just before; the numbers, and a code for exactly this."""
    talk = desk.talk
    counted = counting.count(desk.session, desk.draft, now=talk.now)
    seal = compose.fingerprint(desk.session, desk.draft)
    values = {"seal": seal, **data, **typed_code.drawn(talk, is_drill=desk.draft.is_drill)}
    talk.open(NAME, broadcast=desk.draft.id, act=act, **values)
    desk.note("broadcast.previewed", fingerprint=seal, people=counted.people)
    lines = [*preview.numbers(desk, counted), talk.say("approving.mark", mark=approving.mark(seal))]
    text = "\n\n".join([*lines, *_about(desk, act), preview.type_code(desk, f"sending.type.{act}")])
    return [*([] if seen == seal else preview.messages(desk)), verbatim(text)]


def _again(desk: Desk, *, seen: str | None = None) -> list[Reply]:
    """A new code for the same."""
    data = desk.talk.data
    kept = {name: str(data[name]) for name in ("at", "reason") if name in data}
    return _ask_code(desk, str(data["act"]), seen=seen, **kept)


def _about(desk: Desk, act: str) -> list[str]:
    talk = desk.talk
    if act == SCHEDULE:
        at = datetime.fromisoformat(str(talk.data["at"]))
        return [talk.say("sending.at", at=_local(talk, at), zone=talk.agency.time_zone)]
    return [talk.say("sending.glass_about", reason=str(talk.data["reason"]))] if act == GLASS else []


def _acted(desk: Desk) -> list[Reply]:
    """Do what the right code stands for, or say why it cannot be done."""
    talk, draft = desk.talk, desk.draft
    act, done = str(talk.data["act"]), ACTS[str(talk.data["act"])]
    refused = _refused(desk, lambda: done(desk))
    if refused:
        return refused
    is_broken = draft.glass_reason is not None
    draft.report_sender_id, draft.report_to = talk.sender.id, talk.address.value
    values = {"code": draft.code, **({"at": draft.scheduled_at} if act == SCHEDULE else {})}
    talk.close()
    if act == GLASS and is_broken:
        approval_cards.tell_glass(talk.session, draft, limits_of=registry.limits, now=talk.now)
        return [Reply("sending.glass_done", values)]
    approval_cards.rewrite(talk.session, draft, limits_of=registry.limits, now=talk.now, again=False)
    launched = "drill.launched" if draft.is_drill else "announce.launched"
    return [Reply("sending.scheduled" if act == SCHEDULE else launched, values)]


def _launch(desk: Desk) -> None:
    seal, limits_of = str(desk.talk.data["seal"]), registry.limits
    launch.confirm(desk.session, desk.draft, desk.officer, fingerprint=seal, limits_of=limits_of, now=desk.talk.now)


def _schedule(desk: Desk) -> None:
    data = desk.talk.data
    scheduling.schedule(
        desk.session,
        desk.draft,
        desk.officer,
        at=datetime.fromisoformat(str(data["at"])),
        fingerprint=str(data["seal"]),
        limits_of=registry.limits,
        now=desk.talk.now,
    )


def _break(desk: Desk) -> None:
    data = desk.talk.data
    launch.break_glass(
        desk.session,
        desk.draft,
        desk.officer,
        reason=str(data["reason"]),
        fingerprint=str(data["seal"]),
        limits_of=registry.limits,
        now=desk.talk.now,
    )


ACTS: dict[str, Callable[[Desk], None]] = {LAUNCH: _launch, SCHEDULE: _schedule, GLASS: _break}


def _refused(desk: Desk, act: Callable[[], None]) -> list[Reply]:
    """Do it; why not, where it cannot be done: what lacks an approval, or was changed, is a draft again."""
    code = {"code": desk.draft.code}
    try:
        act()
    except ForbiddenMove as here:
        desk.talk.close()
        return [cannot(desk.talk, desk.draft, here.here)]
    except scheduling.Past:
        return [Reply("sending.past")]
    except scheduling.TooFar:
        return [Reply("sending.too_far")]
    except scheduling.Lapses as early:
        return [Reply("sending.lapses", {**code, "until": early.until})]
    except launch.Changed:
        return _changed(desk)
    except launch.Unready as unready:
        lines = "\n".join(f"• {compose.explain(each, desk.talk.locale)}" for each in unready.problems)
        return [Reply("announce.problems", {"problems": lines})]
    except approving.Unapproved:
        return _sent_back(desk, "unapproved")
    return []


def _changed(desk: Desk) -> list[Reply]:
    """Show it again where what it says now may leave too; else it is a draft."""
    if desk.talk.data["act"] != GLASS:
        try:
            approving.check(desk.session, desk.draft, now=desk.talk.now)
        except approving.Unapproved:
            return _sent_back(desk, "changed")
    return [Reply("announce.changed"), *_again(desk)]


def _sent_back(desk: Desk, why: str) -> list[Reply]:
    talk, draft = desk.talk, desk.draft
    if draft.state in approving.WAY_BACK:
        approving.send_back(talk.session, draft, why=why, now=talk.now)
        approval_cards.rewrite(talk.session, draft, limits_of=registry.limits, now=talk.now)
    talk.close()
    return [Reply(f"sending.sent_back.{why}", {"code": draft.code})]


def _with(talk: Talk, code: str, act: str, do: Callable[[Desk], list[Reply]]) -> list[Reply]:
    """Do it with the agency's announcement of this code, if this officer may, and it stands where that makes sense."""
    officer = writer(talk)
    if officer is None:
        return read_only(talk)
    if not code:
        return [Reply(f"sending.which.{act}")]
    found = compose.by_code(talk.session, talk.agency.id, code)
    if found is None or not compose.may_touch(found, officer):
        return [Reply("control.unknown")]
    if found.state not in STATES[act]:
        return [cannot(talk, found, found.state)]
    return do(Desk(talk, officer, found))


def _moment(talk: Talk, when: str) -> datetime | None:
    return moments.read(when, now=talk.now, zone=talk.agency.time_zone) if when.strip() else None


def _local(talk: Talk, at: datetime) -> str:
    return texts.instant(at, talk.agency.time_zone, talk.locale)
