"""Keys become text: in every language, with plurals, dates, fallbacks and hints of every shape."""

import threading
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from structlog.testing import capture_logs

from locales import catalogs, check, texts

EVENING = datetime(2026, 11, 24, 12, 30, tzinfo=UTC)
ENABLED = ("en", "zh_Hans", "ms", "ta")
HEADER = '# {0}\nmsgid ""\nmsgstr ""\n"Language: {0}\\n"\n"Content-Type: text/plain; charset=utf-8\\n"\n'
PLURALS = '"Plural-Forms: {}\\n"\n\n'
TWO, ONE = "nplurals=2; plural=(n != 1);", "nplurals=1; plural=0;"


def catalog(folder: Path, locale: str, body: str, plurals: str = TWO) -> None:
    """Write a catalog for a test."""
    path = folder / locale / catalogs.FILE
    path.parent.mkdir(parents=True)
    path.write_text(HEADER.format(locale) + PLURALS.format(plurals) + body, encoding="utf-8")


@pytest.fixture
def shelf(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder of catalogs that texts speaks from."""
    monkeypatch.setattr(texts, "_shelf", catalogs.Shelf(tmp_path))
    monkeypatch.setattr(texts, "_reported", set[tuple[str, str]]())
    return tmp_path


@pytest.mark.parametrize(
    ("hint", "locale"),
    [
        ("zh-hans", "zh_Hans"), ("zh_CN", "zh_Hans"), ("zh-SG", "zh_Hans"), ("zh", "zh_Hans"),
        ("ZH-Hans-SG", "zh_Hans"),
        ("zh-hant-tw", "zh_Hans"), ("en-GB", "en"), ("en", "en"), ("ms-MY", "ms"), ("ta-IN", "ta"), ("ta", "ta"),
        ("fr", None), ("", None), (None, None), ("-", None), ("😀", None), ("zhx", None),
    ],
)  # fmt: skip
def test_a_platforms_hint_finds_our_language(hint: str | None, locale: str | None) -> None:
    assert texts.resolve(hint, ENABLED) == locale


def test_a_hint_never_leads_to_a_language_the_agency_does_not_speak() -> None:
    assert texts.resolve("zh-hans", ("en", "ms")) is None
    assert texts.resolve("zh-hant", ("zh_Hans", "zh_Hant")) == "zh_Hant"


def test_english_comes_first_and_every_language_names_itself() -> None:
    assert texts.locales()[0] == "en"
    assert {texts.native_name(locale) for locale in ENABLED} == {"English", "中文", "Bahasa Melayu", "தமிழ்"}


@pytest.mark.parametrize(
    ("locale", "written"),
    [
        ("en", "24 Nov 2026, 8:30 pm"),
        ("zh_Hans", "2026年11月24日 下午8:30"),
        ("ms", "24 Nov 2026, 8:30 PTG"),
        ("ta", "24 நவ., 2026, 8:30 PM"),
    ],
)
def test_moments_are_written_in_the_zone_and_manner_of_the_reader(locale: str, written: str) -> None:
    assert texts.instant(EVENING, "Asia/Singapore", locale) == written


def test_numbers_and_spans_are_written_as_the_language_writes_them() -> None:
    assert texts.number(1234567, "en") == "1,234,567"
    assert texts.number(1234567, "ta") == "12,34,567"
    assert texts.span(timedelta(minutes=90), "en") == "90 minutes"
    assert texts.span(timedelta(hours=3), "zh_Hans") == "3小时"


def test_a_missing_text_is_said_in_english_and_logged_once(shelf: Path) -> None:
    catalog(shelf, "en", 'msgid "a.b"\nmsgstr "Hello {name}"\n')
    catalog(shelf, "ms", 'msgid "a.c"\nmsgstr "Apa"\n\n#, fuzzy\nmsgid "a.b"\nmsgstr "Hai {name}"\n', ONE)
    with capture_logs() as lines:
        assert [texts.say("a.b", "ms", name="Siti") for _ in range(3)] == ["Hello Siti"] * 3
    assert [(line["event"], line["key"], line["locale"]) for line in lines] == [("locales.text_missing", "a.b", "ms")]


def test_a_text_that_nobody_wrote_is_an_error(shelf: Path) -> None:
    catalog(shelf, "en", 'msgid "a.b"\nmsgstr "Hello"\n')
    with pytest.raises(texts.MissingText):
        texts.say("a.c", "en")
    with pytest.raises(KeyError):
        texts.say("a.c", "xx")


def test_plural_forms_follow_each_language(shelf: Path) -> None:
    forms = 'msgid "p"\nmsgid_plural "p"\nmsgstr[0] "{{n}} {0}"\nmsgstr[1] "{{n}} {1}"\n'
    catalog(shelf, "en", forms.format("person", "people"))
    catalog(shelf, "ms", 'msgid "p"\nmsgid_plural "p"\nmsgstr[0] "{n} orang"\n', ONE)
    assert [texts.say_many("p", n, "en") for n in (0, 1, 2000)] == ["0 people", "1 person", "2,000 people"]
    assert [texts.say_many("p", n, "ms") for n in (1, 2)] == ["1 orang", "2 orang"]


def test_braces_in_what_people_wrote_are_only_text(shelf: Path) -> None:
    catalog(shelf, "en", 'msgid "a"\nmsgstr "{text}"\n')
    assert texts.say("a", "en", text="{oops} {0.__class__}") == "{oops} {0.__class__}"


def test_a_catalog_added_as_a_folder_is_spoken_without_a_change_of_code(shelf: Path) -> None:
    catalog(shelf, "en", 'msgid "language.name"\nmsgstr "English"\n')
    catalog(shelf, "id", 'msgid "language.name"\nmsgstr "Bahasa Indonesia"\n', ONE)
    assert texts.locales() == ("en", "id")
    assert texts.native_name("id") == "Bahasa Indonesia"
    assert texts.resolve("id-ID", texts.locales()) == "id"


def test_catalogs_are_read_once_however_many_threads_ask(tmp_path: Path) -> None:
    catalog(tmp_path, "en", 'msgid "a"\nmsgstr "A"\n')
    shelf = catalogs.Shelf(tmp_path)
    seen: list[int] = []
    threads = [threading.Thread(target=lambda: seen.append(id(shelf.catalogs()))) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(set(seen)) == 1


@pytest.mark.parametrize(
    ("body", "plurals", "fault"),
    [
        ('msgid "a"\nmsgstr "A"\n', TWO, "ta: b.button is missing"),
        ('msgid "a"\nmsgstr ""\n\nmsgid "b.button"\nmsgstr "B"\n', TWO, "ta: a is empty"),
        ('msgid "a"\nmsgstr "{x}"\n\nmsgid "b.button"\nmsgstr "B"\n', TWO, "ta: a has the placeholders ['x'] instead"),
        ('#, fuzzy\nmsgid "a"\nmsgstr "A"\n\nmsgid "b.button"\nmsgstr "B"\n', TWO, "ta: a is marked fuzzy"),
        (f'msgid "a"\nmsgstr "A"\n\nmsgid "b.button"\nmsgstr "{"B" * 21}"\n', TWO, "ta: b.button is longer than 20"),
        ('msgid "a"\nmsgstr "A"\n\nmsgid "b.button"\nmsgstr "B"\n\nmsgid "c"\nmsgstr "C"\n', TWO, "ta: c is not in"),
        ('msgid "a"\nmsgstr "A"\n\nmsgid "a"\nmsgstr "B"\n\nmsgid "b.button"\nmsgstr "B"\n', TWO, "ta: a stands"),
    ],
)  # fmt: skip
def test_every_fault_of_a_catalog_is_found(tmp_path: Path, body: str, plurals: str, fault: str) -> None:
    catalog(tmp_path, "en", 'msgid "a"\nmsgstr "A"\n\nmsgid "b.button"\nmsgstr "B"\n')
    catalog(tmp_path, "ta", body, plurals)
    assert [found[: len(fault)] for found in check.faults(tmp_path)] == [fault]


def test_a_wrong_number_of_plural_forms_is_found(tmp_path: Path) -> None:
    two = 'msgid "p"\nmsgid_plural "p"\nmsgstr[0] "{n} a"\nmsgstr[1] "{n} b"\n'
    catalog(tmp_path, "en", two)
    catalog(tmp_path, "ms", two, ONE)
    assert list(check.faults(tmp_path)) == [
        "ms: cannot be read: msg has more translations than num_plurals of catalog on 7"
    ]


def test_keys_nobody_wrote_and_keys_nobody_asks_for_are_found(tmp_path: Path) -> None:
    catalog(tmp_path, "en", "".join(f'msgid "{key}"\nmsgstr "A"\n\n' for key in ("a.said", "a.unused", "state.on")))
    module = tmp_path / "room.py"
    module.write_text('Reply("a.said" if x else "a.absent", list_label_key="a.label")\nsay(f"state.{word}")\n')
    assert list(check.unmet(tmp_path, [module])) == [
        "en: a.absent is asked for by the code and is not there",
        "en: a.label is asked for by the code and is not there",
        "en: a.unused is asked for by nobody",
    ]
