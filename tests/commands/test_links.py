"""Links on the command line: made, drawn, listed."""

from pathlib import Path

import pytest

from tests.commands.conftest import Run

NAMES = [f"--name={locale}=Floods {locale}" for locale in ("en", "ms", "ta", "zh_Hans")]


@pytest.fixture
def city(run: Run) -> Run:
    """An agency with a topic, a bot and a number."""
    run("agency", "create", "city", "--name", "City Council")
    run("topic", "add", "city", "flood", *NAMES)
    bot = run("sender", "add", "city", "telegram", "--handle", "city_bot", "--no-connect", input="1:token\n")
    number = run("sender", "add", "city", "whatsapp", "--handle", "+6531581234", "--no-connect", input="AC1\ntoken\n")
    assert (bot.exit_code, number.exit_code) == (0, 0), bot.output + number.output
    return run


def test_a_link_is_made_drawn_and_listed(city: Run, tmp_path: Path) -> None:
    made = city(
        "link", "add", "city", "--topic", "flood", "--source", "poster-bedok", "--locale", "ta", "--days", "30",
        "--png", str(tmp_path / "code.png"), "--svg", str(tmp_path / "poster.svg"),
    )  # fmt: skip
    assert made.exit_code == 0, made.output
    key = made.output.split()[1]
    assert f"https://t.me/city_bot?start={key}" in made.output
    assert "https://wa.me/6531581234?text=%E0%AE%B5" in made.output
    assert f"/city/?link={key}" in made.output
    assert {each.name for each in tmp_path.glob("code*.png")} == {"code-telegram.png", "code-whatsapp.png"}
    assert "Floods ta" in (tmp_path / "poster.svg").read_text(encoding="utf-8").replace("\n", "")
    listed = city("link", "list", "city").output
    assert all(word in listed for word in (key, "flood", "poster-bedok", "ta", "0"))
    again = city("link", "poster", "city", key, "--svg", str(tmp_path / "ms.svg"), "--in", "ms", "--in", "en")
    assert again.exit_code == 0, again.output
    assert "Hantar BERHENTI" in (tmp_path / "ms.svg").read_text(encoding="utf-8")


def test_every_mistake_with_links_names_the_thing_to_mend(city: Run, tmp_path: Path) -> None:
    city("agency", "create", "town", "--name", "Town")
    svg = str(tmp_path / "poster.svg")
    for words, hint in (
        (("link", "add", "nowhere"), "no agency 'nowhere'"),
        (("link", "add", "city", "--topic", "haze"), "no topic 'haze'"),
        (("link", "add", "city", "--locale", "fr"), "does not speak 'fr'"),
        (("link", "add", "city", "--svg", svg, "--in", "fr"), "does not speak fr"),
        (("link", "add", "town"), "no sender that works"),
        (("link", "poster", "city", "k7f3p2ab"), "no link 'k7f3p2ab'"),
        (("agency", "privacy", "city", "--text", "fr=Bonjour"), "unknown locale fr"),
        (("agency", "alerts", "city", "--hours", "1000"), "0 to 168 hours"),
    ):
        result = city(*words)
        assert result.exit_code != 0, words
        assert hint in " ".join(result.output.split()), (words, result.output)
    assert "town" not in city("link", "list", "town").output


def test_an_agencys_privacy_notice_and_alert_hours_are_set(city: Run) -> None:
    assert "of its own in ms" in city("agency", "privacy", "city", "--text", "ms=Notis.").output
    assert "of its own in no language" in city("agency", "privacy", "city", "--text", "ms=-").output
    assert "within 12 hours" in city("agency", "alerts", "city", "--hours", "12").output
