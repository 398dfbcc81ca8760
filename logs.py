"""One structured log for the whole program: an event name that never changes, and values beside it.

Never a text, a token or a whole address: log references. `mask` shortens an address to what helps an operator.
"""

import logging
import sys
from typing import Any, Literal

import structlog

SHARED: list[Any] = [
    structlog.contextvars.merge_contextvars,
    structlog.stdlib.add_log_level,
    structlog.stdlib.add_logger_name,
    structlog.stdlib.ExtraAdder(),
    structlog.processors.TimeStamper(fmt="iso", utc=True),
    structlog.processors.format_exc_info,
]
QUIET = ("httpx", "httpcore", "twilio", "telegram", "apscheduler", "alembic", "waitress.queue", "dramatiq.worker")


def configure(*, level: str, form: Literal["json", "console"]) -> None:
    """Send structlog's and the libraries' records through one handler to standard error."""
    renderer: Any = structlog.processors.JSONRenderer()
    if form == "console":
        renderer = structlog.dev.ConsoleRenderer(colors=sys.stderr.isatty())
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(
        structlog.stdlib.ProcessorFormatter(
            foreign_pre_chain=SHARED,
            processors=[structlog.stdlib.ProcessorFormatter.remove_processors_meta, renderer],
        )
    )
    root = logging.getLogger()
    root.handlers = [handler]
    root.setLevel(level.upper())
    for name in QUIET:
        logging.getLogger(name).setLevel(logging.WARNING)
    # One worker for each queue on one broker is meant; Dramatiq warns that their middleware is of the same type.
    logging.getLogger("dramatiq.broker").setLevel(logging.ERROR)
    # Waitress warns of every call that waits a moment for a thread, which is what its queue is for.
    logging.getLogger("waitress.queue").setLevel(logging.ERROR)
    structlog.configure(
        processors=[*SHARED, structlog.stdlib.ProcessorFormatter.wrap_for_formatter],
        wrapper_class=structlog.stdlib.BoundLogger,
        logger_factory=structlog.stdlib.LoggerFactory(),
        cache_logger_on_first_use=True,
    )
