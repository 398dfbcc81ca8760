"""Tells bots what happened: updates by webhook, each chat in order, chats side by side, retried until they arrive.

As tdlib/telegram-bot-api WebhookActor.cpp does it: any 2xx is delivered, the delay doubles to a random 60 to 120 s,
Retry-After is honoured, and a JSON answer with "method" is carried out.
"""

from __future__ import annotations

import asyncio
import time
from collections import deque
from typing import Any

import orjson
import structlog

from simulator import faults, telegram_dispatch
from simulator.faults import Kind
from simulator.phones import Msg, Phone
from simulator.telegram_updates import Hook, Update
from simulator.timing import draw
from simulator.world import Answer, TelegramBot, World

log = structlog.get_logger()
LONGEST_RETRY_AFTER = 3600.0
ANSWER_SECONDS = 60.0
"""How long the bot may take to answer; Telegram states none."""


def push(world: World, bot: TelegramBot, phone: Phone, kind: str, payload: dict[str, Any], own: Msg | None) -> None:
    """Queue an update for the bot; `own` is the phone's message whose tick turns once the bot has it."""
    hook = bot.hook
    if not hook.wants(kind):
        return
    hook.next_id = hook.next_id + 1 if hook.next_id else world.random.randrange(10**8, 10**9)
    body = orjson.dumps({"update_id": hook.next_id, kind: payload})
    update = Update(hook.next_id, kind, body, time.time(), phone, own)
    hook.pending.setdefault(phone.number, deque()).append(update)
    _wake(world, bot, phone.number)


def point(world: World, bot: TelegramBot, *, url: str, secret: str, drop: bool) -> None:
    """Send updates somewhere else from now on, beginning with those that wait."""
    hook = bot.hook
    for task in hook.workers.values():
        task.cancel()
    hook.workers.clear()
    if drop:
        hook.pending.clear()
    hook.url, hook.secret, hook.last_error = url, secret, ""
    hook.slots = asyncio.Semaphore(hook.max_connections)
    for chat in list(hook.pending):
        _wake(world, bot, chat)


def _wake(world: World, bot: TelegramBot, chat: str) -> None:
    if bot.hook.url and chat not in bot.hook.workers:
        bot.hook.workers[chat] = world.background.run(_drain(world, bot, chat))


async def _drain(world: World, bot: TelegramBot, chat: str) -> None:
    """Deliver what waits in one chat, one after another."""
    hook = bot.hook
    queue = hook.pending[chat]
    try:
        while queue:
            update = await _next(world, bot, queue)
            await _deliver(world, bot, update)
            if update in queue:
                queue.remove(update)
        hook.pending.pop(chat, None)
    finally:
        if hook.workers.get(chat) is asyncio.current_task():
            del hook.workers[chat]


async def _next(world: World, bot: TelegramBot, queue: deque[Update]) -> Update:
    """Choose what to deliver: the oldest, unless a fault scrambles the order."""
    scope = world.scope(bot, queue[0].phone)
    fault = world.faults.draw(frozenset({Kind.HOOKS_SCRAMBLED}), scope)
    if fault is not None and len(queue) == 1:
        await asyncio.sleep(fault.seconds)
    return queue[-1] if fault is not None else queue[0]


async def _deliver(world: World, bot: TelegramBot, update: Update) -> None:
    """Post until it arrives or is too old."""
    scope = world.scope(bot, update.phone)
    late = world.faults.draw(frozenset({Kind.HOOKS_LATE}), scope)
    await asyncio.sleep(late.seconds if late else 0)
    delay = world.timing.retry
    while time.time() < update.expires_at():
        if world.faults.draw(frozenset({Kind.HOOKS_OFF}), scope):
            await asyncio.sleep(0.1)
            continue
        answer = await _post(world, bot, update)
        if answer.is_ok:
            await _arrived(world, bot, update, answer)
            return
        _note_failure(bot.hook, bot.id, answer)
        await asyncio.sleep(delay if answer.retry_after is None else min(answer.retry_after, LONGEST_RETRY_AFTER))
        delay = min(delay * 2, draw(world.random, world.timing.retry_most))


async def _post(world: World, bot: TelegramBot, update: Update) -> Answer:
    headers = {"Content-Type": "application/json"}
    if bot.hook.secret:
        headers["X-Telegram-Bot-Api-Secret-Token"] = bot.hook.secret
    async with bot.hook.slots:
        return await world.post(bot.hook.url, update.body, headers, ANSWER_SECONDS)


async def _arrived(world: World, bot: TelegramBot, update: Update, answer: Answer) -> None:
    """Turn the tick, do what the answer asks, and post once more if a fault wants a duplicate."""
    if update.message is not None:
        update.message.ticks = "read"
        world.touch(update.phone)
    _carry_out(world, bot, answer)
    scope = world.scope(bot, update.phone)
    if world.faults.draw(frozenset({faults.Kind.HOOKS_DUPLICATE}), scope):
        _carry_out(world, bot, await _post(world, bot, update))


def _carry_out(world: World, bot: TelegramBot, answer: Answer) -> None:
    if answer.content_type != "application/json" or not answer.body:
        return
    try:
        wish = orjson.loads(answer.body)
    except orjson.JSONDecodeError:
        return
    if isinstance(wish, dict) and "method" in wish:
        telegram_dispatch.carry_out(world, bot, str(wish.pop("method")), wish)


def _note_failure(hook: Hook, bot_id: str, answer: Answer) -> None:
    hook.last_error_at = time.time()
    hook.last_error = (
        f"Wrong response from the webhook: {answer.status}" if answer.status else "Connection refused or timed out"
    )
    log.info("telegram_webhook_failed", bot=bot_id, status=answer.status)
