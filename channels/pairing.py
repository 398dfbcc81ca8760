"""Two messages that belong together: a text, and below it the picture, document or location it is too long for.

The text is the message: what becomes of it is what is told, and nothing that befalls the picture repeats it.
"""

import asyncio
from dataclasses import dataclass

import structlog

from channels.contract import Accepted, Prepared, Refusal, Throttled

log = structlog.get_logger()

PATIENCE = 3.0
"""Seconds a picture waits, once, when the provider asks for it; longer, and the person has the text alone."""


@dataclass(frozen=True, slots=True)
class Pair:
    """A text and what follows it, for many people."""

    text: Prepared
    media: Prepared
    messages: int = 2

    async def send(self, to: str, reference: str) -> Accepted:
        """See Prepared. The reference is the text's alone, so that receipts of the other say nothing of it."""
        accepted = await self.text.send(to, reference)
        handle = await self._follow(to)
        return Accepted(accepted.provider_id, handle) if handle else accepted

    async def _follow(self, to: str) -> str | None:
        try:
            return await self._shown(to)
        except Refusal as refusal:
            log.warning("media.left_out", refusal=type(refusal).__name__, reason=refusal.reason, code=refusal.code)
        except Exception:
            log.exception("media.left_out")
        return None

    async def _shown(self, to: str) -> str | None:
        try:
            return (await self.media.send(to, "")).handle
        except Throttled as refusal:
            seconds = refusal.retry_after.total_seconds()
            if seconds > PATIENCE:
                raise
        await asyncio.sleep(seconds)
        return (await self.media.send(to, "")).handle
