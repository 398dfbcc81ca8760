"""loudhailer officer: the people who speak for an agency."""

from datetime import timedelta

import click
from rich.table import Table
from sqlalchemy.orm import Session

from commands.console import console
from commands.fittings import switchboard_for
from commands.tools import Bench, agency_by_slug, bench, utc_now
from delivery import senders
from staff import officers
from staff.models import Role


@click.group()
def officer() -> None:
    """Officers: who may write and send announcements."""


@officer.command("invite")
@click.argument("slug")
@click.option("--name", required=True, help="Whom it is for.")
@click.option("--role", type=click.Choice([role.value for role in Role]), default="author", show_default=True)
@click.option("--hours", default=48, show_default=True, help="How long the link works.")
def invite(slug: str, name: str, role: str, hours: int) -> None:
    """Print a one-time link that makes the chat account which opens it an officer of the agency SLUG."""
    with bench() as at, at.sessions.begin() as session:
        owner = agency_by_slug(session, slug)
        _, code = officers.invite(
            session, owner, name=name, role=Role(role), now=utc_now(), expires_in=timedelta(hours=hours)
        )
        links = _links(at, session, owner.id, code)
        if not links:  # raised inside the transaction: an invitation that nobody can open is not kept
            raise click.ClickException(f"{slug} has no sender that works: `loudhailer sender add` first.")
    console.print(f"For {name}, once, within {hours} hours; open it on the phone that shall be the officer's:")
    for link in links:
        click.echo(link)


def _links(at: Bench, session: Session, agency_id: int, code: str) -> list[str]:
    board = switchboard_for(at.settings, at.vault)
    working = [sender for sender in senders.of_agency(session, agency_id) if sender.stopped_at is None]
    return [board.channel(sender).link(f"o-{code}") for sender in working]


@officer.command("list")
@click.argument("slug")
def list_officers(slug: str) -> None:
    """Show the officers of the agency SLUG."""
    table = Table("id", "name", "role", "chat accounts", "state")
    with bench() as at, at.sessions() as session:
        for one, accounts in officers.of_agency(session, agency_by_slug(session, slug).id):
            state = "revoked" if one.revoked_at else "active" if accounts else "invited"
            table.add_row(str(one.id), one.name, one.role, str(accounts), state)
    console.print(table)


@officer.command("revoke")
@click.argument("slug")
@click.argument("officer_id", type=int)
@click.option("--last", "may_be_last", is_flag=True, help="Even where it is the agency's last administrator.")
def revoke(slug: str, officer_id: int, may_be_last: bool) -> None:
    """Take an officer's rights away, on every account, at once."""
    with bench() as at, at.sessions.begin() as session:
        owner = agency_by_slug(session, slug)
        found = officers.find(session, owner.id, officer_id)
        if found is None:
            raise click.ClickException(f"{slug} has no active officer {officer_id}: `loudhailer officer list {slug}`.")
        try:
            officers.revoke(session, found, now=utc_now(), may_be_last=may_be_last)
        except officers.LastAdmin as last:
            hint = f"{found.name} is the last administrator of {slug}: invite another one first, or say --last."
            raise click.ClickException(hint) from last
    console.print("Done: from now on they are a citizen like any other.")
