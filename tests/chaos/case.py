"""What a case of the fault suite is, and how one is run: launch, break things, wait for the end, compare the books."""

import time
from collections.abc import Callable
from dataclasses import dataclass

from tests.chaos.scene import QUIET_SECONDS, Measure, Scene
from tests.chaos.verdict import Verdict

SENDERS = 2


@dataclass(frozen=True, slots=True)
class Case:
    """One kind of fault. `crashes` bounds the doubt: a second of each sender's messages for each; None: not by these.

    `is_held` sends a campaign, whose messages in doubt are not sent again, so that nobody may get it twice. `prepare`
    comes before the launch, which is `launch` where it is no usual one.
    """

    name: str
    about: str
    act: Callable[[Scene], None]
    crashes: int | None = 0
    is_held: bool = False
    is_embedded: bool = False
    sending_seconds: float = 5.0
    prepare: Callable[[Scene], None] | None = None
    launch: Callable[[Scene], None] | None = None
    quiet: float = QUIET_SECONDS


@dataclass(frozen=True, slots=True)
class Result:
    """What came of a case; `error` where it did not come to its end."""

    case: Case
    seconds: float
    verdict: Verdict | None = None
    doubted: int = 0
    measures: tuple[Measure, ...] = ()
    error: str = ""

    @property
    def holds(self) -> bool:
        """Whether every must holds."""
        return not self.error and all(each.holds for each in self.measures)


def run(case: Case, scene: Scene, *, seed: int) -> Result:
    """Run a case in this scene. What goes wrong is in the result; after an error the scene is of no more use."""
    began = time.monotonic()
    try:
        scene.begin(seed=seed, sending_seconds=case.sending_seconds)
        _play(case, scene)
        seconds = time.monotonic() - began
        verdict, doubted = scene.verdict(), scene.doubted()
        scene.restore()
        return Result(case, seconds, verdict, doubted, (*_musts(case, scene, verdict, doubted), *scene.measures))
    except Exception as error:
        return Result(case, time.monotonic() - began, error=f"{type(error).__name__}: {error}")


def _play(case: Case, scene: Scene) -> None:
    if case.prepare is not None:
        case.prepare(scene)
    if case.launch is not None:
        case.launch(scene)
    elif case.is_held:
        scene.campaign()
    else:
        scene.announce()
    case.act(scene)
    scene.wait_until_finished(case.quiet)


def _musts(case: Case, scene: Scene, verdict: Verdict, doubted: int) -> list[Measure]:
    doubled, wrong = verdict.doubled, len(verdict.wrong)
    most = 0 if case.is_held else doubted
    must = "0" if case.is_held else "<= in doubt"
    found = [
        Measure("lost", len(verdict.lost), "people", "0", not verdict.lost),
        Measure("doubled", doubled, "messages", must, doubled <= most),
        Measure("contradictions", wrong, "people", "0", not wrong),
    ]
    if case.crashes is not None:
        bound = case.crashes * SENDERS * int(scene.rate)
        found.append(Measure("in doubt", doubted, "messages", f"<= {bound}", doubted <= bound))
    return found
