"""The commands: serve, and the faults of a running one."""

from __future__ import annotations

import asyncio
import json
import logging
import os
import signal
import sys
import threading
import urllib.error
import urllib.request
from typing import Any

import click
import structlog

from simulator.faults import Kind
from simulator.server import serve as serve_world
from simulator.world import World

DEFAULT_PORT = 8100
serving = [
    click.option("--host", default="127.0.0.1", show_default=True),
    click.option("--port", default=DEFAULT_PORT, show_default=True, help="0 takes any free port."),
    click.option("--no-limits", is_flag=True, help="Answer any number of calls a second."),
    click.option("--no-delays", is_flag=True, help="Receipts and retries come at once."),
    click.option("--seed", type=int, help="Invent the same people every time."),
    click.option("--until-input-ends", is_flag=True, help="Stop when standard input ends: with whoever started it."),
]


def _serving(command: Any) -> Any:
    for option in reversed(serving):
        command = option(command)
    return command


@click.group(invoke_without_command=True)
@_serving
@click.pass_context
def simulator(context: click.Context, /, **options: Any) -> None:
    """Pretend to be Telegram and Twilio, with phones to look at in a browser."""
    if context.invoked_subcommand is None:
        context.invoke(serve, **options)


@simulator.command()
@_serving
def serve(host: str, port: int, no_limits: bool, no_delays: bool, seed: int | None, until_input_ends: bool) -> None:
    """Serve until interrupted."""
    structlog.configure(
        logger_factory=structlog.PrintLoggerFactory(sys.stderr),
        wrapper_class=structlog.make_filtering_bound_logger(logging.WARNING),
    )
    if until_input_ends:
        signal.signal(signal.SIGINT, signal.default_int_handler)  # a shell starts background jobs with it ignored
        threading.Thread(target=_end_with_input, daemon=True).start()
    world = World(seed)
    world.limits.enabled = not no_limits
    if no_delays:
        world.timing.quicken()
    work = serve_world(world, host, port, lambda url: click.echo(f"Simulator: {url}"))
    try:
        _runner()(work)
    except KeyboardInterrupt:
        click.echo("Simulator: stopped")


def _end_with_input() -> None:
    """A parent that is killed closes its end of the pipe, whatever killed it."""
    sys.stdin.buffer.read()
    os.kill(os.getpid(), signal.SIGINT)


def _runner() -> Any:
    try:
        import uvloop
    except ImportError:
        return asyncio.run
    return uvloop.run


@simulator.group()
@click.option("--url", default=f"http://127.0.0.1:{DEFAULT_PORT}", show_default=True, help="The running simulator.")
@click.pass_context
def fault(context: click.Context, url: str) -> None:
    """Let something go wrong on a running simulator."""
    context.obj = url.rstrip("/")


@fault.command("add")
@click.argument("kind", type=click.Choice([kind.value for kind in Kind]))
@click.option("--channel", type=click.Choice(["telegram", "whatsapp"]))
@click.option("--bot", help="The id of a bot or sender.")
@click.option("--chat", help="A phone's number.")
@click.option("--method", help="An API method, such as sendMessage or Messages.create.")
@click.option("--probability", type=click.FloatRange(0, 1), help="How likely it strikes; 1 where not given.")
@click.option("--count", type=int, help="How often it strikes at most.")
@click.option("--duration", type=float, help="Seconds until it ends.")
@click.option("--seconds", type=float, help="How slow, how late, or how long to wait.")
@click.option("--status", type=int, help="The HTTP status of a server_error.")
@click.option("--code", type=int, help="The Twilio error of an undelivered message.")
@click.pass_obj
def add_fault(url: str, /, **wish: Any) -> None:
    """Put a fault in force."""
    body = {name: value for name, value in wish.items() if value is not None}
    _show(_call("POST", f"{url}/control/faults", body))


@fault.command("list")
@click.pass_obj
def list_faults(url: str) -> None:
    """Show the faults in force."""
    _show(_call("GET", f"{url}/control/faults"))


@fault.command("clear")
@click.argument("fault_id", type=int, required=False)
@click.pass_obj
def clear_faults(url: str, fault_id: int | None) -> None:
    """End one fault, or all."""
    _show(_call("DELETE", f"{url}/control/faults" + (f"/{fault_id}" if fault_id else "")))


@fault.command("phone")
@click.argument("phone")
@click.argument("what", type=click.Choice(["block", "unblock", "deactivate"]))
@click.option("--bot", help="The id of the bot or sender to block.")
@click.pass_obj
def strike_phone(url: str, phone: str, what: str, bot: str | None) -> None:
    """Let a phone's owner block a bot, unblock it, or close the account."""
    _show(_call("POST", f"{url}/api/phones/{phone}/{what}", {"bot": bot} if bot else {}))


@simulator.command("decide")
@click.argument("status", type=click.Choice(["received", "pending", "approved", "rejected", "paused", "disabled"]))
@click.option("--template", help="Its name or ContentSid; without one, all that are submitted from now on.")
@click.option("--reason", default="", help="In WhatsApp's words, why.")
@click.option("--url", default=f"http://127.0.0.1:{DEFAULT_PORT}", show_default=True, help="The running simulator.")
def decide(status: str, template: str | None, reason: str, url: str) -> None:
    """Say for WhatsApp what becomes of a template on a running simulator."""
    about = {} if template is None else {"content": template}
    _show(_call("POST", f"{url.rstrip('/')}/control/approvals", {"status": status, "reason": reason, **about}))


def _show(answer: Any) -> None:
    click.echo(json.dumps(answer, indent=2, ensure_ascii=False))


def _call(method: str, url: str, body: dict[str, Any] | None = None) -> Any:
    data = None if body is None else json.dumps(body).encode()
    request = urllib.request.Request(url, data, {"Content-Type": "application/json"}, method=method)  # noqa: S310
    try:
        with urllib.request.urlopen(request, timeout=10) as response:  # noqa: S310
            return json.load(response)
    except urllib.error.HTTPError as problem:
        raise click.ClickException(problem.read().decode()) from None
    except OSError:
        raise click.ClickException(f"no simulator answers at {url}") from None
