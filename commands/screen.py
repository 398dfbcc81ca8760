"""How `loudhailer top` looks: broadcasts with their bars, senders, queues. Drawn for 80 columns, at ease in more."""

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime, timedelta

from rich.console import Group, RenderableType
from rich.progress_bar import ProgressBar
from rich.rule import Rule
from rich.table import Table
from rich.text import Text

from commands.glance import Glance, Going, Sending
from delivery.curve import Percentiles
from delivery.queues import Line
from delivery.states import Lane, Milestone

Rates = Mapping[int, float]
STYLES = {"sending": "green", "paused": "yellow", "finished": "cyan", "cancelled": "red"}
WORDS = {Milestone.HANDED_OVER: "handed over", Milestone.DELIVERED: "on the phone"}
UNITS = ((86_400.0, "d"), (3_600.0, "h"), (60.0, "min"))


def drawn(seen: Glance, broadcast_rates: Rates, sender_rates: Rates, *, trouble: str = "") -> RenderableType:
    """One picture of everything. `trouble` is said at the top."""
    parts: list[RenderableType] = [_head(seen)]
    if trouble:
        parts.append(Text(trouble, style="bold red"))
    parts.append(Rule("broadcasts", align="left", style="dim"))
    parts += [_broadcast(each, broadcast_rates.get(each.id, 0.0), seen.at) for each in seen.broadcasts]
    if not seen.broadcasts:
        parts.append(Text("nothing is being sent", style="dim"))
    parts += [Rule("senders", align="left", style="dim"), _senders(seen, sender_rates)]
    parts += [Rule("queues", align="left", style="dim"), *_queues(seen)]
    return Group(*parts)


def _head(seen: Glance) -> RenderableType:
    kinds = Counter(each.kind for each in seen.processes)
    processes = ", ".join(f"{count} {kind}" for kind, count in sorted(kinds.items())) or "no process is heard of"
    head = Table.grid(expand=True)
    head.add_column()
    head.add_column(justify="right")
    head.add_row(Text(f"Loudhailer  {seen.at:%Y-%m-%d %H:%M:%S} UTC", style="bold"), Text(processes))
    return head


def _broadcast(going: Going, rate: float, now: datetime) -> RenderableType:
    first = Table.grid(expand=True, padding=(0, 1))
    first.add_column(no_wrap=True)
    first.add_column(ratio=1)
    first.add_column(justify="right", no_wrap=True)
    name = Text.assemble(
        (going.code, "bold"), f" {going.agency} {going.kind} ", (going.state, STYLES.get(going.state, ""))
    )
    total = going.people or 0
    bar = ProgressBar(total=max(1, total), completed=min(going.settled, total or going.settled))
    first.add_row(name, bar, _share(going))
    lines: list[RenderableType] = [first, Text("  " + "  ".join(_figures(going, rate, now)))]
    lines += [Text(f"  {line}", style="dim") for line in _curves(going)]
    return Group(*lines)


def _share(going: Going) -> str:
    if going.people is None:
        return f"{going.settled:,} of ..."
    share = 100 * going.settled // going.people if going.people else 100
    return f"{share}%  {going.settled:,} of {going.people:,}"


def _figures(going: Going, rate: float, now: datetime) -> Iterator[str]:
    yield f"{rate:,.0f}/s"
    if going.finish_at is not None:
        yield f"done {going.finish_at:%H:%M:%S} (in {span((going.finish_at - now).total_seconds())})"
    yield f"failed {going.failed:,}"
    yield f"left out {going.withheld:,}"
    yield f"in doubt {going.in_doubt:,}"


def _curves(going: Going) -> Iterator[str]:
    for milestone, word in WORDS.items():
        if (found := going.reached.get(milestone)) is not None:
            yield f"{word}: {_percentiles(found)} ({found.people:,})"


def _percentiles(found: Percentiles) -> str:
    return f"p50 {span(found.p50)}  p90 {span(found.p90)}  p99 {span(found.p99)}"


def span(seconds: float) -> str:
    """A length of time, short: 0.4 s, 12 s, 3.5 min, 2.1 h."""
    for unit, word in UNITS:
        if seconds >= unit * 1.5:
            return f"{seconds / unit:.1f} {word}"
    return f"{seconds:.1f} s" if seconds < 10 else f"{seconds:.0f} s"


def _senders(seen: Glance, rates: Rates) -> RenderableType:
    table = Table(box=None, expand=True, padding=(0, 1, 0, 0), header_style="dim")
    table.add_column("sender", no_wrap=True)
    table.add_column("agency", overflow="ellipsis", no_wrap=True)
    for title in ("now/s", "may/s", "pace", "batches", "people"):
        table.add_column(title, justify="right", no_wrap=True)
    table.add_column("state", overflow="ellipsis", no_wrap=True)
    waiting = Counter[int]()
    for line in seen.lines:
        waiting[line.sender_id] += line.people
    for sender in seen.senders:
        table.add_row(*_sender(sender, rates, waiting, seen.at))
    return table if seen.senders else Text("there is none yet", style="dim")


def _sender(sender: Sending, rates: Rates, waiting: Mapping[int, int], now: datetime) -> Sequence[RenderableType]:
    brakes = sender.brakes
    return (
        f"{brakes.sender_id} {brakes.channel}",
        sender.agency,
        f"{rates.get(brakes.sender_id, 0.0):,.1f}",
        f"{sender.allowed:,.0f}",
        f"{brakes.pace:.0%}",
        f"{sender.leased}",
        f"{waiting.get(brakes.sender_id, 0):,}",
        _standing(sender, now),
    )


def _standing(sender: Sending, now: datetime) -> Text:
    if sender.brakes.is_stopped:
        return Text("stopped", style="bold red")
    if sender.breaker == "open":
        return Text("breaker open", style="bold red")
    if sender.brakes.held_until is not None:
        return Text(f"held {span((sender.brakes.held_until - now).total_seconds())}", style="yellow")
    return Text("ok", style="green")


def _queues(seen: Glance) -> Iterator[RenderableType]:
    for lane in Lane:
        mine = [line for line in seen.lines if line.lane is lane]
        if mine:
            yield Text(f"{lane:<9} {_lane(mine, seen.at)}")
    for word, pile in (("letters", seen.letters), ("calls", seen.calls), ("retries", seen.retries)):
        yield Text(f"{word:<9} {_pile(pile.waiting, pile.oldest_at, seen.at)}", style="" if pile.waiting else "dim")
    if seen.calls.failed:
        yield Text(f"{seen.calls.failed} calls were given up: loudhailer replay", style="bold red")
    if seen.in_doubt:
        yield Text(f"{seen.in_doubt} messages in doubt", style="bold yellow")


def _lane(lines: Sequence[Line], now: datetime) -> str:
    parts = []
    for state in sorted({line.state for line in lines}):
        mine = [line for line in lines if line.state == state]
        people, batches = sum(line.people for line in mine), sum(line.batches for line in mine)
        parts.append(f"{people:,} people {state} ({batches:,})")
    oldest = min(line.oldest_at for line in lines)
    return ", ".join(parts) + f", the oldest {span((now - oldest).total_seconds())}"


def _pile(waiting: int, oldest_at: datetime | None, now: datetime) -> str:
    if not waiting or oldest_at is None:
        return "none waits"
    return f"{waiting:,} wait, the oldest {span(max(timedelta(0), now - oldest_at).total_seconds())}"
