"""What is said is checked before anything can leave, and looks as the preview showed it."""

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from broadcast import characters, content
from broadcast.content import Flaw, Frame, Script, Way
from tests.broadcast.places import limits_of

FRAME = Frame("📢 River levels (K7PX)", "Reply STOP to receive no more messages.")
FREE = Way("free", limits_of("free"))
STRICT = Way("strict", limits_of("strict"), {"en": "News. {{1}}: {{2}} Reply STOP to stop."})


def script(**texts: str) -> Script:
    return Script(texts, dict.fromkeys(["en", "ta", "ms"], FRAME), ("en", "ta"), None)


def flaws(said: Script, *ways: Way) -> list[tuple[Flaw, str | None]]:
    return [(problem.flaw, problem.locale) for problem in content.check(said, ways or [FREE])]


def test_a_broadcast_with_every_language_is_ready() -> None:
    assert flaws(script(en="Rising.", ta="உயர்கிறது.")) == []


def test_a_language_left_out_needs_a_fallback_that_has_a_text() -> None:
    assert flaws(script(en="Rising.")) == [(Flaw.MISSING, "ta")]
    assert flaws(replace(script(en="Rising."), fallback="en")) == []
    assert flaws(replace(script(en="Rising."), fallback="ms")) == [(Flaw.BAD_FALLBACK, "ms")]
    assert flaws(script()) == [(Flaw.NO_TEXT, None)]


@pytest.mark.parametrize("text", ["a\x00b", "a\x1b[31m", "safe\u202egnp.exe", "\ud800"])
def test_what_cannot_be_seen_is_refused(text: str) -> None:
    assert (Flaw.UNREADABLE, "en") in flaws(script(en=text, ta="உயர்கிறது."))


def test_joiners_of_tamil_and_emoji_are_no_control_characters() -> None:
    assert characters.is_readable("க்\u200dஷ 👨\u200d👩\u200d👧 line\nbreak")


def test_lengths_are_said_of_the_text_as_the_officer_counts_it() -> None:
    room = 4096 - len(content.rendered(FRAME, "")) - 2
    assert flaws(script(en="x" * room, ta="ஆ")) == []
    (problem,) = content.check(script(en="x" * (room + 7), ta="ஆ"), [FREE])
    assert (problem.flaw, problem.channel, problem.limit, problem.actual) == (Flaw.TOO_LONG, "free", room, room + 7)


def test_a_channel_that_counts_utf_16_counts_an_emoji_twice() -> None:
    telegram_like = Way("free", replace(limits_of("free"), text_unit="utf-16"))
    assert flaws(script(en="🌊" * 2100, ta="ஆ"), FREE) == []
    assert flaws(script(en="🌊" * 2100, ta="ஆ"), telegram_like) == [(Flaw.TOO_LONG, "en")]


def test_of_several_limits_the_tightest_is_named() -> None:
    (problem,) = content.check(replace(script(en="x" * 5000), fallback="en"), [FREE, STRICT])
    assert (problem.flaw, problem.channel) == (Flaw.TEMPLATE_TOO_LONG, "strict")


def test_a_missing_approved_wording_is_a_caution_and_no_obstacle() -> None:
    found = content.check(script(en="Rising.", ta="உயர்கிறது."), [FREE, STRICT])
    assert [(problem.flaw, problem.locale, problem.is_caution) for problem in found] == [(Flaw.NO_TEMPLATE, "ta", True)]


SWAPPED = [
    ("ta", "河水正在上涨，请远离。"),
    ("ta", "The river is rising."),
    ("zh_Hans", "help"),
    ("zh_Hans", "ஆறு உயர்கிறது. PUB"),
    ("en", "河水正在上涨"),
    ("ms", "ஆறு உயர்கிறது"),
    ("ta", "Rising: https://example.org/ஆறு-உயர்கிறது"),
]
AS_WRITTEN = [
    ("ta", "Circle Line: Kallang – Stadium சேவை நிறுத்தம். மேலும்: https://www.example.org/news/circle-line-disruption"),
    ("zh_Hans", "Circle Line（Kallang 至 Stadium）列车服务中断。"),
    ("en", "Café “Sungei”: closed. 河"),
    ("ms", "Sungai naik. Jauhi tebing."),
    ("ta", "999"),
    ("zh_Hans", "🌊🌊"),
    ("fr", "என்ன"),
]


@pytest.mark.parametrize(("locale", "text"), SWAPPED)
def test_a_text_in_another_script_than_its_languages_is_a_caution(locale: str, text: str) -> None:
    (problem,) = content.check_text(FRAME, locale, text, [FREE])
    assert (problem.flaw, problem.locale, problem.is_caution) == (Flaw.WRONG_SCRIPT, locale, True)


@pytest.mark.parametrize(("locale", "text"), AS_WRITTEN)
def test_foreign_names_links_and_numbers_are_no_other_script(locale: str, text: str) -> None:
    assert content.check_text(FRAME, locale, text, [FREE]) == []


def test_an_agency_without_a_sender_cannot_announce() -> None:
    assert [problem.flaw for problem in content.check(script(en="a", ta="ஆ"), [])] == [Flaw.NO_SENDER]


@pytest.mark.parametrize(
    ("text", "line"),
    [
        ("One.\nTwo.", "One. Two."),
        ("Closed:\n- Bedok\n- Tampines\n\nStay home.", "Closed: - Bedok · - Tampines · Stay home."),
        ("a\tb      c", "a b c"),
        ("\n\n", ""),
    ],
)
def test_a_text_on_one_line_keeps_its_lists_apart(text: str, line: str) -> None:
    assert content.flattened(text) == line


@given(st.text())
def test_a_template_variable_never_has_what_the_provider_forbids(text: str) -> None:
    line = content.flattened(text)
    assert len(line.splitlines()) <= 1
    assert "\t" not in line
    assert "  " not in line
    assert content.flattened(line) == line


def test_the_person_outside_the_window_reads_the_approved_wording_with_the_same_text() -> None:
    values = content.variables(FRAME, "Rising.\nStay away.")
    shown = content.filled(STRICT.templates["en"], values)
    assert shown == "News. 📢 River levels (K7PX): Rising. Stay away. Reply STOP to stop."


def test_what_looks_like_a_variable_in_a_text_is_text() -> None:
    assert content.filled("{{1}}: {{2}}", {"1": "{{2}}", "2": "x"}) == "{{2}}: x"


@given(st.text(), st.text(), st.sampled_from(["kind", "topic", "fallback", "text", "footer"]))
def test_every_edit_changes_the_fingerprint(before: str, after: str, where: str) -> None:
    def print_of(value: str) -> str:
        said = script(en=value if where == "text" else "Rising.")
        if where == "fallback":
            said = replace(said, fallback=value)
        if where == "footer":
            said = replace(said, frames={"en": Frame("h", value)})
        return content.fingerprint(said, kind=value if where == "kind" else "", topic=value if where == "topic" else 1)

    if not any(0xD800 <= ord(character) < 0xE000 for character in before + after):
        assert (print_of(before) == print_of(after)) == (before == after)


def test_a_kept_text_is_tidy() -> None:
    assert characters.tidied("  One. \r\n\r\n\r\n\r\nTwo e\u0301 \t\n") == "One.\n\nTwo é"
