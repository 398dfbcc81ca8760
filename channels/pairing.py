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
    """A text and what follows it, for many people. `joins`: the provider's names of both, so that both can be found."""

    text: Prepared
    media: Prepared
    messages: int = 2
    joins: str = ""

    async def send(self, to: str, reference: str) -> Accepted:
        """See Prepared. The reference is the text's alone, so that receipts of the other say nothing of it."""
        accepted = await self.text.send(to, reference)
        second = await self._follow(to)
        if second is None:
            return accepted
        both = f"{accepted.provider_id}{self.joins}{second.provider_id}" if self.joins else accepted.provider_id
        return Accepted(both, second.handle)

    async def _follow(self, to: str) -> Accepted | None:
        try:
            return await self._shown(to)
        except Refusal as refusal:
            log.warning("media.left_out", refusal=type(refusal).__name__, reason=refusal.reason, code=refusal.code)
        except Exception:
            log.exception("media.left_out")
        return None

    async def _shown(self, to: str) -> Accepted:
        try:
            return await self.media.send(to, "")
        except Throttled as refusal:
            seconds = refusal.retry_after.total_seconds()
            if seconds > PATIENCE:
                raise
        await asyncio.sleep(seconds)
        return await self.media.send(to, "")
