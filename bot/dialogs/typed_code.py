"""The few characters an officer types before something is sent: random, for this chat, three tries, 15 minutes.

They live in the conversation's data, so they hold after a restart, and only until something else is shown.
"""

import hmac
import secrets
from collections.abc import Callable, Iterator
from datetime import datetime, timedelta

from bot.replies import Reply
from bot.talk import Talk
from broadcast import compose
from locales import texts

LENGTH = 5  # one more than an announcement's own code, so that nobody takes one for the other
HOLDS_FOR = timedelta(minutes=15)
TRIES = 3


def drawn(talk: Talk, *, is_drill: bool = False) -> dict[str, object]:
    """A new code, as the conversation is to remember it: `code`, `until`, `wrong`, and whether it `is_drill`.

    A drill's is typed after the word for a drill, so that nobody types one in the belief that it is the other.
    """
    code = "".join(secrets.choice(compose.ALPHABET) for _ in range(LENGTH))
    return {"code": code, "until": (talk.now + HOLDS_FOR).isoformat(), "wrong": 0, "is_drill": is_drill}


def is_shown(talk: Talk) -> bool:
    """Whether a code was shown that a word may be compared with."""
    return "code" in talk.data


def hear(
    talk: Talk,
    text: str,
    *,
    expired: Callable[[], list[Reply]],
    right: Callable[[], list[Reply]],
    note: Callable[[int], None],
    wrong: str,
    locked: Reply,
) -> list[Reply]:
    """The three answers to what was typed while a code is shown: too late, right, wrong.

    Whoever takes a drill for the real thing, or the real thing for a drill, is told so, at no cost.
    A wrong one is noted with its number, and answered with `wrong` and how many tries are left; the third closes the
    dialog and is answered with `locked`.
    """
    if talk.now >= datetime.fromisoformat(talk.data["until"]):
        return expired()
    typed, code, is_drill = "".join(text.split()).upper(), str(talk.data["code"]), bool(talk.data.get("is_drill"))
    word = next((each for each in _drill_words() if typed.startswith(each)), "")
    is_code = hmac.compare_digest(typed.removeprefix(word).encode(), code.encode())  # case and blanks do not matter
    if word and not is_drill:
        return [Reply("drill.this_is_real", {"code": code})]
    if is_code and is_drill and not word:
        return [Reply("drill.needs_word", {"code": code})]
    if is_code:
        return right()
    tries = int(talk.data["wrong"]) + 1
    talk.remember(wrong=tries)
    note(tries)
    if tries < TRIES:
        return [Reply(wrong, n=TRIES - tries)]
    talk.close()
    return [locked]


def _drill_words() -> Iterator[str]:
    """The word before a drill's code, as it is said in each language."""
    yield from ("".join(texts.say("drill.word", locale).split()).upper() for locale in texts.locales())
