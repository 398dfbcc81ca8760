"""loudhailer answer and agency hours: what an operator types for the helpdesk."""

from tests.commands.conftest import Run


def test_an_answer_is_added_tried_listed_and_removed(run: Run) -> None:
    run("agency", "create", "city", "--name", "City", "--locales", "en,ms")
    added = run("answer", "add", "city", "--keywords", "en=Refund,money back", "--text", "en=Ten days.")
    assert added.exit_code == 0, added.output
    assert "Ten days." in run("answer", "try", "city", "how about my refund?").output
    assert run("answer", "try", "city", "hello").exit_code == 1
    assert "refund, money back" in run("answer", "list", "city").output
    assert run("answer", "remove", "city", "1").exit_code == 0
    assert run("answer", "remove", "city", "1").exit_code == 1


def test_an_answer_that_cannot_be_is_refused_with_the_reason(run: Run) -> None:
    run("agency", "create", "city", "--name", "City", "--locales", "en,ms")
    for words, reason in (
        (("--keywords", "ms=x", "--text", "ms=y"), "needed in en"),
        (("--keywords", "en=x", "--text", "ta=y"), "not enabled"),
        (("--keywords", "en=!!!", "--text", "en=y"), "at least one keyword"),
    ):
        refused = run("answer", "add", "city", *words)
        assert refused.exit_code == 1
        assert reason in refused.output


def test_office_hours_are_set_and_taken_back(run: Run) -> None:
    run("agency", "create", "city", "--name", "City", "--locales", "en,ms")
    set_ = run("agency", "hours", "city", "--opens", "08:30", "--closes", "18:00", "--away", "en=Back on Monday.")
    assert "mon-fri 08:30-18:00" in set_.output
    assert (
        "not enabled" in run("agency", "hours", "city", "--opens", "1:00", "--closes", "2:00", "--away", "ta=x").output
    )
    assert "looks like 08:30" in run("agency", "hours", "city", "--opens", "25:00", "--closes", "18:00").output
    assert "--none" in run("agency", "hours", "city").output
    assert "no office hours" in run("agency", "hours", "city", "--none").output
