"""Keys become text: in every language, with plurals, dates, fallbacks and hints of every shape."""

import threading
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from structlog.testing import capture_logs

from locales import catalogs, check, texts, update

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


@pytest.mark.parametrize(
    ("body", "fault"),
    [
        ('msgid "a"\nmsgstr "A"\nmsgstr "B"\n', "a has 2 texts where one is read"),
        ('msgid "a"\nmsgstr ""\n"A"\n" b"\n\nmsgstr "B"\n', "a has 2 texts where one is read"),
        ('msgid "a"\nmsgstr "A"\n\nmsgid "a"\nmsgstr "B"\n', "a stands there 2 times"),
        ('msgid "a"\nmsgstr "A"\nmsgid "a"\nmsgstr "A"\n', "a stands there 2 times"),
    ],
)
def test_what_a_merge_leaves_twice_is_found(tmp_path: Path, body: str, fault: str) -> None:
    catalog(tmp_path, "en", 'msgid "a"\nmsgstr "A"\n')
    catalog(tmp_path, "ta", body)
    assert list(check.faults(tmp_path)) == [f"ta: {fault}"]


def test_the_forms_of_a_plural_are_no_second_text(tmp_path: Path) -> None:
    two = 'msgid "p"\nmsgid_plural "p"\nmsgstr[0] "{n} a"\nmsgstr[1] "{n} b"\n'
    catalog(tmp_path, "en", two)
    catalog(tmp_path, "ta", f'{two}msgstr[1] "{{n}} c"\n')
    assert "ta: p has 2 texts where one is read" in list(check.faults(tmp_path))
    catalog(tmp_path, "ms", two.replace('msgstr[1] "{n} b"\n', ""), ONE)
    assert [fault for fault in check.faults(tmp_path) if fault.startswith("ms")] == []


@pytest.mark.parametrize("text", ["{name", "name}", "{}", "{0}", "{name.real}", "{name:d}", "{name!r}", "{na me}"])
def test_a_broken_placeholder_is_found(tmp_path: Path, text: str) -> None:
    catalog(tmp_path, "en", 'msgid "a"\nmsgstr "{name}"\n')
    catalog(tmp_path, "ta", f'msgid "a"\nmsgstr "{text}"\n')
    assert list(check.faults(tmp_path)) == ["ta: a has a broken placeholder"]


def test_a_missing_plural_form_is_found(tmp_path: Path) -> None:
    two = 'msgid "p"\nmsgid_plural "p"\nmsgstr[0] "{n} a"\nmsgstr[1] "{n} b"\n'
    catalog(tmp_path, "en", two)
    catalog(tmp_path, "ta", 'msgid "p"\nmsgid_plural "p"\nmsgstr[0] "{n} a"\n')
    assert list(check.faults(tmp_path)) == ["ta: p is empty"]


@pytest.mark.parametrize(
    ("locale", "plurals", "fault"),
    [
        ("ar", TWO, "ar: Plural-Forms says 2, the language has 6"),
        ("ta", ONE, "ta: Plural-Forms says 1, the language has 2"),
        ("ta", "nplurals=2; plural=(n > 5);", "ta: Plural-Forms does not tell the language's forms apart"),
    ],
)
def test_plural_forms_that_are_not_the_languages_are_found(
    tmp_path: Path, locale: str, plurals: str, fault: str
) -> None:
    catalog(tmp_path, "en", 'msgid "a"\nmsgstr "A"\n')
    catalog(tmp_path, locale, 'msgid "a"\nmsgstr "A"\n', plurals)
    assert list(check.faults(tmp_path)) == [fault]


def test_a_text_longer_than_it_is_shown_is_found_with_the_place_that_cuts_it(tmp_path: Path) -> None:
    texts_of = f'msgid "a.button"\nmsgstr "{"🚨" * 11}"\n\nmsgid "commands.x"\nmsgstr "{"x" * 257}"\n'
    catalog(tmp_path, "en", texts_of)
    assert list(check.faults(tmp_path)) == [
        "en: a.button is longer than 20 characters, which is all that WhatsApp's buttons show",
        "en: commands.x is longer than 256 characters, which is all that Telegram's menu of commands show",
    ]


def test_this_houses_catalogs_lack_nothing() -> None:
    assert [*check.faults(update.FOLDER), *check.unmet(update.FOLDER, check.modules())] == []


def test_a_key_that_the_code_asks_for_is_put_into_every_catalog_to_be_written(tmp_path: Path) -> None:
    catalog(tmp_path, "en", 'msgid "a"\nmsgstr "A"\n\n#. A note.\n#, python-brace-format\nmsgid "b"\nmsgstr "{x}"\n')
    catalog(tmp_path, "ms", 'msgid "c"\nmsgstr "C"\n', ONE)
    added = list(update.update(tmp_path, {"new.key": tmp_path / "room.py", "a": tmp_path / "room.py"}))
    assert added == [
        "en: new.key was added: write it",
        *(f"ms: {key} was added: translate it" for key in ("a", "b", "new.key")),
    ]
    assert '#: room.py\n#, fuzzy\nmsgid "new.key"' in (tmp_path / "en" / catalogs.FILE).read_text("utf-8")
    keys = [line for line in (tmp_path / "ms" / catalogs.FILE).read_text("utf-8").splitlines() if "msgid " in line]
    assert keys == ['msgid ""', 'msgid "a"', 'msgid "b"', 'msgid "new.key"', 'msgid "c"']
    assert "ms: c is not in en" in list(check.faults(tmp_path))
    assert "ms: b is marked fuzzy" in list(check.faults(tmp_path))


def test_a_new_language_begins_with_its_own_plural_forms(tmp_path: Path) -> None:
    catalog(tmp_path, "en", 'msgid "p"\nmsgid_plural "p"\nmsgstr[0] "{n} a"\nmsgstr[1] "{n} b"\n')
    begun = update.begin(tmp_path, "ar")
    assert list(update.update(tmp_path, {})) == ["ar: p was added: translate it"]
    assert begun.read_text("utf-8").count("msgstr[") == 6
    assert update.begin(tmp_path, "ar").read_text("utf-8").count("msgstr[") == 6


def test_keys_nobody_wrote_and_keys_nobody_asks_for_are_found(tmp_path: Path) -> None:
    catalog(tmp_path, "en", "".join(f'msgid "{key}"\nmsgstr "A"\n\n' for key in ("a.said", "a.unused", "state.on")))
    module = tmp_path / "room.py"
    module.write_text('Reply("a.said" if x else "a.absent", list_label_key="a.label")\nsay(f"state.{word}")\n')
    assert list(check.unmet(tmp_path, [module])) == [
        "en: a.absent is asked for by the code and is not there",
        "en: a.label is asked for by the code and is not there",
        "en: a.unused is asked for by nobody",
    ]
