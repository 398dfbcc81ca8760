"""What our texts tell people to send is understood as what we said it does, in every language."""

import pytest

from bot.commands import personal_word
from bot.keywords import Intent, is_stop, normalise, understand
from bot.personal import DELETE
from locales import texts

PROMISED = {
    Intent.STOP: {"en": "STOP", "zh_Hans": "停止", "ms": "BERHENTI", "ta": "நிறுத்து"},
    Intent.START: {"en": "START", "zh_Hans": "开始", "ms": "MULA", "ta": "தொடங்கு"},
    Intent.TOPICS: {"en": "TOPICS", "zh_Hans": "主题", "ms": "TOPIK", "ta": "தலைப்புகள்"},
    Intent.SETTINGS: {"en": "SETTINGS", "zh_Hans": "设置", "ms": "TETAPAN", "ta": "அமைப்புகள்"},
    Intent.PAUSE: {"en": "PAUSE", "zh_Hans": "暂停", "ms": "JEDA", "ta": "இடைநிறுத்து"},
    Intent.LANGUAGE: {"en": "LANGUAGE", "zh_Hans": "语言", "ms": "BAHASA", "ta": "மொழி"},
    Intent.HELP: {"en": "HELP", "zh_Hans": "帮助", "ms": "BANTUAN", "ta": "உதவி"},
    Intent.LATEST: {"en": "LATEST", "zh_Hans": "最新", "ms": "TERKINI", "ta": "அண்மையவை"},
    Intent.VERIFY: {"en": "VERIFY", "zh_Hans": "验证", "ms": "SEMAK", "ta": "சரிபார்"},
    Intent.DONE: {"en": "DONE", "zh_Hans": "完成", "ms": "SIAP", "ta": "முடிந்தது"},
}
PROMISING = {
    Intent.STOP: (
        "broadcast.footer consent.ask consent.done onboarding.already topics.none_held leaving.stayed help.text"
        " settings.card settings.saved leaving.stopped_fewer leaving.stopped_everywhere_fewer leaving.returned"
        " leaving.last_topic_stopped returning.announced joining.joined floods.slow_down"
        " poster.stop public.lead public.privacy.default"
    ),
    Intent.START: (
        "leaving.stopped leaving.stopped_everywhere leaving.stopped_fewer leaving.stopped_everywhere_fewer"
        " leaving.not_subscribed consent.declined help.text settings.paused settings.pause_ask"
        " joining.parted_unsubscribed"
    ),
    Intent.TOPICS: "help.text",
    Intent.SETTINGS: "help.text",
    Intent.PAUSE: "help.text returning.announced",
    Intent.LANGUAGE: "help.text",
    Intent.HELP: "help.text help.not_understood",
    Intent.DONE: "onboarding.topics onboarding.topics_again onboarding.none_chosen topics.choose settings.areas_ask",
    Intent.LATEST: "help.text verify.unknown digest.more",
    Intent.VERIFY: "help.text",
}
PERSONAL = {
    "join": {"en": "JOIN APPS", "zh_Hans": "合并", "ms": "GABUNG APLIKASI", "ta": "இணை"},
    "mydata": {"en": "MY DATA", "zh_Hans": "我的资料", "ms": "DATA SAYA", "ta": "என் தரவு"},
    "history": {"en": "HISTORY", "zh_Hans": "同意记录", "ms": "SEJARAH", "ta": "வரலாறு"},
    "deleteme": {"en": "DELETE ME", "zh_Hans": "删除我的资料", "ms": "PADAM DATA SAYA", "ta": "என் தரவை அழி"},
    "leave_drills": {
        "en": "LEAVE DRILLS",
        "zh_Hans": "退出演练",
        "ms": "KELUAR LATIHAN",
        "ta": "பயிற்சியிலிருந்து விலகு",
    },
}
ABOUT_THEM = {
    "join": "help.text joining.unknown",
    "mydata": "help.text history.last mine.gone",
    "history": "mydata.summary mydata.summary_and_link",
    "deleteme": "help.text mydata.summary mydata.summary_and_link",
    "leave_drills": "broadcast.drill.closing mine.drill_list drill.joined",
}
THEIRS = [
    (key, locale, name) for name, keys in ABOUT_THEM.items() for key in keys.split() for locale in texts.locales()
]
NAMES = "agency topics topic language wishes areas until told code n lines link length words deliveries"
VALUES = dict.fromkeys(NAMES.split(), "…")
PROMISES = [
    (key, locale, intent) for intent, keys in PROMISING.items() for key in keys.split() for locale in texts.locales()
]


@pytest.mark.parametrize(("key", "locale", "intent"), PROMISES)
def test_the_word_that_a_text_promises_stands_in_it(key: str, locale: str, intent: Intent) -> None:
    assert PROMISED[intent][locale] in texts.say(key, locale, **VALUES)


@pytest.mark.parametrize(
    ("word", "intent"), [(word, intent) for intent, each in PROMISED.items() for word in each.values()]
)
def test_a_promised_word_is_understood_without_a_doubt(word: str, intent: Intent) -> None:
    understood = understand(word)
    assert understood is not None
    assert (understood.intent, understood.is_weak) == (intent, False)


@pytest.mark.parametrize(("key", "locale", "name"), THEIRS)
def test_a_word_about_their_own_person_stands_where_it_is_promised_and_is_understood(
    key: str, locale: str, name: str
) -> None:
    word = PERSONAL[name][locale]
    assert word in texts.say(key, locale, **VALUES)
    command = personal_word(normalise(word))
    assert command is not None
    assert command.name == name


@pytest.mark.parametrize(("locale", "word"), [("en", "DELETE"), ("zh_Hans", "删除"), ("ms", "PADAM"), ("ta", "அழி")])
def test_the_word_that_deletes_stands_where_it_is_asked_for(locale: str, word: str) -> None:
    assert normalise(word) in DELETE
    assert all(word in texts.say(key, locale, **VALUES) for key in ("deleting.ask", "deleting.ask_joined"))


@pytest.mark.parametrize("locale", texts.locales())
def test_typing_a_button_that_stops_everything_is_a_stop_and_typing_the_others_is_none(locale: str) -> None:
    assert all(is_stop(texts.say(f"{key}.button", locale)) for key in ("leaving.all", "menu.stop"))
    others = ("topic", "stay", "daily", "alerts", "back", "return")
    assert not any(is_stop(texts.say(f"leaving.{key}.button", locale)) for key in others)
