"""loudhailer agency approvals: which announcements of an agency ask for how many approvers."""

import click
from rich.table import Table
from sqlalchemy.orm import Session

from broadcast import policy, prepared_texts
from broadcast.policy import ApprovalRule
from broadcast.states import Kind
from commands.console import console
from commands.tools import agency_by_slug, bench, utc_now
from staff import agencies
from staff.models import Agency


@click.command("approvals")
@click.argument("slug")
@click.option("--kind", type=click.Choice([kind.value for kind in policy.KINDS]), help="For which announcements.")
@click.option("--from", "people", type=int, metavar="PEOPLE", help="From how many people on.")
@click.option("--approvers", type=int, metavar="NUMBER", help="How many approvers it then needs: 0, 1 or 2.")
@click.option("--remove", "is_removed", is_flag=True, help="Take the rule for --kind and --from away.")
@click.option("--hours", type=int, help="How long an approval holds.")
@click.option(
    "--prepared/--no-prepared", "is_prepared", default=None, help="Whether approved prepared texts need no more."
)
def approvals(
    slug: str,
    kind: str | None,
    people: int | None,
    approvers: int | None,
    is_removed: bool,
    hours: int | None,
    is_prepared: bool | None,
) -> None:
    """Show or change which announcements of the agency SLUG need how many approvers; without rules, none do."""
    with bench() as at, at.sessions.begin() as session:
        owner = agency_by_slug(session, slug)
        try:
            _change(session, owner, kind=kind, people=people, approvers=approvers, is_removed=is_removed)
            if hours is not None:
                policy.set_hours(session, owner, hours, now=utc_now())
            if is_prepared is not None:
                prepared_texts.set_policy(session, owner, is_prepared, now=utc_now())
        except agencies.BadAgency as error:
            raise click.ClickException(f"{str(error)[0].upper()}{str(error)[1:]}.") from error
        _show(owner)


def _change(
    session: Session,
    owner: Agency,
    *,
    kind: str | None,
    people: int | None,
    approvers: int | None,
    is_removed: bool,
) -> None:
    given = [each is not None for each in (kind, people, approvers)]
    if not any(given) and not is_removed:
        return
    if kind is None or people is None or (approvers is None) is not is_removed:
        raise click.ClickException(
            "A rule is --kind KIND --from PEOPLE --approvers NUMBER, or --kind KIND --from PEOPLE --remove."
        )
    if approvers is None:
        policy.remove_rule(session, owner, Kind(kind), people, now=utc_now())
    else:
        policy.set_rule(session, owner, ApprovalRule(Kind(kind), people, approvers), now=utc_now())


def _show(owner: Agency) -> None:
    rules = policy.rules_of(owner)
    if not rules:
        console.print(f"No announcement of [bold]{owner.slug}[/bold] needs an approver.")
        return
    table = Table("kind", "from people", "approvers")
    for rule in rules:
        table.add_row(rule.kind, f"{rule.people:,}", str(rule.approvers))
    console.print(table)
    console.print(f"An approval holds for {owner.approval_hours} hours.")
