"""`python -m bench`: every measurement, or those that are named; `--list` says which there are."""

import argparse
import sys
from collections.abc import Sequence

from bench import pipeline, report, servers
from bench.receiver import receiving
from bench.run import Measurement, Run, by_name, every

MEASUREMENTS: Sequence[Measurement] = (
    Measurement("pipeline", "Telegram and WhatsApp through one worker, outcomes kept", pipeline.pipeline),
    Measurement("slow", "the same with a provider that answers after 100 ms", pipeline.slow_provider),
)


def main() -> int:
    """Measure, print the table, write the report of a whole run; 1 if something that must hold does not."""
    options = _options()
    known = by_name(MEASUREMENTS)
    if options.list:
        for each in MEASUREMENTS:
            print(f"{each.name:12} {each.does}")
        return 0
    wanted = [known[name] for name in options.names] or list(MEASUREMENTS)
    with servers.provided() as pair, receiving() as sink:
        run = Run(pair, sink, options.quick, options.people, options.channel)
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
    parser.add_argument("--quick", action="store_true", help="a tenth of the size")
    parser.add_argument("--people", type=int, default=None, help="how many people, where a measurement has a crowd")
    parser.add_argument("--channel", choices=["telegram", "whatsapp"], default=None, help="this channel only")
    return parser.parse_args()


if __name__ == "__main__":
    sys.exit(main())
