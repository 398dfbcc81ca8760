"""Which prepared answer a text asks for. Pure: normalised words in, a place in the list out."""

from collections.abc import Iterable, Sequence

AS_A_BEGINNING = (
    4  # characters: a keyword of this length also stands for words that begin with it ("refund", "refunds")
)


def best(answers: Sequence[Iterable[str]], said: str) -> int | None:
    """The place of the answer whose keywords say most of this text, None where no keyword is in it.

    Each answer is its keywords; keywords and text as the conversation normalises them. The first of equals wins.
    """
    scores = [sum(len(keyword) for keyword in set(keywords) if is_in(keyword, said)) for keywords in answers]
    highest = max(scores, default=0)
    return scores.index(highest) if highest else None


def is_in(keyword: str, said: str) -> bool:
    """Whether a keyword stands in a text: Chinese anywhere, longer words as a beginning too, short ones whole."""
    if not keyword:
        return False
    if "\u3400" <= keyword[0] <= "\u9fff":
        return keyword in said
    if len(keyword) >= AS_A_BEGINNING:
        return f" {keyword}" in f" {said}"
    return f" {keyword} " in f" {said} "
