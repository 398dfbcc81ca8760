"""Writing a text in the one form in which words are compared, whatever the script. Pure."""

import re
import unicodedata

from bot import vocabulary as words

HAN = r"\u3400-\u9fff"
BETWEEN_SCRIPTS = re.compile(rf"(?<=[{HAN}])(?=[^{HAN} ])|(?<=[^{HAN} ])(?=[{HAN}])")
INSIDE_HAN = re.compile(rf"(?<=[{HAN}]) +(?=[{HAN}])")
DRAWN_OUT = re.compile(r"([a-z])\1{2,}")
# எனக்குச் செய்தி: the consonant that Tamil doubles between two words (not the end of "stop" in Tamil letters).
DOUBLED = re.compile(r"(?<=\S)(?<!ஸ்டா)([கசதப])்(?:\1்)*(?= \1)")


def normalise(text: str) -> str:
    """Lower-case words with single spaces between them: no punctuation, emoji or apostrophes, Chinese simplified,
    Tamil words as they stand alone.
    """
    folded = unicodedata.normalize("NFKC", text).casefold().translate(words.TRADITIONAL)
    kept = "".join(_kept(character) for character in folded)
    spaced = INSIDE_HAN.sub("", BETWEEN_SCRIPTS.sub(" ", " ".join(kept.split())))
    return DRAWN_OUT.sub(r"\1", DOUBLED.sub("", " ".join(spaced.split())))


def is_han(letter: str) -> bool:
    """Whether a letter is Chinese: words made of them stand where they like, without spaces."""
    return "\u3400" <= letter <= "\u9fff"


def _kept(character: str) -> str:
    category = unicodedata.category(character)
    if category[0] in "LMN":
        return character
    return "" if category == "Cf" or character in "'’ʼ`" else " "
