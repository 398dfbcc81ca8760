"""Which language a page is in: the one asked for in its address, else the browser's wish, else the agency's first."""

from collections.abc import Iterable, Sequence

from locales import texts


def chosen(asked: str | None, wishes: Iterable[str], enabled: Sequence[str]) -> str:
    """The enabled locale for a page. `wishes` are the browser's languages, the dearest first."""
    found = (texts.resolve(each, enabled) for each in (asked, *wishes) if each)
    return next((locale for locale in found if locale is not None), enabled[0])
