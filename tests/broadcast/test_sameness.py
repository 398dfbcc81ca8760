"""What has to be the same in every language is compared, however each language writes it."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from datetime import date, time

import pytest
from babel.dates import format_date, format_time
from babel.numbers import format_decimal
from hypothesis import given, settings
from hypothesis import strategies as st

from broadcast import sameness
from broadcast.sameness import Difference
from broadcast.values import Sort

ZONE = "Asia/Singapore"
WIDE, TAMIL = str.maketrans("0123456789:", "０１２３４５６７８９："), str.maketrans("0123456789", "௦௧௨௩௪௫௬௭௮௯")
FILLER = {"en": "Water level", "zh_Hans": "水位", "ms": "Paras air", "ta": "நீர் மட்டம்"}
LOCALES = tuple(FILLER)


@dataclass(frozen=True)
class Facts:
    """What a text says."""

    on: date
    at: time
    people: int
    phone: str  # eight digits
    link: str = "flood.example.gov.sg/map"


Form = Callable[[Facts, str], str]


def _date(form: str) -> Form:
    return lambda facts, locale: format_date(facts.on, form, locale=f"{locale}_SG")


def _time(form: str) -> Form:
    return lambda facts, locale: format_time(facts.at, form, locale=f"{locale}_SG")


DATES: Mapping[str, list[Form]] = {
    "": [_date("short"), _date("medium"), _date("long"), _date("full"), _date("yyyy-MM-dd"), _date("d/M/yyyy")],
    "en": [_date("MMMM d, yyyy"), _date("d'th of' MMMM"), _date("d MMM")],
    "zh_Hans": [_date("M月d日"), lambda facts, locale: _date("long")(facts, locale).translate(WIDE)],
    "ms": [_date("d MMMM"), _date("d 'hb' MMMM yyyy")],
    "ta": [_date("MMMM d'ஆம் தேதி'"), _date("yyyy MMMM d"), lambda facts, to: _date("long")(facts, to).translate(TAMIL)],
}
TIMES: Mapping[str, list[Form]] = {
    "": [_time("short"), _time("HH:mm"), lambda facts, locale: _time("h:mm a")(facts, "en")],
    "en": [_time("h.mm a"), _time("h:mma"), _time("HHmm 'hrs'")],
    "zh_Hans": [
        _time("ah时mm分"),
        _time("ah点mm分"),
        _time("HH时mm分"),
        lambda facts, to: _time("short")(facts, to).translate(WIDE),
    ],
    "ms": [_time("h.mm a"), _time("h.mm B"), _time("'pukul' h:mm B")],
    "ta": [_time("B h.mm 'மணி'"), _time("B h:mm"), lambda facts, to: _time("B h:mm")(facts, to).translate(TAMIL)],
}
NUMBERS: Mapping[str, list[Form]] = {
    "": [
        lambda facts, locale: format_decimal(facts.people, locale=f"{locale}_SG"),
        lambda facts, locale: str(facts.people),
    ],
    "en": [],
    "zh_Hans": [lambda facts, locale: str(facts.people).translate(WIDE)],
    "ms": [],
    "ta": [
        lambda facts, locale: str(facts.people).translate(TAMIL),
        lambda facts, locale: format_decimal(facts.people, "#,##,##0", locale="en"),
    ],
}
PHONES: list[Form] = [
    lambda facts, locale: facts.phone,
    lambda facts, locale: f"{facts.phone[:4]} {facts.phone[4:]}",
    lambda facts, locale: f"{facts.phone[:4]}-{facts.phone[4:]}",
    lambda facts, locale: f"+65 {facts.phone[:4]} {facts.phone[4:]}",
]
LINKS: list[Form] = [
    lambda facts, locale: f"https://{facts.link}",
    lambda facts, locale: f"https://{facts.link.replace('/', f'/{locale}/', 1)}",
]

facts = st.builds(
    Facts,
    on=st.dates(date(2024, 1, 1), date(2035, 12, 31)),
    at=st.times().map(lambda at: at.replace(second=0, microsecond=0, tzinfo=None)),
    people=st.integers(13, 999_999),
    phone=st.integers(60_000_000, 99_999_999).map(str),
)


@st.composite
def written(draw: st.DrawFn, said: Facts, locale: str) -> str:
    """A text that says these facts, each in one of the language's forms, in any order."""
    forms = [[*each[""], *each[locale]] for each in (DATES, TIMES, NUMBERS)]
    pieces = [draw(st.sampled_from(some))(said, locale) for some in [*forms, PHONES, LINKS]]
    return "".join(f"{FILLER[locale]} {piece} ; " for piece in draw(st.permutations(pieces)))


@settings(max_examples=60, deadline=None)
@given(facts, st.data())
def test_the_same_said_in_each_languages_own_forms_is_no_difference(said: Facts, data: st.DataObject) -> None:
    texts = {locale: data.draw(written(said, locale)) for locale in LOCALES}
    assert sameness.differences(texts, zone=ZONE) == []


@settings(max_examples=60, deadline=None)
@given(facts, facts, st.sampled_from(LOCALES), st.sampled_from(["on", "at", "people", "phone", "link"]), st.data())
def test_one_value_changed_in_one_language_is_always_found(
    said: Facts, others: Facts, wrong: str, field: str, data: st.DataObject
) -> None:
    other = replace(others, link="flood.example.gov.sg/maps")
    if field == "on" and (said.on.month, said.on.day) == (other.on.month, other.on.day):
        other = replace(other, on=date(2030, said.on.month % 12 + 1, min(said.on.day, 28)))
    elif getattr(said, field) == getattr(other, field):
        other = replace(other, at=time((said.at.hour + 1) % 24), people=said.people + 1, phone=str(int(said.phone) ^ 1))
    changed = replace(said, **{field: getattr(other, field)})
    texts = {each: data.draw(written(changed if each == wrong else said, each)) for each in LOCALES}
    found = sameness.differences(texts, zone=ZONE)
    assert {each.locale for each in found} == {wrong}


def differs(**texts: str) -> list[tuple[str, str, str]]:
    return [(each.locale, each.piece, each.there) for each in sameness.differences(texts, zone=ZONE)]


@pytest.mark.parametrize(
    ("english", "other", "locale"),
    [
        ("From 3 to 5 pm", "下午3时至5时", "zh_Hans"),
        ("From 9 am to 1 pm", "காலை 9 மணி முதல் 1 மணி வரை", "ta"),
        ("29 and 30 November", "11月29日和30日", "zh_Hans"),
        ("November 29 to 30", "29 hingga 30 November", "ms"),
        ("Three roads are closed.", "3 jalan ditutup.", "ms"),
        ("12 noon", "tengah hari", "ms"),
        ("midnight", "00:00", "ms"),
        ("30,000 people", "3万人", "zh_Hans"),
        ("1.5 million", "1,500,000", "ta"),
        ("300,000 people", "3 லட்சம் பேர்", "ta"),
        ("1. Leave.\n2. Call 995.", "请离开,并拨打９９５。", "zh_Hans"),
        ("Call 1800-255 0000", "Hubungi 18002550000", "ms"),
        ("Area: 5 km², blocks 10,12,14", "5 கி.மீ.², 10, 12, 14", "ta"),
        ("Open 24/7, in 2025-2026", "24/7, 2025-2026", "zh_Hans"),
    ],
)
def test_what_people_write_for_the_same_is_no_difference(english: str, other: str, locale: str) -> None:
    assert differs(en=english, **{locale: other}) == []


@pytest.mark.parametrize(
    ("english", "malay", "piece", "there"),
    [
        ("Block 12A", "Blok 12B", "12B", "12A"),
        ("at 3 pm", "3 pagi", "3 pagi", "3 pm"),
        ("on 4 March", "3 April", "3 April", "4 March"),
        ("call 995", "hubungi", "", "995"),
        ("in {area}", "di {kawasan}", "{kawasan}", "{area}"),
        (
            "https://a.gov.sg/x",
            "https://a.gov.sg.evil.example/x",
            "https://a.gov.sg.evil.example/x",
            "https://a.gov.sg/x",
        ),
    ],
)
def test_a_difference_names_the_piece_and_what_stands_for_it(english: str, malay: str, piece: str, there: str) -> None:
    assert differs(en=english, ms=malay) == [("ms", piece, there)]


def test_the_language_that_stands_alone_is_the_one_that_is_named() -> None:
    found = sameness.differences({"en": "Call 999.", "ms": "Hubungi 995.", "ta": "995 ஐ அழைக்கவும்."}, zone=ZONE)
    assert found == [Difference(Sort.NUMBER, "en", "ms", "999", "995")]


def test_one_text_alone_differs_from_nothing() -> None:
    assert sameness.differences({"en": "Call 999."}, zone=ZONE) == []
    assert sameness.differences({}, zone=ZONE) == []
