"""/announce: from the kind to the code, one question at a time. The draft keeps the answers, so nothing is lost."""

import re
from collections.abc import Sequence

from bot import pickers
from bot.dialogs import (
    officer_beside,
    officer_launch,
    officer_media,
    officer_prepared,
    officer_segment,
    officer_steps,
    sending,
)
from bot.dialogs.officer_desk import NAME as NAME
from bot.dialogs.officer_desk import Desk, Step, desk_of, kept_draft, sit_down, writer
from bot.dialogs.officer_desk import read_only as read_only
from bot.dialogs.officer_questions import ask, question
from bot.replies import Reply
from bot.talk import Talk
from broadcast import approving, compose, launch, prepared_texts
from broadcast.states import Aftercare, ForbiddenMove, Kind, State
from channels import registry
from staff.models import Officer
from subscribers import topics

COMMAND_ONLY = re.compile(r"/\w*")
KINDS = {"alert": Kind.ALERT, "notice": Kind.NOTICE}


def begin(talk: Talk, argument: str = "") -> list[Reply]:
    """A new announcement, of the kind that was typed after the command; or the unfinished one whose code was."""
    officer, kind = writer(talk), KINDS.get(argument.strip().casefold())
    if officer is None:
        return read_only(talk)
    if argument and kind is None:
        return _reopen(talk, officer, argument)
    desk = desk_of(talk)
    if desk is not None and desk.draft.state is State.DRAFT and not desk.draft.is_drill:
        return _in_the_middle(desk)
    kept = kept_draft(talk, officer)
    if kept is None:
        return _anew(talk, officer, kind)
    desk = sit_down(talk, officer, kept, Step.KIND)
    return officer_steps.go(desk, Step.KEPT if desk.written() else Step.KIND)


def cancel(talk: Talk) -> list[Reply]:
    """End the open dialog and its draft; where we only asked whether to go on with one, that is kept. Else nothing."""
    desk = desk_of(talk)
    if desk is None:
        return []
    is_kept = desk.step is Step.KEPT
    talk.close()
    if is_kept:
        return [Reply("announce.left", {"code": desk.draft.code})]
    try:
        launch.cancel(desk.session, desk.draft, desk.officer, now=talk.now)
    except ForbiddenMove as gone:
        return [officer_steps.gone(desk, gone.here)]
    return [Reply("announce.cancelled", {"code": desk.draft.code})]


def tap(talk: Talk, action: Sequence[str]) -> list[Reply]:
    """Answer a button of the open draft. One of another draft, or of nobody's, means nothing."""
    desk = desk_of(talk)
    if desk is None or not action or action[0] != desk.draft.code:
        return []
    return _answered(desk, ":".join(action[1:]))


def hear(talk: Talk, text: str) -> list[Reply]:
    """Answer what was typed: an option, a way, a text, the code. Who may not write any more is nobody here."""
    desk = desk_of(talk)
    if desk is None:
        talk.close()
        return []
    typed = question(desk).typed(text)
    if typed is not None:
        return _answered(desk, typed.removeprefix(desk.key("")))
    try:
        return _said(desk, text)
    except ForbiddenMove as gone:
        talk.close()
        return [officer_steps.gone(desk, gone.here)]


def _answered(desk: Desk, action: str) -> list[Reply]:
    """Do what a choice says, if it is among the answers to what is being asked; ask again otherwise."""
    if desk.draft.state is not State.DRAFT:
        desk.talk.close()
        return [officer_steps.gone(desk, desk.draft.state)]
    name, _, value = action.partition(":")
    if name == "page":
        desk.talk.remember(page=min(pickers.id_in(["page", value]) or 0, 1000))
        return [ask(desk)]
    is_of_correction = desk.draft.aftercare is Aftercare.CORRECTION and desk.step is not Step.KEPT
    if name == "prepared" and is_of_correction and value.isdecimal():
        return officer_prepared.chosen(desk, pickers.id_in(["prepared", value]) or 0)
    if not question(desk).offers(desk.key(action)):
        return [ask(desk)]
    try:
        return _done(desk, name, value)
    except ForbiddenMove as gone:
        desk.talk.close()
        return [officer_steps.gone(desk, gone.here)]


def _done(desk: Desk, name: str, value: str) -> list[Reply]:
    match name:
        case "kind" | "topic" | "segment" | "skip" | "gap":
            return _chosen(desk, name, value)
        case "area" | "everywhere" | "next":
            return _areas(desk, name, value)
        case "edit":
            return officer_steps.go(desk, Step.TEXT, locale=value, is_fixing=True)
        case "audience":
            return officer_steps.go(desk, Step.TOPIC, is_fixing=True)
        case "back":
            return officer_steps.back(desk)
        case "cancel":
            return cancel(desk.talk)
        case "describe" | "remove" | "links":
            return officer_beside.chosen(desk, name)
        case "meant":
            return _meant(desk)
        case "prepared" if desk.step is Step.KEPT or desk.written():  # what is unfinished stays so
            return officer_prepared.chosen(_new_desk(desk.talk, desk.officer), int(value))
        case "prepared":
            return officer_prepared.chosen(desk, int(value))
        case "place":
            return officer_prepared.given(desk, value)
        case "submit":
            return officer_launch.submit(desk)
        case "glass":
            return sending.break_glass(desk.talk, desk.draft, seen=desk.talk.data["seal"])
        case "anew":
            launch.cancel(desk.session, desk.draft, desk.officer, now=desk.talk.now)
            return _anew(desk.talk, desk.officer)
        case _:  # go_on
            return _gone_on(desk)


def _in_the_middle(desk: Desk) -> list[Reply]:
    """What is asked, again; where prepared alerts are ready first whether one of them is to leave before."""
    if desk.step in (Step.KIND, Step.KEPT) or not _is_prepared(desk):
        return [ask(desk)]
    return officer_steps.go(desk, Step.KEPT, before=dict(desk.talk.data))


def _is_prepared(desk: Desk) -> bool:
    return bool(prepared_texts.ready(desk.session, desk.talk.agency, is_correction=False))


def _gone_on(desk: Desk) -> list[Reply]:
    """Where they were, with the code that was shown; else to the preview."""
    before = desk.talk.data.get("before")
    if before is None:
        return officer_steps.arrive(desk)
    desk.talk.open(NAME, **before)
    return [ask(desk)]


def _meant(desk: Desk) -> list[Reply]:
    """All that differs is as the officer wants it; that it was asked stays in the audit."""
    desk.note_meant()
    desk.talk.remember(meant=desk.differences())
    return officer_steps.arrive(desk)


def _chosen(desk: Desk, name: str, value: str) -> list[Reply]:
    match name:
        case "kind":
            compose.set_kind(desk.session, desk.draft, desk.officer, Kind(value))
            desk.note("broadcast.kind_set", kind=value)
            return officer_steps.go(desk, Step.TOPIC)
        case "topic":
            topic = None if value == "all" else topics.find(desk.session, desk.talk.agency.id, int(value))
            compose.set_topic(desk.session, desk.draft, desk.officer, topic)
            desk.note("broadcast.topic_set", topic=value)
            return officer_steps.after_topic(desk)
        case "segment":
            return officer_segment.chosen(desk, value)
        case "skip" if desk.step is Step.WORDS:
            return [ask(desk)] if officer_media.say(desk, "") else officer_beside.returned(desk)
        case "skip":
            compose.drop_text(desk.session, desk.draft, desk.officer, locale=value)
            desk.note("broadcast.text_left_out", locale=value)
            return officer_steps.next_text(desk)
        case _:
            fallback = None if value == "nothing" else value
            compose.set_fallback(desk.session, desk.draft, desk.officer, fallback)
            desk.talk.remember(silent=desk.missing() if fallback is None else [])
            desk.note("broadcast.fallback_set", locale=fallback)
            return officer_steps.arrive(desk)


def _areas(desk: Desk, name: str, value: str) -> list[Reply]:
    """Switch one area on or off and ask on; "everywhere" and "next" lead on."""
    if name == "next":
        return officer_steps.begin_texts(desk)
    chosen = set(desk.draft.area_ids) ^ {int(value)} if name == "area" else set()
    compose.set_areas(desk.session, desk.draft, desk.officer, chosen)
    desk.note("broadcast.areas_set", areas=",".join(str(each) for each in sorted(chosen)))
    if name == "everywhere":
        return officer_steps.begin_texts(desk)
    return officer_steps.go(desk, Step.AREAS, is_fixing=desk.is_fixing, page=desk.talk.data.get("page", 0))


def _said(desk: Desk, text: str) -> list[Reply]:
    if desk.step is Step.PREVIEW:
        return officer_launch.answer(desk, text)
    if desk.step is Step.BLANK and not text.startswith("/"):
        return officer_prepared.typed(desk, text)
    if desk.step is Step.SEGMENT and not text.startswith("/"):
        return officer_segment.typed(desk, text)
    if desk.step is Step.WORDS and not COMMAND_ONLY.fullmatch(text.strip()):
        return [ask(desk)] if officer_media.say(desk, text) else officer_beside.returned(desk)
    if desk.step is not Step.TEXT or COMMAND_ONLY.fullmatch(text.strip()):
        return [Reply("announce.not_an_answer"), ask(desk)]
    locale = desk.locale
    compose.set_text(desk.session, desk.draft, desk.officer, locale=locale, text=text)
    desk.note("broadcast.text_set", locale=locale, characters=len(text))
    problems = compose.text_problems(desk.session, desk.draft, locale, limits_of=registry.limits)
    return [officer_launch.told(desk, problems), ask(desk)] if problems else officer_steps.next_text(desk)


def _anew(talk: Talk, officer: Officer, kind: Kind | None = None) -> list[Reply]:
    """The first question; past it where the kind was said, unless that is an alert and prepared ones are ready."""
    desk = _new_desk(talk, officer)
    is_prepared = kind is Kind.ALERT and _is_prepared(desk)
    return officer_steps.go(desk, Step.KIND) if kind is None or is_prepared else _chosen(desk, "kind", kind.value)


def _new_desk(talk: Talk, officer: Officer) -> Desk:
    draft = compose.draft(talk.session, talk.agency, officer, kind=Kind.NOTICE, now=talk.now)
    return sit_down(talk, officer, draft, Step.KIND)


def _reopen(talk: Talk, officer: Officer, code: str) -> list[Reply]:
    draft = compose.by_code(talk.session, talk.agency.id, code)
    if draft is None or not compose.may_touch(draft, officer):
        return [Reply("control.unknown")]
    if draft.state is State.RETURNED:
        approving.take_back(talk.session, draft, officer, now=talk.now)
    if draft.state in approving.WAY_BACK:
        return [officer_steps.change_ask(talk, draft)]
    if draft.state is not State.DRAFT:
        return [officer_steps.gone(Desk(talk, officer, draft), draft.state)]
    return officer_steps.resume(sit_down(talk, officer, draft, Step.KIND))
