"""Whether a text is in one language alone but for names: by its script, and by small words of English and Malay."""

import re
from collections.abc import Iterable

SCRIPTS = {"zh_Hans": r"[\u3400-\u9fff]", "ta": r"[\u0b80-\u0bff]"}
SMALL = {
    "en": "the you your we our to and of is are not for with send from have this that will can when what be it",
    "ms": "anda kami yang untuk dan hantar daripada dengan tidak ini itu akan boleh bagi pada ialah kepada dalam telah",
}
ANYWHERE = re.compile(
    r"https?://\S+"
    r"|\bTelegram\b|\bWhatsApp\b"
    r"|\bSTOP\b"  # what providers take for a stop by themselves, so it is named beside a language's own word
    r"|\b(?=[A-Z0-9]*[0-9])[A-Z0-9]{4}(?: [A-Z0-9]{4})?\b|\b[A-Z]{4}\b"  # codes
    r"|\b[AP]M\b"  # how Tamil is written in Singapore (CLDR)
)


def foreign(text: str, locale: str, names: Iterable[str] = ()) -> list[str]:
    """The words of another language in this text. `names` are what is called the same in every language."""
    for name in sorted(names, key=len, reverse=True):
        text = text.replace(name, " ")
    found = [each for other, script in SCRIPTS.items() if other != locale for each in re.findall(f"{script}+", text)]
    if locale in SMALL:
        words = re.findall(r"[a-z]+", text.lower())
        others = {small for other, listed in SMALL.items() if other != locale for small in listed.split()}
        return found + [word for word in words if word in others]
    return found + re.findall(r"[A-Za-z]{2,}", ANYWHERE.sub(" ", text))
