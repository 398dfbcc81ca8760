"""Every locale says everything: the same keys, the same placeholders, every plural form, nothing guessed."""

import functools
import string
from pathlib import Path

import pytest
from babel.messages.catalog import Catalog, Message
from babel.messages.pofile import read_po

from tests.house import tree

LOCALES = ("en", "zh_Hans", "ms", "ta")
PLURAL_FORMS = {"en": 2, "zh_Hans": 1, "ms": 1, "ta": 2}  # CLDR's; Babel's own table lacks Malay
REFERENCE = "en"


def _path(locale: str) -> Path:
    return tree.ROOT / "locales" / locale / "LC_MESSAGES" / "messages.po"


@functools.cache
def _catalog(locale: str) -> Catalog:
    assert _path(locale).is_file(), f"locales/{locale}/LC_MESSAGES/messages.po is missing: run `make locales`"
    with _path(locale).open("rb") as file:
        return read_po(file, locale=locale, abort_invalid=True)


def _messages(locale: str) -> dict[tuple[str | None, str], Message]:
    return {(m.context, m.id if isinstance(m.id, str) else m.id[0]): m for m in _catalog(locale) if m.id}


def _forms(message: Message) -> list[str]:
    match message.string:
        case str(text):
            return [text]
        case None:
            return [""]
        case forms:
            return list(forms)


def _placeholders(text: str) -> set[str]:
    return {name for _, name, _, _ in string.Formatter().parse(text) if name is not None}


@pytest.mark.parametrize("locale", LOCALES)
def test_a_locale_has_the_messages_of_every_other(locale: str) -> None:
    here, reference = set(_messages(locale)), set(_messages(REFERENCE))
    assert reference, "the catalogs hold no message"
    assert here == reference, (
        f"missing {sorted(map(str, reference - here))}, too many {sorted(map(str, here - reference))}"
    )


@pytest.mark.parametrize("locale", LOCALES)
def test_every_message_is_translated_and_nothing_is_guessed(locale: str) -> None:
    untranslated = [key for key, message in _messages(locale).items() if not all(_forms(message))]
    guessed = [key for key, message in _messages(locale).items() if message.fuzzy]
    assert not untranslated, f"translate into {locale}: {untranslated}"
    assert not guessed, f"check these fuzzy translations in {locale} and remove the mark: {guessed}"


@pytest.mark.parametrize("locale", LOCALES)
def test_a_translation_has_the_placeholders_of_the_original(locale: str) -> None:
    wrong = []
    for key, message in _messages(locale).items():
        original = _forms(_messages(REFERENCE)[key])
        expected, allowed = _placeholders(original[-1]), set().union(*map(_placeholders, original))
        forms = [_placeholders(form) for form in _forms(message)]
        if forms[-1] != expected or any(not form <= allowed for form in forms):
            wrong.append(f"{key}: {forms[-1]} where {REFERENCE} has {expected}")
    assert not wrong, f"use the same placeholders in {locale}:\n" + "\n".join(wrong)


@pytest.mark.parametrize("locale", LOCALES)
def test_a_locale_has_its_own_number_of_plural_forms(locale: str) -> None:
    assert _catalog(locale).num_plurals == PLURAL_FORMS[locale], "mend the Plural-Forms header"
    wrong = [key for key, m in _messages(locale).items() if m.pluralizable and len(_forms(m)) != PLURAL_FORMS[locale]]
    assert not wrong, f"{locale} needs {PLURAL_FORMS[locale]} plural form(s) in: {wrong}"


def test_no_locale_stands_beside_the_ones_we_check() -> None:
    found = {path.parents[1].name for path in tree.tracked() if path.name == "messages.po"}
    assert found <= set(LOCALES), f"add {sorted(found - set(LOCALES))} to tests/house/test_locales.py"
