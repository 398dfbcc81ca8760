"""A language that is written from right to left is added with one catalog and no code: Arabic, in the tests alone."""

import shutil
from pathlib import Path

import pytest
from sqlalchemy.orm import Session

from bot import commands, reading
from bot.dialogs import joining
from bot.keywords import Intent, is_stop, normalise, understand
from bot.reading import Asked
from locales import check, texts
from locales.catalogs import FILE, SOURCE, Shelf
from locales.direction import END, ISOLATE, MARK, isolated, led
from locales.update import FOLDER, update
from subscribers import topics
from subscribers.models import Cadence, Topic
from tests.bot import people
from tests.bot.people import Person

ARABIC = Path(__file__).parent / "arabic.po"
NAME = "هيئة المياه"


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """The house's catalogs, and the fifth beside them."""
    for path in FOLDER.glob(f"*/{FILE}"):
        copy = tmp_path / path.relative_to(FOLDER)
        copy.parent.mkdir(parents=True)
        shutil.copy(path, copy)
    fifth = tmp_path / "ar" / FILE
    fifth.parent.mkdir(parents=True)
    shutil.copy(ARABIC, fifth)
    return tmp_path


@pytest.fixture
def five(folder: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Everybody speaks from these."""
    monkeypatch.setattr(texts, "_shelf", Shelf(folder))
    monkeypatch.setattr(texts, "_reported", set[tuple[str, str]]())
    return folder


@pytest.fixture
def arab(session: Session, five: Path) -> Person:
    """Somebody whose app is in Arabic, and an agency that speaks it."""
    owner = people.agency(session, locales=("en", "ar"))
    owner.names = {"ar": NAME}
    floods = topics.add(
        session, agency_id=owner.id, key="floods", names={"en": "Floods", "ar": "الفيضانات"}, locales=("en", "ar")
    )
    assert isinstance(floods, Topic)
    return Person(session, people.sender(session, owner, "whatsapp"), hint="ar-EG")


def test_somebody_comes_in_and_goes_out_in_arabic(arab: Person) -> None:
    assert NAME in arab.says("مرحبا")
    assert arab.labels() == ["العربية", "English"]
    assert "الفيضانات" in arab.chooses("العربية")
    arab.says("1")
    assert "هل توافقون" in arab.says("تم")
    assert "شكرًا لكم" in arab.says("نعم")
    assert arab.is_subscribed
    assert "ماذا تودون" in arab.says("السلام عليكم")
    assert "ابدأ – اشتراك" in arab.says("مساعدة")
    assert "مواضيعكم" in arab.says("المواضيع")
    assert "إعداداتكم" in arab.says("الإعدادات")
    arab.says("تم")
    assert "هل تريدون إيقاف" in arab.says("لا توقف الرسائل")
    assert "رسائل أقل؟" in arab.says("أوقف من فضلك")
    assert not arab.is_subscribed
    assert "التنبيهات فقط" in arab.says("التنبيهات فقط")
    assert arab.is_subscribed
    assert set(topics.held(arab.session, arab.subscriber).values()) == {Cadence.ALERTS}
    arab.says("أوقف تنبيهات الفيضانات")
    assert arab.holds == set()
    arab.says("stop")
    assert not arab.is_subscribed


def test_its_words_for_every_command_stand_in_its_catalog(five: Path) -> None:
    for text, intent in (
        ("الإعدادات", Intent.SETTINGS),
        ("كم مرة", Intent.OFTEN),
        ("استراحة 7 أيام من فضلك", Intent.PAUSE),
        ("ساعات الهدوء من 22 إلى 7", Intent.QUIET),
        ("مناطقي", Intent.AREA),
        ("آخر الإعلانات", Intent.LATEST),
        ("هل هذا صحيح؟", Intent.VERIFY),
    ):
        understood = understand(text)
        assert understood is not None, text
        assert understood.intent is intent
    assert reading.asked("الأحدث عن الفيضانات") == Asked(Intent.LATEST, normalise("الفيضانات"))
    assert reading.asked("رمز B7K2 من فضلك") == Asked(Intent.VERIFY, "رمز B7K2 من فضلك", is_sure=False)
    for text, name in (
        ("ربط تطبيقاتي", "join"),
        ("فصل تطبيقاتي", "leave_join"),
        ("بياناتي", "mydata"),
        ("سجلي", "history"),
        ("احذف بياناتي", "deleteme"),
    ):
        command = commands.personal_word(normalise(text))
        assert command is not None
        assert command.name == name
    assert joining.code_in("ربط تطبيقاتي B2DF GHJK") is not None


def test_its_own_name_is_enough_to_change_to_it(arab: Person) -> None:
    arab.hint = "en"
    for text in ("hi", "English", "العربية"):
        arab.says(text)
    assert arab.subscriber.locale == "ar"
    arab.says("english")
    assert arab.subscriber.locale == "en"
    for name in ("Arabic", "阿拉伯语", "Arab", "அரபிக்"):
        assert understand(name) == understand("العربية"), name


def test_its_stops_are_stops_and_what_we_cannot_be_sure_of_is_asked_about(five: Path) -> None:
    for text in (
        "أوقف",
        "أوقف!",
        "🛑 أوقف 🛑",
        "أوقف من فضلك",
        "من فضلك أوقف الرسائل",
        "لا ترسل لي رسائل",
        "إيقاف جميع الرسائل",
    ):
        assert is_stop(text), text
    for text in ("لا توقف", "أوقف؟", "أوققف", "متى توقف المطر"):
        understood = understand(text)
        assert understood is not None, text
        assert understood.intent is Intent.ASK_STOP, text


def test_without_its_catalog_nothing_of_it_is_understood() -> None:
    assert understand("أوقف") is None


def test_its_commands_stand_in_the_apps_menu(five: Path) -> None:
    assert "ar" in commands.menu()


def test_every_line_runs_from_right_to_left_and_codes_keep_their_order(five: Path) -> None:
    heading = texts.say("broadcast.heading.notice", "ar", title="إغلاق طريق", code="B7K2")
    assert heading == f"{MARK}📢 {ISOLATE}إغلاق طريق{END} ({ISOLATE}B7K2{END})"
    listed = texts.say("consent.done", "ar", agency="Water Board", topics="• Floods\n• الأمطار", language="العربية")
    for line in filter(None, listed.splitlines()):
        assert line == led(line)
        assert line.count(ISOLATE) == line.count(END)
    assert texts.say("reply.verbatim", "ar", text="B7K2: نعم") == "B7K2: نعم"


def test_other_languages_and_english_where_it_stands_in_are_left_alone(five: Path) -> None:
    for locale in ("en", "zh_Hans", "ms", "ta"):
        assert not {ISOLATE, END, MARK} & set(texts.say("broadcast.heading.notice", locale, title="x", code="y"))
    assert texts.say("officer.already_bound", "ar") == texts.say("officer.already_bound", "en")


def test_plurals_take_its_six_forms(five: Path) -> None:
    assert len({texts.say_many("bulletin.more", n, "ar") for n in (0, 1, 2, 3)}) == 4


def test_an_isolated_value_is_isolated_line_by_line() -> None:
    assert isolated("a\n\nb") == f"{ISOLATE}a{END}\n\n{ISOLATE}b{END}"
    assert led("") == ""
    assert led("أ\nb") == f"أ\n{MARK}b"


def test_the_check_says_what_it_still_lacks_and_the_update_puts_it_there(folder: Path) -> None:
    lacking = [fault for fault in check.faults(folder) if not fault.endswith("is missing")]
    assert lacking == []
    missing = {fault.split()[1] for fault in check.faults(folder)}
    added = list(update(folder, {}))
    assert {line.split()[1] for line in added} == missing
    after = list(check.faults(folder))
    assert {fault.split()[1] for fault in after} == missing
    assert all(fault.endswith(("is marked fuzzy", "is empty")) for fault in after)
    assert list(update(folder, {})) == []
    assert "أوقف" in (folder / "ar" / FILE).read_text("utf-8")
    assert (folder / SOURCE / FILE).read_bytes() == (FOLDER / SOURCE / FILE).read_bytes()
