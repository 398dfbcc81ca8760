"""The typed code: right, wrong, too late or overtaken; and the launch that follows from the right one."""

from collections.abc import Sequence

from bot.dialogs import confirming, typed_code
from bot.dialogs import officer_preview as preview
from bot.dialogs.officer_desk import Desk, Step
from bot.dialogs.officer_questions import ask, submit_ways
from bot.replies import Reply
from broadcast import approval_cards, approving, compose, launch
from broadcast.aftercare import RetryUnderWay
from broadcast.content import Problem
from broadcast.states import Kind
from channels import registry


def answer(desk: Desk, text: str) -> list[Reply]:
    """Launch if this is the code of what was shown. Raises ForbiddenMove where somebody else was first."""
    if not typed_code.is_shown(desk.talk):
        return [ask(desk)] if submit_ways(desk) else preview.show(desk)
    return confirming.hear_launch(
        desk.talk,
        desk.draft,
        text,
        again=lambda: _again(desk),
        launch=lambda: _launched(desk),
        locked="announce.locked",
    )


def problem(desk: Desk) -> list[Reply] | None:
    """Everything that keeps the draft from leaving, and the first text it is about asked for again; None if nothing."""
    found = compose.problems(desk.session, desk.draft, limits_of=registry.limits)
    found = [each for each in found if each.locale in desk.written() or each.locale is None]
    if not found:
        return None
    locale = next((each.locale for each in found if each.locale is not None), desk.locales[0])
    desk.go(Step.TEXT, locale=locale, is_fixing=True)
    return [told(desk, found), ask(desk)]


def told(desk: Desk, problems: Sequence[Problem]) -> Reply:
    """The problems in words, all of them at once."""
    lines = [f"• {compose.explain(each, desk.talk.locale)}" for each in problems]
    return Reply("announce.problems", {"problems": "\n".join(lines)})


def submit(desk: Desk) -> list[Reply]:
    """Put what was shown before the approvers. Raises ForbiddenMove where somebody else was first."""
    talk, draft, seal = desk.talk, desk.draft, str(desk.talk.data["seal"])
    try:
        number = approving.submit(
            desk.session, draft, desk.officer, fingerprint=seal, limits_of=registry.limits, now=talk.now
        )
    except launch.Changed:
        return [Reply("announce.changed"), *preview.show(desk)]
    except launch.Unready:
        return problem(desk) or preview.show(desk)
    except approving.NotNeeded:
        return preview.show(desk)
    except approving.NoApprovers as few:
        return [Reply("approving.too_few", {"needed": few.needed, "there": few.there})]
    draft.report_sender_id, draft.report_to = talk.sender.id, talk.address.value
    talk.close()
    approval_cards.ask(desk.session, draft, limits_of=registry.limits, now=talk.now)
    key = "approving.submitted_alert" if draft.kind is Kind.ALERT else "approving.submitted"
    return [Reply(key, {"code": draft.code, "mark": approving.mark(seal)}, n=number)]


def _again(desk: Desk) -> list[Reply]:
    is_same = compose.fingerprint(desk.session, desk.draft) == desk.talk.data["seal"]
    return preview.ask_code(desk) if is_same else preview.show(desk)


def _launched(desk: Desk) -> list[Reply]:
    talk, draft = desk.talk, desk.draft
    seal = str(talk.data["seal"])
    try:
        launch.confirm(desk.session, draft, desk.officer, fingerprint=seal, limits_of=registry.limits, now=talk.now)
    except launch.Changed:
        return [Reply("announce.changed"), *preview.show(desk)]
    except RetryUnderWay as other:
        return [Reply("aftercare.retry_under_way", {"code": other.code})]
    except launch.Unready:
        return problem(desk) or preview.show(desk)
    except approving.Unapproved:  # more people since, or a new rule
        return preview.show(desk)
    draft.report_sender_id, draft.report_to = talk.sender.id, talk.address.value
    talk.close()
    return [Reply("drill.launched" if draft.is_drill else "announce.launched", {"code": draft.code})]
