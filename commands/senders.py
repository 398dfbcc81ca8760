"""loudhailer sender: the bots and numbers an agency writes from."""

import os
import secrets
from datetime import datetime

import click
from rich.table import Table
from sqlalchemy.orm import Session

from channels import registry
from channels.contract import AddressKind, Refusal
from commands import fittings
from commands.console import console
from commands.tools import Bench, agency_by_slug, ask, bench, note, utc_now
from delivery import breaker, senders
from delivery.models import Sender
from delivery.states import Lane
from staff.models import Agency

SECRET_BYTES = 32


@click.group()
def sender() -> None:
    """Senders: the bots and numbers an agency writes from."""


@sender.command("add")
@click.argument("slug")
@click.argument("channel", type=click.Choice(sorted(registry.CHANNELS)))
@click.option("--handle", required=True, help="The bot's username, or the number as +6531234567.")
@click.option("--rate", type=float, default=None, help="Messages a second, where it is not the channel's default.")
@click.option("--connect/--no-connect", "is_connecting", default=True, help="Check it with the provider at once.")
def add(slug: str, channel: str, handle: str, rate: float | None, is_connecting: bool) -> None:
    """Save a sender of the agency SLUG. Its credentials are read from the environment or asked for, never shown."""
    given = {name: _ask(channel, name) for name in registry.credential_fields(channel)}
    with bench() as at:
        with at.sessions.begin() as session:
            owner = agency_by_slug(session, slug)
            try:
                made = senders.add(
                    session,
                    agency_id=owner.id,
                    channel=channel,
                    handle=_tidied(handle, channel),
                    credentials=at.vault.seal(given),
                    rate=rate,
                    now=utc_now(),
                )
            except ValueError as error:
                raise click.ClickException(str(error)) from error
            note(session, owner, "sender.added", f"sender:{made.id}")
        console.print(f"Sender {made.id} saved.")
        if is_connecting:
            _connect(at, made)


def _tidied(handle: str, channel: str) -> str:
    """The handle as there is only one of it, so that two agencies cannot save the same sender in two spellings."""
    limits = registry.limits(channel)
    bare = "".join(handle.split()).removeprefix(limits.address_prefix).removeprefix("@")
    return bare.lower() if limits.address_kind is AddressKind.ACCOUNT else bare.replace("-", "")


def _ask(channel: str, name: str) -> str:
    """TELEGRAM_TOKEN and the like from the environment, so that scripts need no prompt; else a hidden prompt."""
    variable = f"{channel}_{name}".upper()
    given = os.environ.get(variable)
    if given is None and name in registry.invented_fields(channel):
        return secrets.token_urlsafe(SECRET_BYTES)
    return given or str(click.prompt(f"{name} ({variable} is not set)", hide_input=True))


@sender.command("connect")
@click.argument("sender_id", type=int)
def connect(sender_id: int) -> None:
    """Check a sender with its provider, tell the provider where to call, and start it again if it was stopped."""
    with bench() as at:
        with at.sessions.begin() as session:
            found = _found(session, sender_id)
        _connect(at, found)
        with at.sessions.begin() as session:
            senders.resume(session, sender_id)


def _connect(at: Bench, found: Sender) -> None:
    board = fittings.switchboard_for(at.settings, at.vault)

    try:
        handle = ask(board, lambda: fittings.connect(board, found))
    except Refusal as error:
        raise click.ClickException(f"The provider said no: {error.reason or error.code}") from error
    if _tidied(handle, found.channel) != found.handle:
        _stop_as_another(at, found, handle)
    console.print(f"Connected as [bold]{handle}[/bold]; the provider calls {board.channel(found).hook_address()}")


def _stop_as_another(at: Bench, found: Sender, handle: str) -> None:
    """The credentials are another sender's: links would lead to one bot and answers come from the other."""
    with at.sessions.begin() as session:
        senders.stop(session, found.id, reason=f"its credentials belong to {handle}", now=utc_now())
    wrong = f"These credentials belong to {handle}, not to {found.handle}."
    raise click.ClickException(f"{wrong} Sender {found.id} is stopped; add {handle} instead.")


@sender.command("list")
def list_senders() -> None:
    """Show every sender, its rate, whether it is stopped or waits, and whether its breaker is open."""
    table = Table("id", "agency", "channel", "handle", "rate", "state")
    with bench() as at, at.sessions() as session:
        opened = breaker.opened(session)
        for one in senders.everyone(session):
            state = _state(one, utc_now())
            if found := opened.get(one.id):
                state += f"; its breaker is open: {found.share:.0%} unreachable"
            table.add_row(str(one.id), str(one.agency_id), one.channel, one.handle, _rate(one), state)
    console.print(table)


def _rate(one: Sender) -> str:
    limits = registry.limits(one.channel)
    usual, _ = senders.effective_rate(one, Lane.BULLETIN, limits)
    rate, is_paid = senders.effective_rate(one, Lane.ALERT, limits)
    return f"{usual:g}/s" + (f", alerts {rate:g}/s, paid" if is_paid else "")


def _state(one: Sender, now: datetime) -> str:
    if one.stopped_at:
        return f"stopped: {one.stopped_reason}"
    if one.held_until and one.held_until > now:
        return f"waits until {one.held_until:%Y-%m-%d %H:%M:%S} UTC, as the provider asked"
    pace = senders.pace_at(one, now)
    return "running" if pace == 1 else f"running at {pace:.0%} of its rate, as it was throttled"


@sender.command("rate")
@click.argument("sender_id", type=int)
@click.argument("rate", type=click.FloatRange(min=0, min_open=True), required=False)
def set_rate(sender_id: int, rate: float | None) -> None:
    """Let a sender send RATE messages a second from now on; without RATE, its channel's default."""
    with bench() as at, at.sessions.begin() as session:
        found = _found(session, sender_id)
        found.rate = rate
        note(session, session.get_one(Agency, found.agency_id), "sender.rate_set", f"sender:{sender_id}")
        console.print(f"Sender {sender_id}: {_rate(found)}.")


@sender.command("paid")
@click.argument("sender_id", type=int)
@click.option("--on/--off", "is_paid", required=True, help="Whether its alerts leave as paid messages.")
@click.option("--rate", type=click.FloatRange(min=0, min_open=True), help="Messages a second, where not the channel's.")
def paid(sender_id: int, is_paid: bool, rate: float | None) -> None:
    """Have a sender's alerts leave faster for a fee (Telegram: switch paid broadcasts on in @BotFather first)."""
    with bench() as at, at.sessions.begin() as session:
        found = _found(session, sender_id)
        limits = registry.limits(found.channel)
        if is_paid and limits.paid_rate is None:
            raise click.ClickException(f"{found.channel} sells no speed: sender {sender_id} stays as it is.")
        senders.set_paid(session, sender_id, is_paid=is_paid, rate=rate)
        note(
            session,
            session.get_one(Agency, found.agency_id),
            f"sender.paid_{'on' if is_paid else 'off'}",
            f"sender:{sender_id}",
        )
        session.refresh(found)
        cost = f", at {limits.paid_price:g} {limits.paid_currency} for each message at most" if is_paid else ""
        console.print(f"Sender {sender_id}: {_rate(found)}{cost}.")


def _found(session: Session, sender_id: int) -> Sender:
    found = session.get(Sender, sender_id)
    if found is None:
        raise click.ClickException(f"There is no sender {sender_id}: `loudhailer sender list`.")
    return found


@sender.command("usual")
@click.argument("sender_id", type=int)
@click.option("--share", type=click.FloatRange(0, 100), required=True, help="In percent of what it sends.")
def usual(sender_id: int, share: float) -> None:
    """Say how many usually cannot be reached by a sender; its breaker closes, and failures count again."""
    with bench() as at, at.sessions.begin() as session:
        found = _found(session, sender_id)
        breaker.set_usual(session, sender_id, share / 100)
        note(session, session.get_one(Agency, found.agency_id), "sender.usual_set", f"sender:{sender_id}")
    console.print(f"{share:g} % of what sender {sender_id} sends is expected not to arrive.")


@sender.command("template")
@click.argument("sender_id", type=int)
@click.argument("locale")
@click.argument("provider_id")
@click.option("--body", required=True, help="The approved wording with {{1}} (what) and {{2}} (the text).")
@click.option("--purpose", default="announcement", show_default=True, help="What it is used for.")
def template(sender_id: int, locale: str, provider_id: str, body: str, purpose: str) -> None:
    """Note a template the provider approved, for messages outside the reply window."""
    with bench() as at, at.sessions.begin() as session:
        _found(session, sender_id)
        senders.set_template(
            session, sender_id=sender_id, purpose=purpose, locale=locale, provider_id=provider_id, body=body
        )
    console.print(f"Sender {sender_id} uses {provider_id} for {purpose} in {locale}.")
