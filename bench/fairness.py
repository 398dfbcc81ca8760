"""Two agencies that announce at the same time and share one worker."""

from collections.abc import Iterator

from bench.house import TELEGRAM, UNLIMITED, built
from bench.processes import Failed
from bench.receiver import Arrivals
from bench.report import Figure, figure
from bench.run import Run

SLUGS = ("bench", "south")
MARKS = {"bench": "NORTH1", "south": "SOUTH1"}


def fairness(run: Run) -> Iterator[Figure]:
    """How much the slower of two equal announcements got of the worker while both were running."""
    people = run.size(50_000, 10_000)
    with built(run.servers, run.sink) as house:
        agencies = {slug: house.agency(slug) for slug in SLUGS}
        officers = {}
        for place, (slug, agency) in enumerate(agencies.items()):
            sender = agency.sender(TELEGRAM, rate=UNLIMITED)
            officers[slug] = agency.officer()
            agency.fill({sender: TELEGRAM}, size=people, base=6_580_000_000 + place * 100_000_000)
        run.sink.reset(marks=list(MARKS.values()))
        # Both are launched before anybody works, so that neither has a start.
        for slug, agency in agencies.items():
            agency.announce(officers[slug], mark=MARKS[slug])
        with house.working():
            came = [run.sink.wait_for(people, seconds=600, mark=mark) for mark in MARKS.values()]
    if any(each.doubled for each in came):
        raise Failed("somebody got it twice")
    yield figure("fairness.share", _share(came), "of an equal share", ">= 0.8")


def _share(came: list[Arrivals]) -> float:
    """The smaller count over the larger one at the instant in which the first of the two ended."""
    ended = min(each.last for each in came)
    counts = sorted(each.before(ended) for each in came)
    return counts[0] / counts[-1]
