"""Cases in which the platforms fail us: refusals, silence, broken connections, receipts in disorder."""

from functools import partial
from typing import Any

from tests.chaos.case import Case
from tests.chaos.scene import Scene

Fault = tuple[str, dict[str, Any]]
SILENT, BROKEN = 20, 50
"""Calls of each sender a platform leaves without an answer, and breaks off."""


def strike(scene: Scene, *, faults: tuple[Fault, ...]) -> None:
    """Put these in force for both senders once it has begun; they end by themselves."""
    scene.wait_until_reached(0.05)
    for kind, wish in faults:
        for bot in scene.town.bots.values():
            scene.town.simulator.fault(kind, bot=bot, **wish)


def disorder(scene: Scene) -> None:
    """Receipts come twice, late, and in another order, from the beginning to the end."""
    for kind, wish in (("hooks_duplicate", 0.5), ("hooks_late", 0.3), ("hooks_scrambled", 0.5)):
        scene.town.simulator.fault(kind, channel="whatsapp", probability=wish, seconds=2.0)


CASES = (
    Case(
        "storm-5xx",
        "for 3 s four in ten calls end in 500, 502 or 503",
        partial(
            strike,
            faults=(
                ("server_error", {"status": 500, "probability": 0.15, "duration": 3.0}),
                ("server_error", {"status": 502, "probability": 0.15, "duration": 3.0}),
                ("server_error", {"status": 503, "probability": 0.15, "duration": 3.0}),
            ),
        ),
        crashes=None,
    ),
    Case(
        "storm-429",
        "for 3 s four in ten calls are throttled, asked to wait a second",
        partial(strike, faults=(("throttle", {"probability": 0.4, "duration": 3.0, "seconds": 1.0}),)),
    ),
    Case(
        "silence",
        f"{SILENT} calls of each sender get no answer after nothing was done, {SILENT} after it was done",
        partial(strike, faults=(("timeout_before", {"count": SILENT}), ("timeout_after", {"count": SILENT}))),
        crashes=None,
    ),
    Case(
        "broken-off",
        f"{BROKEN} calls of each sender are broken off before anything was done, {BROKEN} after it was done",
        partial(strike, faults=(("drop_before", {"count": BROKEN}), ("drop_after", {"count": BROKEN}))),
        crashes=None,
    ),
    Case(
        "broken-off-hold",
        f"{BROKEN} calls of each broken off before, {BROKEN} after; a campaign, whose messages in doubt are held",
        partial(strike, faults=(("drop_before", {"count": BROKEN}), ("drop_after", {"count": BROKEN}))),
        crashes=None,
        is_held=True,
    ),
    Case("receipts", "receipts twice, up to 2 s late and in another order", disorder, quiet=5.0),
)
