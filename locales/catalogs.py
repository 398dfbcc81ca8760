"""Reading catalogs: one gettext .po file for each locale, message ids are keys like "onboarding.welcome"."""

import gettext
import threading
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path

from babel.messages.catalog import Catalog as PoCatalog
from babel.messages.pofile import read_po

SOURCE = "en"
FILE = Path("LC_MESSAGES") / "messages.po"


@dataclass(frozen=True)
class Catalog:
    """The texts of one locale. A text is a tuple of its plural forms; `form_of` says which one a number takes."""

    locale: str
    forms: Mapping[str, tuple[str, ...]]
    form_of: Callable[[int], int]


def read_source(path: Path, locale: str) -> PoCatalog:
    """The file as Babel reads it, comments, flags and all."""
    with path.open("rb") as file:
        return read_po(file, locale=locale, abort_invalid=True)


def read(path: Path, locale: str) -> Catalog:
    """One catalog. Texts that are empty or marked fuzzy are left out, so that the fallback speaks instead."""
    source = read_source(path, locale)
    forms = {_key(message.id): _forms(message.string) for message in source if message.id and not message.fuzzy}
    return Catalog(locale, {key: texts for key, texts in forms.items() if all(texts)}, gettext.c2py(source.plural_expr))


class Shelf:
    """The catalogs in a folder, read once, when the first text is asked for. Safe to use from several threads."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._lock = threading.Lock()
        self._catalogs: dict[str, Catalog] | None = None

    def catalogs(self) -> Mapping[str, Catalog]:
        """Every catalog by locale, the source language first, the others in alphabetical order."""
        if self._catalogs is None:
            with self._lock:
                self._catalogs = self._catalogs or self._read()
        return self._catalogs

    def _read(self) -> dict[str, Catalog]:
        paths = {path.parent.parent.name: path for path in self._folder.glob(f"*/{FILE}")}
        order = sorted(paths, key=lambda locale: (locale != SOURCE, locale))
        return {locale: read(paths[locale], locale) for locale in order}


def _key(message_id: str | list[str] | tuple[str, ...]) -> str:
    return message_id if isinstance(message_id, str) else message_id[0]


def _forms(string: str | list[str] | tuple[str, ...] | None) -> tuple[str, ...]:
    if string is None:
        return ("",)
    return (string,) if isinstance(string, str) else tuple(string)
