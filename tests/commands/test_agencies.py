"""What an operator founds and lists."""

from datetime import UTC, datetime

from broadcast.models import Broadcast
from broadcast.states import Kind
from db.engine import create_engine, session_factory
from tests.commands.conftest import Run

NAMES = [f"--name={locale}=Floods {locale}" for locale in ("en", "ms", "ta", "zh_Hans")]
FIRST_LINES = [f"--introduction={locale}=Good day" for locale in ("en", "ms", "ta", "zh_Hans")]


def test_an_agency_its_topics_and_its_bulletin_are_founded_and_listed(run: Run) -> None:
    assert run("agency", "create", "city", "--name", "City Council", "--name-in", "ms=Majlis").exit_code == 0
    assert run("topic", "add", "city", "flood", *NAMES).exit_code == 0
    defined = run("bulletin", "define", "city", "daily", "--topic", "flood", "--at", "08:00", *FIRST_LINES)
    assert "every day at 08:00" in defined.output
    assert "City Council" in run("agency", "list").output
    assert "Floods ms" in run("topic", "list", "city").output
    assert "running" in run("bulletin", "list", "city").output
    assert run("bulletin", "stop", "city", "daily").exit_code == 0
    assert "stopped" in run("bulletin", "list", "city").output


def test_a_bulletin_is_about_several_topics_and_says_which_it_cannot_have(run: Run) -> None:
    run("agency", "create", "city", "--name", "City Council")
    for key in ("flood", "haze", "sea"):
        run("topic", "add", "city", key, *NAMES)
    about = ["--topic", "flood", "--topic", "haze", "--at", "08:00", *FIRST_LINES]
    assert "chose flood or haze once a day" in " ".join(
        run("bulletin", "define", "city", "daily", *about).output.split()
    )
    assert "flood, haze" in run("bulletin", "list", "city").output
    again = run("bulletin", "define", "city", "other", "--topic", "sea", *about)
    assert again.exit_code == 1
    assert "for the topic 'flood'" in again.output


def test_topics_stand_below_another_and_areas_are_listed(run: Run) -> None:
    run("agency", "create", "city", "--name", "City Council")
    run("topic", "add", "city", "flood", *NAMES)
    assert run("topic", "add", "city", "rivers", "--parent", "flood", *NAMES).exit_code == 0
    assert run("area", "add", "city", "bedok", *NAMES).exit_code == 0
    listed = run("topic", "list", "city").output
    assert [word in listed for word in ("rivers", "below")] == [True, True]
    assert "bedok" in run("area", "list", "city").output


def test_every_mistake_names_the_thing_to_mend(run: Run) -> None:
    run("agency", "create", "city", "--name", "City Council")
    for words, hint in (
        (("agency", "create", "city", "--name", "Again"), "city"),
        (("agency", "create", "x", "--name", "X", "--zone", "Mars/Olympus"), "Mars/Olympus"),
        (("agency", "create", "x", "--name", "X", "--locales", "en,tlh"), "tlh"),
        (("topic", "add", "town", "flood", *NAMES), "no agency 'town'"),
        (("topic", "add", "city", "flood", "--name", "en=Floods"), "has no name in"),
        (("topic", "add", "city", "flood", "--name", "Floods"), "LOCALE=TEXT"),
        (("topic", "add", "city", "rivers", "--parent", "sea", *NAMES), "no topic 'sea'"),
        (("area", "add", "city", "bedok", "--name", "en=Bedok"), "has no name in"),
        (("area", "add", "town", "bedok", *NAMES), "no agency 'town'"),
        (("bulletin", "define", "city", "d", "--topic", "haze", "--at", "08:00", *FIRST_LINES), "no topic 'haze'"),
        (("bulletin", "stop", "city", "daily"), "no running bulletin"),
        (("officer", "revoke", "city", "7"), "no active officer"),
        (("replay", "7"), "does not exist"),
        (("unstick", "7"), "is not stuck"),
        (("agency", "retention", "city"), "--deliveries DAYS"),
        (("agency", "retention", "city", "--words", "1"), "3 to 3660 days"),
        (("agency", "approvals", "town"), "no agency 'town'"),
        (("agency", "approvals", "city", "--kind", "alert"), "--approvers NUMBER"),
        (("agency", "approvals", "city", "--remove"), "--remove"),
        (("agency", "approvals", "city", "--kind", "alert", "--from", "5", "--remove"), "no rule for alerts"),
        (("agency", "approvals", "city", "--kind", "alert", "--from", "5", "--approvers", "3"), "0 to 2 approvers"),
        (("agency", "approvals", "city", "--hours", "0"), "1 to 168 hours"),
        (("agency", "retention", "town", "--words", "30"), "no agency 'town'"),
    ):
        result = run(*words)
        assert result.exit_code != 0, words
        assert hint in result.output, (words, result.output)
        assert result.exception is None or isinstance(result.exception, SystemExit), words


def test_an_invitation_needs_a_sender_and_leaves_nothing_behind_without_one(run: Run) -> None:
    run("agency", "create", "city", "--name", "City Council")
    refused = run("officer", "invite", "city", "--name", "Aisyah")
    assert "has no sender that works" in refused.output
    assert "Aisyah" not in run("officer", "list", "city").output


def test_how_long_an_agency_keeps_what_is_about_people_is_set_and_listed(run: Run) -> None:
    run("agency", "create", "city", "--name", "City Council")
    listed = run("agency", "list").output
    assert "90 days" in listed
    assert "30 days" in listed
    assert "deliveries for 365 days, words for 30" in run("agency", "retention", "city", "--deliveries", "365").output
    assert "365 days" in run("agency", "list").output


def test_when_an_agency_sends_its_digests_is_set_and_listed(run: Run) -> None:
    run("agency", "create", "city", "--name", "City Council")
    assert "18:00, fri" in run("agency", "list").output
    assert (
        "at 07:30, the weekly one on mon"
        in run("agency", "digest", "city", "--at", "07:30", "--weekly-on", "mon").output
    )
    assert "sends its digests never" in run("agency", "digest", "city", "--off").output
    assert "at 18:00, the weekly one on sun" in run("agency", "digest", "city", "--weekly-on", "sun").output
    assert "looks like 18:00" in run("agency", "digest", "city", "--at", "6pm").output
    assert "not both" in run("agency", "digest", "city", "--off", "--at", "07:30").output


def test_the_doctor_says_when_no_clock_makes_room_for_the_next_deliveries(run: Run, database_url: str) -> None:
    run("agency", "create", "city", "--name", "City Council")
    is_cut = database_url.startswith("postgresql")
    assert ("room up to broadcast 20" if is_cut else "in one table") in run("doctor", "--offline").output
    engine = create_engine(database_url)
    with session_factory(engine).begin() as session:
        made = datetime(2026, 11, 24, 1, tzinfo=UTC)
        session.add(Broadcast(id=20, agency_id=1, code="K2", kind=Kind.NOTICE, created_at=made))
    engine.dispose()
    told = run("doctor", "--offline")
    assert ("no range for broadcast 21" in told.output) is is_cut
    assert ("loudhailer clock" in told.output) is is_cut


def test_approval_rules_are_set_listed_and_removed(run: Run) -> None:
    run("agency", "create", "city", "--name", "City Council")
    assert "needs an approver" in run("agency", "approvals", "city").output
    for kind, people, approvers in (("notice", "1000", "1"), ("notice", "100000", "2"), ("alert", "0", "1")):
        words = ("--kind", kind, "--from", people, "--approvers", approvers)
        assert run("agency", "approvals", "city", *words).exit_code == 0
    listed = run("agency", "approvals", "city", "--hours", "12").output
    assert [word in listed for word in ("1,000", "100,000", "alert", "12 hours")] == [True] * 4
    assert (
        "100,000" not in run("agency", "approvals", "city", "--kind", "notice", "--from", "100000", "--remove").output
    )
