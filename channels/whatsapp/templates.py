"""Wording that WhatsApp approves beforehand, through Twilio's Content API (platforms.md B8)."""

import re
from collections.abc import Mapping
from typing import Any

from channels.contract import Rejected, TemplateState
from channels.whatsapp.menus import create as create_content

NAME = re.compile(r"[a-z0-9_]{1,512}")
# WhatsApp's language codes are case-sensitive; those not named here are the same as ours.
LANGUAGES = {"zh_Hans": "zh_CN", "zh_Hant": "zh_TW"}
# Twilio's status of an approval -> ours. A word we do not know is taken as not yet decided.
STATES = {
    "unsubmitted": TemplateState.UNSUBMITTED,
    "received": TemplateState.PENDING,
    "pending": TemplateState.PENDING,
    "approved": TemplateState.APPROVED,
    "rejected": TemplateState.REJECTED,
    "paused": TemplateState.PAUSED,
    "disabled": TemplateState.DISABLED,
}


async def create(contents: Any, name: str, locale: str, body: str, variables: Mapping[str, str], category: str) -> str:
    """Create the wording and ask for its approval; its ContentSid. Raises Rejected for a name WhatsApp takes not."""
    if not NAME.fullmatch(name):
        raise Rejected("bad_template_name")
    wish = {
        "friendly_name": name,
        "language": LANGUAGES.get(locale, locale),
        "variables": dict(variables),
        "types": {"twilio/text": {"body": body}},
    }
    sid = await create_content(contents, wish)
    approval = contents(sid).approval_create
    await approval.create_async(approval.ContentApprovalRequest({"name": name, "category": category}))
    return sid


async def state(contents: Any, sid: str) -> TemplateState:
    """How far WhatsApp is with the approval of a ContentSid."""
    fetched = await contents(sid).approval_fetch().fetch_async()
    status = (fetched.whatsapp or {}).get("status", "unsubmitted")
    return STATES.get(str(status), TemplateState.PENDING)
