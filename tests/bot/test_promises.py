"""What our texts tell people to send is understood as what we said it does, in every language."""

import pytest

from bot.keywords import Intent, is_stop, understand
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
        " settings.card settings.saved"
    ),
    Intent.START: (
        "leaving.stopped leaving.not_subscribed consent.declined help.text settings.paused settings.pause_ask"
    ),
    Intent.TOPICS: "help.text",
    Intent.SETTINGS: "help.text",
    Intent.PAUSE: "help.text",
    Intent.LANGUAGE: "help.text",
    Intent.HELP: "help.text help.not_understood",
    Intent.DONE: "onboarding.topics onboarding.topics_again onboarding.none_chosen topics.choose settings.areas_ask",
    Intent.LATEST: "help.text verify.unknown digest.more",
    Intent.VERIFY: "help.text",
}
VALUES = dict.fromkeys(("agency", "topics", "language", "wishes", "areas", "until", "told", "code", "n"), "…")
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


@pytest.mark.parametrize("locale", texts.locales())
def test_typing_a_button_that_stops_everything_is_a_stop_and_typing_the_others_is_none(locale: str) -> None:
    assert all(is_stop(texts.say(f"{key}.button", locale)) for key in ("leaving.all", "menu.stop"))
    assert not any(is_stop(texts.say(f"leaving.{key}.button", locale)) for key in ("topic", "stay"))
