"""loudhailer migrate, doctor, import, replay: what an operator does."""

from pathlib import Path

import click
from cryptography.fernet import Fernet
from rich.progress import Progress
from rich.table import Table

from commands import checks
from commands.tools import agency_by_slug, bench, console, load_settings, note, utc_now
from db import migrate as migrations
from subscribers import importing
from webhooks import hearing


@click.command()
def migrate() -> None:
    """Bring the database to the current schema. Safe to run again."""
    settings = load_settings()
    with console.status("Migrating the database ..."):
        migrations.upgrade(settings.database_url)
    console.print("The database is at the current schema.")


@click.command()
@click.option("--new-key", is_flag=True, help="Print a new key for SECRET_KEYS and do nothing else.")
@click.option("--offline", is_flag=True, help="Ask no provider, check only what is ours.")
def doctor(new_key: bool, offline: bool) -> None:
    """Check settings, database, Redis, senders and their webhooks, and say what to do about each."""
    if new_key:
        click.echo(Fernet.generate_key().decode())
        return
    table = Table("", "what", "finding", "what to do")
    is_well = True
    for finding in checks.examine(is_offline=offline):
        is_well = is_well and finding.is_well
        table.add_row(
            "[green]ok[/green]" if finding.is_well else "[red]!![/red]", finding.what, finding.found, finding.cure
        )
    console.print(table)
    if not is_well:
        raise SystemExit(1)


@click.command("import")
@click.argument("slug")
@click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.option("--refused", type=click.Path(dir_okay=False, path_type=Path), help="Write the refused rows to this CSV.")
def import_subscribers(slug: str, file: Path, refused: Path | None) -> None:
    """Take subscribers in from a CSV with proof of consent; rows without it are refused, and reported."""
    with bench() as at:
        with at.sessions.begin() as session:
            owner = agency_by_slug(session, slug)
            note(session, owner, "import.started", file.name)
        with Progress(console=console) as bar:
            task = bar.add_task("Importing", total=file.stat().st_size)
            outcome = importing.import_csv(
                at.sessions,
                agency_id=owner.id,
                path=file,
                now=utc_now(),
                progress=lambda read: bar.update(task, completed=read),
            )
    _report(outcome, refused)


def _report(outcome: importing.Outcome, refused: Path | None) -> None:
    console.print(f"{outcome.taken} taken, {outcome.known} known already, {len(outcome.refused)} refused.")
    for row in outcome.refused[:20]:
        console.print(f"  line {row.line}: {row.reason}")
    if len(outcome.refused) > 20:
        console.print(f"  and {len(outcome.refused) - 20} more; --refused FILE writes them all")
    if refused is not None:
        refused.write_text("line,reason\n" + "".join(f'{row.line},"{row.reason}"\n' for row in outcome.refused))


@click.command()
@click.argument("call_id", type=int)
def replay(call_id: int) -> None:
    """Put a webhook call that failed through once more."""
    with bench() as at, at.sessions.begin() as session:
        if not hearing.replay(session, call_id):
            raise click.ClickException(f"Call {call_id} does not exist or did not fail.")
    console.print(f"Call {call_id} waits again; a worker takes it within a second or two.")
