"""A process of ours on a host whose clock is wrong: `python -m tests.chaos.shifted 2.0 worker` is two seconds ahead.

app.utc_now is the one place where a running process reads the clock, so it is the only one to be moved.
"""

import importlib
import sys
from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any


def main() -> None:
    """Move the clock, then be the `loudhailer` command."""
    by = timedelta(seconds=float(sys.argv.pop(1)))
    app: Any = importlib.import_module("app")
    right: Callable[[], datetime] = app.utc_now
    app.utc_now = lambda: right() + by
    importlib.import_module("cli").main(prog_name="loudhailer")


if __name__ == "__main__":
    main()
