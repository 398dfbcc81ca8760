"""/audit: the agency's audit in plain words, the newest lines first. For auditors and administrators."""

from collections.abc import Sequence

from bot.dialogs.officer_desk import admins_only
from bot.pickers import id_in
from bot.replies import Reply
from bot.talk import Talk
from locales import texts
from staff import audit
from staff.models import AuditEntry, Officer, Role

NAME = "audit"
LINES = 10
READERS = frozenset({Role.AUDITOR, Role.ADMIN})
DEEDS = {
    "agency": "settings",
    "agency.founded": "founded",
    "sender": "sender",
    "topic": "offered",
    "area": "offered",
    "link": "offered",
    "bulletin": "offered",
    "bulletin.released": "released",
    "bulletin.released_without": "released_without",
    "bulletin.let_go": "let_go",
    "bulletin.lapsed": "lapsed",
    "answer": "answers",
    "import": "imported",
    "template.submitted": "template_submitted",
    "template.deleted": "template_deleted",
    "template.approved": "template_approved",
    "template.rejected": "template_rejected",
    "template.paused": "template_paused",
    "template.disabled": "template_disabled",
    "batch.unstuck": "unstuck",
    "segment": "segment",
    "feed": "feed",
    "broadcast.prepared_used": "prepared_used",
    "broadcast.drafted": "drafted",
    "broadcast.kind_set": "edited",
    "broadcast.topic_set": "edited",
    "broadcast.areas_set": "edited",
    "broadcast.segment_set": "edited",
    "broadcast.text_set": "edited",
    "broadcast.text_left_out": "edited",
    "broadcast.fallback_set": "edited",
    "broadcast.media_attached": "edited",
    "broadcast.media_described": "edited",
    "broadcast.media_removed": "edited",
    "broadcast.preview_set": "edited",
    "broadcast.differences_meant": "meant",
    "drill_list": "drill_list",
    "prepared": "prepared",
    "prepared.differences_meant": "meant",
    "broadcast.previewed": "previewed",
    "broadcast.code_wrong": "code_wrong",
    "broadcast.launched": "launched",
    "broadcast.paused": "paused",
    "broadcast.resumed": "resumed",
    "broadcast.cancelled": "cancelled",
    "broadcast.submitted": "submitted",
    "broadcast.approved": "approved",
    "broadcast.returned": "returned",
    "broadcast.rejected": "rejected",
    "broadcast.taken_back": "drafted_again",
    "broadcast.sent_back": "drafted_again",
    "broadcast.glass_broken": "glass_broken",
    "broadcast.scheduled": "scheduled",
    "broadcast.unscheduled": "unscheduled",
    "broadcast.retry_begun": "retry_begun",
    "broadcast.correction_begun": "correction_begun",
    "broadcast.recall_begun": "recall_begun",
    "broadcast.recalled": "recalled",
    "broadcast.who_read": "who_read",
    "command.launched": "launched",
    "command.paused": "paused",
    "command.resumed": "resumed",
    "command.cancelled": "cancelled",
    "question.answered": "question_answered",
    "question.closed": "question_closed",
    "officer.invited": "invited",
    "officer.relinked": "relinked",
    "officer.bound": "bound",
    "officer.unbound": "unbound",
    "officer.revoked": "revoked",
    "officer.left": "left",
    "officer.confirmed": "confirmed",
    "officer.code_wrong": "code_wrong",
    "group.allowed": "group_allowed",
    "group.moved": "group_allowed",
    "group.removed": "group_removed",
}
"""What a verb is in plain words; a kind of verbs, where its name says enough, by what stands before the full stop."""


def begin(talk: Talk, argument: str = "") -> list[Reply]:
    """The newest lines."""
    return _page(talk, None) if _may_read(talk) else admins_only(talk)


def tap(talk: Talk, action: Sequence[str]) -> list[Reply]:
    """The lines before those of the page whose button this was."""
    before = id_in(action)
    if not _may_read(talk) or action[:1] != ["before"] or before is None:
        return []
    return _page(talk, before)


def hear(talk: Talk, text: str) -> list[Reply]:
    """Nothing: this dialog is never left open."""
    return []


def _may_read(talk: Talk) -> bool:
    return talk.officer is not None and talk.officer.role in READERS


def _page(talk: Talk, before: int | None) -> list[Reply]:
    found = audit.latest(talk.session, talk.agency.id, limit=LINES, before=before)
    if not found:
        return [Reply("audit.end")]
    values = {"agency": talk.agency.name_in(talk.locale), "lines": "\n".join(_line(talk, each) for each in found)}
    oldest = found[-1].number
    older = [talk.button(f"{NAME}:before:{oldest}", "audit.older.button")] if oldest > 1 else []
    return [Reply("audit.page", values, older)]


def _line(talk: Talk, line: AuditEntry) -> str:
    officer = talk.session.get(Officer, line.officer_id) if line.officer_id is not None else None
    who = officer.name if officer is not None else talk.say("audit.operator")
    at = texts.instant(line.at, talk.agency.time_zone, talk.locale)
    about, deed = _about(talk, line), _deed(talk, line.verb)
    deed = talk.say("audit.about", deed=deed, about=about) if about else deed
    return talk.say("audit.line", at=at, who=who, deed=deed)


def _deed(talk: Talk, verb: str) -> str:
    """What was done; a verb that has no plain words yet stands for itself."""
    deed = DEEDS.get(verb) or DEEDS.get(verb.partition(".")[0])
    return talk.say(f"audit.deed.{deed}") if deed is not None else verb


def _about(talk: Talk, line: AuditEntry) -> str:
    """The announcement's code, of aftercare the first one's; or the name of the officer it was done to."""
    kind, _, subject_id = line.subject.partition(":")
    if kind == "officer" and subject_id.isdecimal() and int(subject_id) != line.officer_id:
        officer = talk.session.get(Officer, int(subject_id))
        return officer.name if officer is not None and officer.agency_id == talk.agency.id else ""
    return str(line.details.get("first") or line.details.get("code") or line.details.get("title") or "")
