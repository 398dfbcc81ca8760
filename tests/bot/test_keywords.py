"""What people say, language by language: what is a stop, what only sounds like one, and what else we understand."""

import time
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot import mistypings, personal, vocabulary, ways_back
from bot.keywords import Intent, is_stop, normalise, numbers, understand, understand_to
from locales import texts

PHRASES = Path(__file__).parent / "phrases"  # one a line, for reviewers who speak the language and not Python


def phrases(kind: str, locale: str = "*") -> list[str]:
    """What people say, from stop.<locale>.txt or no_stop.<locale>.txt."""
    return [
        line for path in sorted(PHRASES.glob(f"{kind}.{locale}.txt")) for line in path.read_text("utf-8").splitlines()
    ]


MEANT = {
    Intent.START: (
        "start|Start!|subscribe|I want to subscribe|please sign me up|unstop|开始|订阅|"
        "我要订阅|mula|saya nak langgan|தொடங்கு|சந்தா சேர்"
    ),
    Intent.HELP: ("help|help me please|info|menu|帮助|请帮助|bantuan|tolong|tolong bantu saya|உதவி|எனக்கு உதவி வேண்டும்"),
    Intent.TOPICS: ("topics|change my topics please|主题|更改主题|topik|tukar topik|தலைப்புகள்|என் தலைப்புகள்"),
    Intent.LANGUAGE: "language|change language|语言|更改语言|bahasa|tukar bahasa|மொழி|மொழியை மாற்று",
    Intent.GREETING: (
        "hi|Hello!|hey there hello|good morning|👋|你好|您好|早上好|hai|salam|apa khabar|வணக்கம்|காலை வணக்கம்"
    ),
    Intent.YES: "yes|Yes, subscribe|👍|是|同意|好|ya|setuju|ஆம்|சரி",
    Intent.NO: "no|no thanks|不用了|不|tidak|tak nak|இல்லை|வேண்டாம்",
    Intent.DONE: "done|I'm done|完成|siap|selesai|முடிந்தது",
    Intent.MORE: "more|更多|lagi topik|மேலும்",
    Intent.ASK_STOP: (
        "How do I stop?|does the bus stop here|什么时候停止供水|bas berhenti di mana|எப்படி நிறுத்துவது|don't stop|🛑|"
        "I don't want all the alerts|too many messages|我不要全部通知|tak nak semua mesej|எல்லாச் செய்திகளும் வேண்டாம்"
    ),
}
NAMED = {
    "en": "English|english please|I want English|英文|tukar ke bahasa inggeris|ஆங்கிலம்|In English, please!",
    "zh_Hans": "中文|华语|華語|Chinese|mandarin please|我要中文|bahasa cina|简体中文|சீனம்",
    "ms": "Bahasa Melayu|melayu|Malay|马来文|speak malay please|மலாய்|tukar ke bahasa melayu",
    "ta": "தமிழ்|தமிழில்|Tamil|tamil please|淡米尔文|bahasa tamil|in Tamil",
}
NOTHING = (
    "is it raining|今天天气怎么样|adakah banjir di Bedok|இன்று மழை பெய்யுமா|asdf|12|….|/announce"
    "|I like English breakfast tea|中文系在哪里"
)


def meant(table: dict[Intent, str]) -> list[tuple[Intent, str]]:
    """Each phrase with what it means."""
    return [(intent, phrase) for intent, text in table.items() for phrase in text.split("|")]


@pytest.mark.parametrize("text", phrases("stop"))
def test_a_stop_is_a_stop_in_every_language(text: str) -> None:
    assert is_stop(text)


@pytest.mark.parametrize("text", phrases("no_stop"))
def test_what_only_sounds_like_a_stop_unsubscribes_nobody(text: str) -> None:
    assert not is_stop(text)


def test_the_vocabulary_is_written_as_texts_are_read() -> None:
    modules = (vocabulary, ways_back, mistypings, personal)
    kinds = [each for module in modules for each in vars(module).values() if isinstance(each, frozenset)]
    assert kinds
    assert [phrase for each in kinds for phrase in each if normalise(phrase) != phrase] == []


def test_no_phrase_stands_on_both_sides() -> None:
    assert not set(phrases("stop")) & set(phrases("no_stop"))


@pytest.mark.parametrize(("intent", "text"), meant(MEANT))
def test_plain_words_are_understood_in_every_language(intent: Intent, text: str) -> None:
    understood = understand(text)
    assert understood is not None
    assert understood.intent is intent


@pytest.mark.parametrize(
    ("locale", "text"), [(locale, each) for locale, all_ in NAMED.items() for each in all_.split("|")]
)
def test_naming_a_language_asks_for_it(locale: str, text: str) -> None:
    understood = understand(text)
    assert understood is not None
    assert (understood.intent, understood.locale) == (Intent.LANGUAGE, locale)


@pytest.mark.parametrize("text", NOTHING.split("|"))
def test_ordinary_talk_means_nothing_to_us(text: str) -> None:
    assert understand(text) is None


@pytest.mark.parametrize("text", ["cancel", "end", "quit", "取消", "batal", "tamat", "ரத்து"])
def test_words_with_another_use_are_weak_stops(text: str) -> None:
    understood = understand(text)
    assert understood is not None
    assert (understood.intent, understood.is_weak) == (Intent.STOP, True)


@pytest.mark.parametrize("locale", texts.locales())
def test_there_are_enough_examples_of_each_language(locale: str) -> None:
    assert len(phrases("stop", locale)) >= 60
    assert len(phrases("no_stop", locale)) >= 60


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("1 3 5", [1, 3, 5]),
        ("1,3 and 5", [1, 3, 5]),
        ("1、3", [1, 3]),
        ("５ dan 2", [5, 2]),
        ("1 மற்றும் 2", [1, 2]),
        ("13 days", None),
        ("", None),
        ("12345", None),
    ],
)
def test_numbers_are_read_and_nothing_else_is(text: str, expected: list[int] | None) -> None:
    assert numbers(text) == expected


@given(st.text(max_size=400))
def test_any_text_is_understood_or_not_but_never_breaks(text: str) -> None:
    understand(text)
    assert normalise(normalise(text)) == normalise(text)


def test_a_text_made_to_be_slow_is_read_at_once() -> None:
    began = time.process_time()
    understand("发送" * 5000)
    understand("stop " * 30 + "x")
    assert time.process_time() - began < 2


@pytest.mark.parametrize(
    "text",
    [
        "stop Water Board messages",
        "please stop messages from water board",
        "stop the Water Board’s alerts",
        "停止公用事业局的通知",
        "请不要再发公用事业局的信息给我",
        "hentikan mesej Lembaga Air",
        "நீர் வாரியம் செய்திகளை நிறுத்து",
    ],
)
def test_a_stop_may_name_the_agency(text: str) -> None:
    names = ("Water Board", "公用事业局", "Lembaga Air", "நீர் வாரியம்")
    understood = understand_to(text, names)
    assert understood is not None
    assert understood.intent is Intent.STOP
    assert not is_stop(text)


@pytest.mark.parametrize(
    "text", ["stop Water Board from digging", "don't stop Water Board messages", "why stop Water Board messages?"]
)
def test_naming_the_agency_makes_no_stop_of_anything_else(text: str) -> None:
    understood = understand_to(text, ("Water Board", ""))
    assert understood is not None
    assert understood.intent is Intent.ASK_STOP
