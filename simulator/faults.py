"""Faults on demand: what goes wrong, for whom, how likely, how often, until when."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from enum import StrEnum
from random import Random
from typing import Any

from aiohttp import web


class Kind(StrEnum):
    """What can go wrong. Those before `undelivered` strike a call to the API, those after it a webhook we owe."""

    THROTTLE = "throttle"  # 429 / 20429, asking to wait `seconds`
    SERVER_ERROR = "server_error"  # HTTP `status` without doing anything
    GARBAGE = "garbage"  # HTTP 200 and a page that is no JSON, without doing anything
    TIMEOUT_BEFORE = "timeout_before"  # no answer for `seconds`, nothing was done
    TIMEOUT_AFTER = "timeout_after"  # no answer for `seconds`, but it was done
    DROP_BEFORE = "drop_before"  # the connection breaks, nothing was done
    DROP_AFTER = "drop_after"  # the connection breaks, but it was done
    BLOCKED = "blocked"  # refused as if this person had blocked us (Telegram 403, Twilio 21610)
    SLOW = "slow"  # done and answered after `seconds`
    UNDELIVERED = "undelivered"  # WhatsApp: accepted, later undelivered with error `code`
    HOOKS_DUPLICATE = "hooks_duplicate"  # the webhook is called twice
    HOOKS_LATE = "hooks_late"  # the webhook is called `seconds` later
    HOOKS_SCRAMBLED = "hooks_scrambled"  # webhooks overtake each other
    HOOKS_OFF = "hooks_off"  # no webhook is called while this lasts


DELIVERY = frozenset({Kind.UNDELIVERED})
HOOKS = frozenset({Kind.HOOKS_DUPLICATE, Kind.HOOKS_LATE, Kind.HOOKS_SCRAMBLED, Kind.HOOKS_OFF})
CALLS = frozenset(Kind) - HOOKS - DELIVERY
WAITS = {Kind.THROTTLE: 3.0, Kind.SLOW: 2.0, Kind.HOOKS_LATE: 2.0, Kind.HOOKS_SCRAMBLED: 0.5}
"""Seconds where none were given; timeouts hold a call for 60."""


@dataclass(frozen=True, slots=True)
class Scope:
    """Whom something concerns; a fault's scope matches where it says nothing or the same."""

    channel: str | None = None
    bot: str | None = None
    chat: str | None = None
    """The phone's number (WhatsApp: E.164, Telegram: numeric id)."""
    method: str | None = None

    def covers(self, other: Scope) -> bool:
        """Say whether everything this scope names is so in the other."""
        return (
            self.channel in (None, other.channel)
            and self.bot in (None, other.bot)
            and self.chat in (None, other.chat)
            and self.method in (None, other.method)
        )


@dataclass(slots=True)
class Fault:
    """One fault; `count` strikes are left (None: no end), it ends at `until` (monotonic seconds)."""

    id: int
    kind: Kind
    scope: Scope
    probability: float = 1.0
    count: int | None = None
    until: float | None = None
    seconds: float = 60.0
    status: int = 500
    code: int = 63049
    struck: int = 0

    def is_over(self, now: float) -> bool:
        """Say whether it strikes no more."""
        return self.count == 0 or (self.until is not None and now >= self.until)

    def strikes(self, scope: Scope, random: Random) -> bool:
        """Draw whether it strikes this once, and count it."""
        if not self.scope.covers(scope) or random.random() >= self.probability:
            return False
        self.struck += 1
        if self.count is not None:
            self.count -= 1
        return True

    def as_json(self) -> dict[str, Any]:
        """Give the fault as it was asked for, with the strikes so far."""
        parts = {name: getattr(self.scope, name) for name in self.scope.__slots__}
        own = {name: getattr(self, name) for name in self.__slots__ if name not in ("scope", "until")}
        return own | parts


@dataclass(slots=True)
class Faults:
    """The faults in force."""

    random: Random
    clock: Callable[[], float]
    active: list[Fault] = field(default_factory=list)
    made: int = 0

    def add(self, wish: dict[str, Any]) -> Fault:
        """Put a fault in force; an unknown kind or a value that is none raises ValueError."""
        kind = Kind(str(wish["kind"]))
        self.made += 1
        scope = Scope(*(_text(wish.get(name)) for name in Scope.__slots__))
        duration = wish.get("duration")
        fault = Fault(
            self.made,
            kind,
            scope,
            probability=float(wish.get("probability") or 1.0),
            count=None if wish.get("count") is None else int(wish["count"]),
            until=None if duration is None else self.clock() + float(duration),
            seconds=float(wish.get("seconds") or WAITS.get(kind, 60.0)),
            status=int(wish.get("status") or 500),
            code=int(wish.get("code") or 63049),
        )
        self.active.append(fault)
        return fault

    def draw(self, kinds: frozenset[Kind], scope: Scope) -> Fault | None:
        """Give the first fault of these kinds that strikes now."""
        if not self.active:
            return None
        now = self.clock()
        self.active = [fault for fault in self.active if not fault.is_over(now)]
        return next((f for f in self.active if f.kind in kinds and f.strikes(scope, self.random)), None)

    def clear(self, fault_id: int | None = None) -> None:
        """End one fault, or all."""
        self.active = [fault for fault in self.active if fault_id is not None and fault.id != fault_id]


def _text(value: object) -> str | None:
    return None if value is None else str(value)


@dataclass(frozen=True, slots=True)
class Call:
    """An API call a fault may strike: what it would do, and the platform's words for trouble."""

    scope: Scope
    act: Callable[[], web.Response]
    too_many: Callable[[float], web.Response]
    broken: Callable[[int], web.Response]
    blocked: Callable[[], web.Response]
    lost: Callable[[str], None]
    """Writes down that a call was not done, and why."""


async def answer(faults: Faults, request: web.Request, call: Call) -> web.StreamResponse:
    """Do the call and answer it, or let a fault strike."""
    fault = faults.draw(CALLS, call.scope)
    if fault is None:
        return call.act()
    return await STRIKES[fault.kind](request, call, fault)


async def _throttle(_: web.Request, call: Call, fault: Fault) -> web.Response:
    call.lost("fault: throttle")
    return call.too_many(fault.seconds)


async def _server_error(_: web.Request, call: Call, fault: Fault) -> web.Response:
    call.lost("fault: server_error")
    return call.broken(fault.status)


async def _garbage(_: web.Request, call: Call, fault: Fault) -> web.Response:
    call.lost("fault: garbage")
    return web.Response(text="<html>It works!</html>", content_type="text/html")


async def _blocked(_: web.Request, call: Call, fault: Fault) -> web.Response:
    call.lost("fault: blocked")
    return call.blocked()


async def _slow(_: web.Request, call: Call, fault: Fault) -> web.Response:
    await asyncio.sleep(fault.seconds)
    return call.act()


async def _before(request: web.Request, call: Call, fault: Fault) -> web.Response:
    call.lost(f"fault: {fault.kind}")
    return await _vanish(request, fault)


async def _after(request: web.Request, call: Call, fault: Fault) -> web.Response:
    call.act()
    return await _vanish(request, fault)


async def _vanish(request: web.Request, fault: Fault) -> web.Response:
    """Break the connection, a timeout only after holding it."""
    if fault.kind in (Kind.TIMEOUT_BEFORE, Kind.TIMEOUT_AFTER):
        await asyncio.sleep(fault.seconds)
    if request.transport is not None:
        request.transport.abort()
    return web.Response(status=499)


STRIKES: dict[Kind, Callable[[web.Request, Call, Fault], Awaitable[web.Response]]] = {
    Kind.THROTTLE: _throttle,
    Kind.SERVER_ERROR: _server_error,
    Kind.GARBAGE: _garbage,
    Kind.BLOCKED: _blocked,
    Kind.SLOW: _slow,
    Kind.TIMEOUT_BEFORE: _before,
    Kind.DROP_BEFORE: _before,
    Kind.TIMEOUT_AFTER: _after,
    Kind.DROP_AFTER: _after,
}
