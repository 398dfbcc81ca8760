"""An album is one thing said, though each of its pictures comes by a call of its own: the first stands for all."""

from dataclasses import replace

from bot.models import Conversation
from channels.contract import Inbound


def left_to_answer(known: Conversation, inbound: Inbound) -> Inbound | None:
    """What they said; of a further picture of an album its words alone, and None where it has none."""
    album = inbound.attachment.album if inbound.attachment else None
    if album is None:
        return inbound
    if known.album != album:
        known.album = album
        return inbound
    return replace(inbound, attachment=None) if inbound.text.strip() else None
