"""What an operator can prove of the audit, and take out of the house."""

import hashlib
import json

from sqlalchemy import update

from db.engine import create_engine, session_factory
from staff.models import AuditEntry
from tests.commands.conftest import Run


def found(run: Run) -> None:
    """Two agencies with a few lines each."""
    for slug in ("city", "town"):
        assert run("agency", "create", slug, "--name", slug).exit_code == 0
        assert run("agency", "retention", slug, "--deliveries", "365").exit_code == 0


def test_a_whole_audit_is_said_to_be_whole_with_its_last_digest(run: Run) -> None:
    assert run("audit", "verify").output == ""
    found(run)
    told = run("audit", "verify")
    assert told.exit_code == 0
    assert [line.partition(".")[0] for line in told.output.splitlines()] == [
        "city: whole, 2 lines",
        "town: whole, 2 lines",
    ]
    last = json.loads(run("audit", "export", "city").output.splitlines()[-1])["digest"]
    assert run("audit", "verify", "city").output == f"city: whole, 2 lines. The last digest: {last}\n"


def test_a_broken_one_is_named_with_the_line_and_ends_with_an_error(run: Run, database_url: str) -> None:
    found(run)
    engine = create_engine(database_url)
    with session_factory(engine).begin() as session:
        of_town = update(AuditEntry).where(AuditEntry.agency_id == 2, AuditEntry.number == 1)
        session.execute(of_town.values(details={"deliveries": 7}))
    engine.dispose()
    told = run("audit", "verify")
    assert told.exit_code == 1
    assert "city: whole" in told.output
    assert "town: broken, line 1 was changed." in told.output
    assert run("audit", "verify", "city").exit_code == 0
    assert run("audit", "verify", "town").exit_code == 1


def test_an_export_can_be_checked_with_nothing_of_ours(run: Run) -> None:
    found(run)
    before = "0" * 64
    lines = run("audit", "export", "town").output.splitlines()
    for number, text in enumerate(lines, start=1):
        fields = json.loads(text)
        digest = fields.pop("digest")
        plain = json.dumps(fields, sort_keys=True, separators=(",", ":"), ensure_ascii=False)
        assert hashlib.sha256(f"{before}{plain}".encode()).hexdigest() == digest
        assert fields["number"] == number
        before = digest
    assert [json.loads(text)["verb"] for text in lines] == ["agency.founded", "agency.retention"]


def test_an_agency_that_is_not_there_is_named(run: Run) -> None:
    for command in ("verify", "export"):
        told = run("audit", command, "nowhere")
        assert told.exit_code == 1
        assert "'nowhere'" in told.output
