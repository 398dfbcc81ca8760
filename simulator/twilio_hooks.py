"""Calls webhooks as Twilio does: a signed form, one token over all tries, and retries as the URL's fragment says.

twilio.com/docs/usage/webhooks/webhooks-connection-overrides: `rc` retries (0 to 5, default 1), `rp` what is retried
(ct, rt, 4xx, 5xx, all; default ct), `tt` milliseconds in all (at most 15,000). The limits `ct` and `rt` are not told
apart from `tt`. The fragment is not part of the signed URL.
"""

from __future__ import annotations

import asyncio
import base64
import hashlib
import hmac
from dataclasses import dataclass
from urllib.parse import parse_qsl, urlencode

import structlog

from simulator.faults import Kind, Scope
from simulator.world import Answer, WhatsAppSender, World

log = structlog.get_logger()
MOST_RETRIES = 5
TOTAL_SECONDS = 15.0


def signature(auth_token: str, url: str, fields: dict[str, str]) -> str:
    """Sign: HMAC-SHA1 of the URL and every sorted name with its value, in base64 (twilio.com/docs/usage/security)."""
    signed = url + "".join(name + fields[name] for name in sorted(fields))
    return base64.b64encode(hmac.new(auth_token.encode(), signed.encode(), hashlib.sha1).digest()).decode()


@dataclass(frozen=True, slots=True)
class Override:
    """How often, and after which failures, a webhook is called again."""

    retries: int = 1
    after: frozenset[str] = frozenset({"ct"})
    seconds: float = TOTAL_SECONDS

    def covers(self, answer: Answer) -> bool:
        """Say whether this failure is one to retry."""
        word = answer.fault or f"{answer.status // 100}xx"
        return "all" in self.after or word in self.after


def read_fragment(url: str) -> tuple[str, Override]:
    """Part a webhook URL from the override in its fragment."""
    bare, _, fragment = url.partition("#")
    wishes = dict(parse_qsl(fragment))
    retries = min(_number(wishes, "rc", 1), MOST_RETRIES)
    seconds = min(_number(wishes, "tt", 15_000) / 1000, TOTAL_SECONDS)
    return bare, Override(retries, frozenset(wishes.get("rp", "ct").lower().split(",")), seconds)


def _number(wishes: dict[str, str], name: str, otherwise: int) -> int:
    return int(wishes[name]) if wishes.get(name, "").isdigit() else otherwise


async def post_signed(world: World, sender: WhatsAppSender, url: str, fields: dict[str, str], scope: Scope) -> Answer:
    """Call a webhook, as late and as often as the faults in force want; gives the last answer."""
    await _hold(world, scope)
    token = f"{world.random.getrandbits(128):032x}"
    answer = await _post_until_heard(world, sender, url, fields, token)
    if world.faults.draw(frozenset({Kind.HOOKS_DUPLICATE}), scope):
        answer = await _post_until_heard(world, sender, url, fields, token)
    return answer


async def _hold(world: World, scope: Scope) -> None:
    if late := world.faults.draw(frozenset({Kind.HOOKS_LATE}), scope):
        await asyncio.sleep(late.seconds)
    if scrambled := world.faults.draw(frozenset({Kind.HOOKS_SCRAMBLED}), scope):
        await asyncio.sleep(world.random.uniform(0, scrambled.seconds))
    while world.faults.draw(frozenset({Kind.HOOKS_OFF}), scope):  # noqa: ASYNC110 - a fault ends by time, not by event
        await asyncio.sleep(0.1)


async def _post_until_heard(
    world: World, sender: WhatsAppSender, url: str, fields: dict[str, str], token: str
) -> Answer:
    bare, override = read_fragment(url)
    body = urlencode(fields).encode()
    headers = {
        "Content-Type": "application/x-www-form-urlencoded; charset=UTF-8",
        "User-Agent": "TwilioProxy/1.1",
        "X-Twilio-Signature": signature(sender.auth_token, bare, fields),
        "I-Twilio-Idempotency-Token": token,
    }
    delay, left = world.timing.retry, override.retries
    while True:
        answer = await world.post(bare, body, headers, override.seconds)
        if answer.is_ok or not left or not override.covers(answer):
            break
        left -= 1
        await asyncio.sleep(delay)
        delay *= 2
    if not answer.is_ok:
        log.info("twilio_webhook_failed", sender=sender.id, status=answer.status)
    return answer
