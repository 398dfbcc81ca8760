"""loudhailer migrate, doctor, import, replay, unstick: what an operator does."""

import csv
from collections.abc import Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import TextIO

import click
from cryptography.fernet import Fernet
from rich.progress import Progress
from rich.table import Table

from channels import registry
from channels.contract import AddressKind
from commands import checks
from commands.console import console
from commands.tools import Bench, agency_by_slug, bench, load_settings, note, upgrade, utc_now
from delivery import recovery, senders
from delivery.models import Sender
from staff.models import Agency
from subscribers import importing
from webhooks import hearing

SHOWN = 20


@click.command()
def migrate() -> None:
    """Bring the database to the current schema. Safe to run again."""
    settings = load_settings()
    with console.status("Migrating the database ..."):
        upgrade(settings)
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
@click.argument("path", metavar="FILE", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.option("--refused", type=click.Path(dir_okay=False, path_type=Path), help="Write the refused rows to this CSV.")
def import_subscribers(slug: str, path: Path, refused: Path | None) -> None:
    """Take subscribers in from the CSV FILE, each with a proof of consent; what is refused is reported."""
    with bench() as at, path.open(encoding="utf-8-sig", newline="") as file:
        with at.sessions.begin() as session:
            owner = agency_by_slug(session, slug)
            note(session, owner, "import.started", path.name)
            ways = {sender.channel: _way(sender) for sender in reversed(senders.of_agency(session, owner.id))}
        agency = importing.Agency(owner.id, tuple(owner.locales))
        try:
            done = _watched(_chunk_by_chunk(at, agency, file, ways=ways, name=path.name), rows=_count_lines(path))
        except importing.BadFile as error:
            raise click.ClickException(f"{path.name}: {error}") from error
    _report(done, refused)


def _chunk_by_chunk(
    at: Bench, agency: importing.Agency, file: TextIO, *, ways: Mapping[str, importing.Way], name: str
) -> Iterator[importing.Progress]:
    """One transaction for each chunk: what was taken in stays, whatever the rest of the file is like."""
    for rows in importing.chunks(file):
        with at.sessions.begin() as session:
            progress = importing.take(session, rows, agency=agency, ways=ways, name=name, now=utc_now())
        yield progress


def _way(sender: Sender) -> importing.Way:
    limits = registry.limits(sender.channel)
    match limits.address_kind:
        case AddressKind.PHONE:
            return importing.Way(sender, importing.phone_number(limits.address_prefix))
        case AddressKind.ACCOUNT:
            return importing.Way(sender, importing.account_number)


def _count_lines(path: Path) -> int:
    with path.open("rb") as file:
        return sum(1 for _ in file)


def _watched(steps: Iterable[importing.Progress], *, rows: int) -> list[importing.Progress]:
    """Everything the import yields, with a bar on the screen while it does."""
    done = []
    with Progress(console=console) as bar:
        task = bar.add_task("Importing", total=max(1, rows - 1))
        for step in steps:
            done.append(step)
            bar.update(task, advance=step.read)
        bar.update(task, completed=max(1, rows - 1))
    return done


def _report(done: Sequence[importing.Progress], refused: Path | None) -> None:
    refusals = [refusal for step in done for refusal in step.refusals]
    taken, known = sum(step.taken for step in done), sum(step.known for step in done)
    console.print(f"{taken} taken in, {known} known already, {len(refusals)} refused.")
    for refusal in refusals[:SHOWN]:
        console.print(f"  line {refusal.line}: {refusal.reason}")
    if len(refusals) > SHOWN:
        console.print(f"  and {len(refusals) - SHOWN} more; --refused FILE writes them all")
    if refused is not None:
        with refused.open("w", encoding="utf-8", newline="") as file:
            csv.writer(file).writerows([("line", "reason"), *((each.line, each.reason) for each in refusals)])


@click.command()
@click.argument("call_id", type=int)
def replay(call_id: int) -> None:
    """Put a webhook call that failed through once more."""
    with bench() as at, at.sessions.begin() as session:
        if not hearing.replay(session, call_id):
            raise click.ClickException(f"Call {call_id} does not exist or did not fail.")
    console.print(f"Call {call_id} waits again; a worker takes it within a second or two.")


@click.command()
@click.argument("batch_id", type=int)
def unstick(batch_id: int) -> None:
    """Have the batch that `loudhailer doctor` calls stuck sent again, once its cause is mended."""
    with bench() as at, at.sessions.begin() as session:
        consignment = recovery.unstick(session, batch_id)
        if consignment is None:
            raise click.ClickException(f"Batch {batch_id} does not exist or is not stuck.")
        note(session, session.get_one(Agency, consignment.agency_id), "batch.unstuck", f"batch:{batch_id}")
    console.print(f"Batch {batch_id} waits again; a worker takes it within a second or two.")
