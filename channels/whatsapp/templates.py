"""Wording that WhatsApp approves beforehand, through Twilio's Content API (platforms.md B8)."""

import re
from collections.abc import Mapping
from typing import Any

from channels.contract import Misconfigured, Rejected, Standing, TemplateState, Unavailable
from channels.whatsapp.menus import create as create_content

NAME = re.compile(r"[a-z0-9_]{1,512}")
# WhatsApp's language codes are case-sensitive; those not named here are the same as ours.
LANGUAGES = {"zh_Hans": "zh_CN", "zh_Hant": "zh_TW"}
NOT_FOUND = "not_found"
LOOKED_THROUGH = 2_000  # contents of an account, when one is looked for by its name
PAGE_SIZE = 100
# Twilio's status of an approval -> ours.
STATES = {
    "unsubmitted": TemplateState.UNSUBMITTED,
    "received": TemplateState.PENDING,
    "pending": TemplateState.PENDING,
    "approved": TemplateState.APPROVED,
    "rejected": TemplateState.REJECTED,
    "paused": TemplateState.PAUSED,
    "disabled": TemplateState.DISABLED,
}


async def put(contents: Any, name: str, locale: str, body: str, variables: Mapping[str, str]) -> str:
    """Create the wording; its ContentSid. Raises Rejected for a name WhatsApp would not take."""
    if not NAME.fullmatch(name):
        raise Rejected("bad_template_name")
    wish = {
        "friendly_name": name,
        "language": LANGUAGES.get(locale, locale),
        "variables": dict(variables),
        "types": {"twilio/text": {"body": body}},
    }
    return await create_content(contents, wish)


async def find(contents: Any, name: str) -> str | None:
    """The ContentSid that a call of ours with this name made, if there is one; the newest 2,000 are looked through."""
    async for content in await contents.stream_async(limit=LOOKED_THROUGH, page_size=PAGE_SIZE):
        if content.friendly_name == name:
            return str(content.sid)
    return None


async def submit(contents: Any, sid: str, name: str, category: str) -> None:
    """Ask WhatsApp for its approval."""
    approval = contents(sid).approval_create
    await approval.create_async(approval.ContentApprovalRequest({"name": name, "category": category}))


async def standing(contents: Any, sid: str) -> Standing:
    """How far WhatsApp is with the approval of a ContentSid, and why it does not want it."""
    fetched = await contents(sid).approval_fetch().fetch_async()
    said = fetched.whatsapp
    if said is None:
        return Standing(TemplateState.UNSUBMITTED)
    if not isinstance(said, dict):
        raise Unavailable("unreadable_answer", may_be_sent=False)
    status = str(said.get("status") or "unsubmitted").lower()
    return Standing(STATES.get(status), " ".join(str(said.get("rejection_reason") or "").split()))


async def remove(contents: Any, sid: str) -> None:
    """Delete the Content, if it is still there."""
    try:
        await contents(sid).delete_async()
    except Misconfigured as refusal:
        if refusal.reason != NOT_FOUND:
            raise
