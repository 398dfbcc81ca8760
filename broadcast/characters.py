"""What a text is made of, character by character: how it is kept, and whether people can read it. Pure."""

import re
import unicodedata

# Embeddings and overrides turn the reading direction around unseen: an address in a text could be made to look like
# another. https://www.unicode.org/reports/tr36/#Bidirectional_Text_Spoofing
DIRECTION_MARKS = frozenset("\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069")
LINK = re.compile(r"(?:https?://|www\.)\S+|\S+@\S+")
# What a language is written with: ranges of https://www.unicode.org/Public/UNIDATA/Blocks.txt, and the least share of a
# text's letters. Names and terms stay Latin everywhere; a character of Chinese says as much as some Latin letters.
LATIN = ((0x41, 0x5A), (0x61, 0x7A), (0xC0, 0x24F), (0x1E00, 0x1EFF))
TAMIL = ((0x0B80, 0x0BFF),)
HAN = ((0x3400, 0x4DBF), (0x4E00, 0x9FFF), (0xF900, 0xFAFF), (0x20000, 0x323AF))
WRITTEN_WITH = {"en": (LATIN, 0.5), "ms": (LATIN, 0.5), "ta": (TAMIL, 0.25), "zh_Hans": (HAN, 0.1)}


def tidied(text: str) -> str:
    """The text as it is kept: composed characters, plain line breaks, no blanks at line ends, no third break."""
    lines = unicodedata.normalize("NFC", text).replace("\r\n", "\n").replace("\r", "\n").split("\n")
    return re.sub(r"\n{3,}", "\n\n", "\n".join(line.rstrip() for line in lines)).strip()


def is_readable(text: str) -> bool:
    """Whether a text has nothing in it that cannot be seen and changes what is."""
    return not any(
        character in DIRECTION_MARKS or (unicodedata.category(character) in ("Cc", "Cs") and character not in "\n\t")
        for character in text
    )


def looks_like(locale: str, text: str) -> bool:
    """Whether a text is in the script of this language: a guess. Texts without letters and unknown locales pass.

    Links are left out of it. It tells Tamil from Chinese, not English from Malay.
    """
    if locale not in WRITTEN_WITH:
        return True
    ranges, share = WRITTEN_WITH[locale]
    letters = [ord(character) for character in LINK.sub("", text) if character.isalpha()]
    own = sum(any(first <= letter <= last for first, last in ranges) for letter in letters)
    return own >= share * len(letters)
