"""loudhailer who: who got an announcement and who did not, as CSV, however many they are."""

from pathlib import Path

import click

from broadcast import compose, who
from broadcast.states import Outcome
from commands.console import console
from commands.tools import agency_by_slug, bench, note

WORDS = [outcome.value.replace("_", "-") for outcome in Outcome]


@click.command("who")
@click.argument("slug")
@click.argument("code")
@click.argument("outcome", type=click.Choice(WORDS))
@click.option("--out", type=click.Path(dir_okay=False, path_type=Path), help="Write to this file, not to the screen.")
def outcome_file(slug: str, code: str, outcome: str, out: Path | None) -> None:
    """Write who of the announcement CODE of the agency SLUG has this OUTCOME, as CSV; never a whole address."""
    wanted = Outcome(outcome.replace("-", "_"))
    with bench() as at, at.sessions.begin() as session:
        agency = agency_by_slug(session, slug)
        broadcast = compose.by_code(session, agency.id, code)
        if broadcast is None or broadcast.launched_at is None:
            raise click.ClickException(f"{code} is no announcement of {slug} that was launched.")
        if not who.is_kept(session, broadcast):
            raise click.ClickException(f"Who got {broadcast.code} is kept no longer: the agency's term is over.")
        note(session, agency, "broadcast.who_read", compose.subject(broadcast))
        lines = who.lines(session, broadcast, wanted)
        if out is None:
            for line in lines:
                click.echo(line, nl=False)
            return
        with out.open("w", encoding="utf-8-sig", newline="") as file:
            count = sum(1 for line in lines if file.write(line)) - 1
    console.print(f"{count} people written to {out}.")
