"""`python -m bench`: every measurement, or those that are named; `--list` says which there are."""

import argparse
import signal
import sys
from collections.abc import Sequence

from bench import (
    against,
    audience,
    brakes,
    capacity,
    fairness,
    lanes,
    limits,
    pipeline,
    receipts,
    report,
    scale,
    segments,
    servers,
    sizes,
    surge,
)
from bench.house import furnished
from bench.receiver import receiving
from bench.run import Measurement, Run, by_name, every

MEASUREMENTS: Sequence[Measurement] = (
    Measurement("sink", "what the receiving end itself can take", capacity.capacity),
    Measurement("audience", "1,000,000 of 1,200,000 people frozen; the first message", audience.audience),
    Measurement("segments", "counts of segments among 1,000,000 people", segments.segments),
    Measurement("pipeline", "Telegram and WhatsApp through one worker, outcomes kept", pipeline.pipeline),
    Measurement("slow", "the same with a provider that answers after 100 ms", pipeline.slow_provider),
    Measurement("scale", "CPU and memory at a hundred times the people", scale.scale),
    Measurement("receipts", "receipts through the door, also of a web process that is killed", receipts.receipts),
    Measurement("surge", "10,000 new people as fast as they come, and 500 calls a second", surge.surge),
    Measurement("limit", "a platform's limit: used, and never exceeded", limits.limits),
    Measurement("brakes", "pause, cancel, SIGTERM: when the last message left", brakes.brakes),
    Measurement("lanes", "an alert in the middle of an announcement, against the same alone", lanes.lanes),
    Measurement("fairness", "two agencies that share one worker", fairness.fairness),
    Measurement("rivals", "CPU for each message against what a user would pick instead", against.rivals),
    Measurement("sizes", "bytes and WAL of everything that grows, and what it costs to leave", sizes.sizes),
)


def main() -> int:
    """Measure, print the table, write the report of a whole run; 1 if something that must hold does not."""
    options = _options()
    known = by_name(MEASUREMENTS)
    if options.list:
        for each in MEASUREMENTS:
            print(f"{each.name:12} {each.does}")
        return 0
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))  # so that everything that was started is stopped
    wanted = [known[name] for name in options.names] or list(MEASUREMENTS)
    with servers.provided() as pair, receiving() as sink, furnished(pair, sink) as copied:
        run = Run(copied, sink, options.quick, options.people, options.channel)
        figures = every(run, wanted, say=lambda line: print(line, file=sys.stderr, flush=True))
    report.show(figures)
    if not options.names:
        report.write(figures, report.QUICK if options.quick else report.FULL)
    return int(any(each.holds is False for each in figures))


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m bench", description="The measurements the README quotes.")
    names = [each.name for each in MEASUREMENTS]
    parser.add_argument("names", nargs="*", metavar="NAME", choices=[*names, []], help=f"one of {', '.join(names)}")
    parser.add_argument("--list", action="store_true", help="say what can be measured")
    parser.add_argument("--quick", action="store_true", help="a tenth of the size or less")
    parser.add_argument("--people", type=int, default=None, help="how many people, where a measurement has a crowd")
    parser.add_argument("--channel", choices=["telegram", "whatsapp"], default=None, help="this channel only")
    return parser.parse_args()


if __name__ == "__main__":
    sys.exit(main())
