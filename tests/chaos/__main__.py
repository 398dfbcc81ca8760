"""`python -m tests.chaos [case ...] [--list] [--people 2000] [--seed 7]`: break everything, and compare the books.

Ends with 1 if somebody was lost, or another must does not hold. What is not run when the time is up counts as broken.
"""

import argparse
import signal
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from contextlib import ExitStack
from pathlib import Path

from tests.chaos import clocks, kills, outages, platforms, report
from tests.chaos.case import Case, Result, run
from tests.chaos.scene import Scene, embedded, scaled_out

CASES = {case.name: case for case in (*kills.CASES, *outages.CASES, *clocks.CASES, *platforms.CASES)}
AWAY_SECONDS = 30.0
MINUTES = 12.0


def main() -> None:
    """Run the chosen cases, print a line for each, write the report where all were chosen."""
    signal.signal(signal.SIGTERM, signal.default_int_handler)  # so that what was started is stopped
    options = _options()
    if options.list:
        sys.stdout.writelines(f"{case.name:21}{case.about}\n" for case in CASES.values())
        return
    chosen = [CASES[name] for name in options.cases or CASES]
    _say(f"{report.machine()}; seed {options.seed}\n{report.HEAD}")
    results = []
    for result in _run(chosen, options):
        results.append(result)
        _say(report.line(result))
    if not options.cases or options.report != report.FILE:
        report.write(results, options.report)
    sys.exit(0 if len(results) == len(chosen) and all(result.holds for result in results) else 1)


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m tests.chaos", description=__doc__.splitlines()[0])
    parser.add_argument("cases", nargs="*", choices=[*CASES, []], help="which; all where none is named", metavar="case")
    parser.add_argument("--list", action="store_true", help="say which there are")
    parser.add_argument("--people", type=int, default=2000, help="how many get the broadcast")
    parser.add_argument("--seed", type=int, default=7, help="decides what is left to chance")
    parser.add_argument("--minutes", type=float, default=MINUTES, help="what has not begun by then is not run")
    parser.add_argument("--report", type=Path, default=report.FILE, help="where to write the figures")
    parser.add_argument("--logs", type=Path, help="a folder for the logs of our processes, kept")
    return parser.parse_args()


def _run(cases: Sequence[Case], options: argparse.Namespace) -> Iterator[Result]:
    """The scaled-out ones in one town, the embedded ones in another; after an error in a new one."""
    ends_at = time.monotonic() + options.minutes * 60
    for is_embedded in (False, True):
        waiting = [case for case in cases if case.is_embedded is is_embedded]
        while waiting and time.monotonic() < ends_at:
            with ExitStack() as stack:
                scene = _scene(stack, is_embedded, options)
                while waiting and time.monotonic() < ends_at:
                    result = run(waiting.pop(0), scene, seed=options.seed)
                    yield result
                    if result.error:
                        break
        yield from (Result(case, 0.0, error="the time was up") for case in waiting)


def _scene(stack: ExitStack, is_embedded: bool, options: argparse.Namespace) -> Scene:
    folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="loudhailer-chaos-")))
    if options.logs:
        folder = options.logs / f"{folder.name}"
        folder.mkdir(parents=True)
    if is_embedded:
        return stack.enter_context(embedded(folder, options.people))
    return stack.enter_context(scaled_out(folder, options.people, AWAY_SECONDS))


def _say(text: str) -> None:
    sys.stdout.write(f"{text}\n")
    sys.stdout.flush()


if __name__ == "__main__":
    main()
