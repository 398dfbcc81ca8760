"""What WhatsApp asks of wording is checked before it is asked."""

import pytest

from broadcast import template_rules
from broadcast.template_rules import SAMPLE_LENGTH, Fault
from demo.agency import TEMPLATES

GOOD = "News about {{1}}: {{2}} Reply STOP to stop."


def faults(body: str, *, locale: str = "en", length: int = 1024) -> list[tuple[Fault, str]]:
    """What is wrong with it, and with which variable."""
    found = template_rules.check(body, purpose="announcement", locale=locale, length=length)
    return [(each.fault, each.variable) for each in found]


@pytest.mark.parametrize(("purpose", "locale"), [(each, locale) for each in TEMPLATES for locale in TEMPLATES[each]])
def test_the_wordings_of_the_demonstration_are_good_in_every_language(purpose: str, locale: str) -> None:
    assert template_rules.check(TEMPLATES[purpose][locale], purpose=purpose, locale=locale, length=1024) == []


@pytest.mark.parametrize(
    ("body", "found"),
    [
        ("   ", [(Fault.EMPTY, "")]),
        ("{{1}} has news: {{2}} Reply STOP to stop.", [(Fault.FIRST, "1")]),
        ("» {{1}} has news: {{2}} Reply STOP to stop.", [(Fault.FIRST, "1")]),
        ("Here is the news about {{1}}: {{2}}", [(Fault.LAST, "2")]),
        ("Here is the news about {{1}}: {{2}}.", [(Fault.LAST, "2")]),
        ("The news {{1}} {{2}} Reply STOP to stop.", [(Fault.ADJACENT, "2")]),
        ("The news {{1}}{{2}} Reply STOP to stop.", [(Fault.ADJACENT, "2")]),
        ("About {{1}}: {{2}} Stop?", [(Fault.FEW_WORDS, "")]),
        ("The news about {{1}}. Reply STOP to stop.", [(Fault.MISSING, "2")]),
        ("The news about {{1}}: {{2}} and {{3}} today, by the agency.", [(Fault.UNKNOWN, "3")]),
        ("The news about {{1}}: {{2}} and {{1}} today, by the agency.", [(Fault.TWICE, "1")]),
        ("News {name} about {{1}}: {{2}} Reply STOP to stop.", [(Fault.BRACES, "")]),
        ("News about {{1}}:\n\n\n{{2}} Reply STOP to stop.", [(Fault.BREAKS, "")]),
        ("News about {{1}}:\n \n\t\n{{2}} Reply STOP to stop.", [(Fault.BREAKS, ""), (Fault.BLANKS, "")][:1]),
        ("News about {{1}}:    {{2}} Reply STOP to stop.", [(Fault.BLANKS, "")]),
        ("News about {{1}}:\t{{2}} Reply STOP to stop.", [(Fault.BLANKS, "")]),
        ("News about {{1}}: {{2}} Reply STOP\u202e to stop.", [(Fault.UNREADABLE, "")]),
    ],
)
def test_what_whatsapp_would_reject_is_named(body: str, found: list[tuple[Fault, str]]) -> None:
    assert faults(body)[: len(found)] == found
    assert len(faults(body)) >= len(found)


def test_good_wording_may_have_one_empty_line_and_not_a_letter_more_than_fits() -> None:
    assert faults("News about {{1}}:\n\n{{2}}\n\nReply STOP to stop.") == []
    assert faults(GOOD, length=len(GOOD)) == []
    assert faults(GOOD, length=len(GOOD) - 1) == [(Fault.TOO_LONG, "")]


def test_chinese_counts_characters_as_words_and_another_script_is_noticed() -> None:
    assert faults("关于{{1}}的公告：{{2}} 退订请回复", locale="zh_Hans") == []
    assert faults("公告{{1}}：{{2}}完", locale="zh_Hans") == [(Fault.FEW_WORDS, "")]
    assert faults(GOOD, locale="zh_Hans") == [(Fault.WRONG_SCRIPT, "")]


@pytest.mark.parametrize(
    ("sample", "fault"),
    [
        ("The river rises.", None),
        ("x" * SAMPLE_LENGTH, None),
        ("", Fault.EMPTY),
        ("x" * (SAMPLE_LENGTH + 1), Fault.TOO_LONG),
        ("a {{1}}", Fault.BRACES),
        ("two\nlines", Fault.BLANKS),
        ("wide    apart", Fault.BLANKS),
    ],
)
def test_an_example_is_one_short_line(sample: str, fault: Fault | None) -> None:
    assert [each.fault for each in template_rules.check_sample(sample)] == ([fault] if fault else [])


def test_variables_are_kept_as_whatsapp_writes_them() -> None:
    assert template_rules.tidied(" News {{ 1 }}: {{02}} end ") == "News {{1}}: {{2}} end"
