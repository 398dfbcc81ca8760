"""`python -m locales.update [LOCALE]`: bring every catalog up to the code and to English; with LOCALE, begin a new one.

What is missing is put where English has it, empty and marked fuzzy, so that it is found, said in English until somebody
translates it, and never passes the check. Nothing that stands in a catalog is touched.
"""

import re
import sys
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path

from babel import Locale
from babel.plural import to_gettext

from locales.catalogs import FILE, SOURCE
from locales.check import ROOT, asked_for, modules

FOLDER = Path(__file__).parent
KEY = re.compile(r'^msgid "(.+)"$', re.MULTILINE)
FORMS = re.compile(r"nplurals=(\d+)")
BETWEEN = re.compile(r'\n{2,}|(?<=")\n(?=#|msgid ")')  # the texts, with an empty line or none
BRACE, PLURAL = "python-brace-format", "msgid_plural"
HEADER = """# {name} texts of Loudhailer. Message ids are keys; keys that end in ".button" are labels of buttons.
msgid ""
msgstr ""
"Project-Id-Version: Loudhailer\\n"
"Language: {locale}\\n"
"MIME-Version: 1.0\\n"
"Content-Type: text/plain; charset=utf-8\\n"
"Content-Transfer-Encoding: 8bit\\n"
"Plural-Forms: {plurals}\\n\""""


def main(arguments: list[str]) -> int:
    """Update this house's catalogs and print a line for each text that was added."""
    for locale in arguments:
        begin(FOLDER, locale)
    for line in update(FOLDER, asked_for(modules())):
        sys.stdout.write(f"{line}\n")
    return 0


def begin(folder: Path, locale: str) -> Path:
    """An empty catalog of a language, with the plural forms that are its own; nothing happens where there is one."""
    path = folder / locale / FILE
    if not path.exists():
        path.parent.mkdir(parents=True)
        spoken = Locale.parse(locale)
        name = spoken.english_name or locale
        path.write_text(
            HEADER.format(name=name, locale=locale, plurals=to_gettext(spoken.plural_form)) + "\n", encoding="utf-8"
        )
    return path


def update(folder: Path, asked: Mapping[str, Path]) -> Iterator[str]:
    """Add what is missing to the catalogs in a folder: to English what the code asks for, to the others what English
    has. One sentence for each text that was added.
    """
    english = folder / SOURCE / FILE
    known = _keys(_blocks(english))
    new = [f'#: {_place(asked[key])}\n#, fuzzy\nmsgid "{key}"\nmsgstr ""' for key in sorted(asked.keys() - known)]
    if new:
        _write(english, [*_blocks(english), *new])
    yield from (f"{SOURCE}: {KEY.findall(block)[0]} was added: write it" for block in new)
    for path in sorted(folder.glob(f"*/{FILE}")):
        if path != english:
            yield from (f"{path.parent.parent.name}: {key} was added: translate it" for key in _complete(path, english))


def _complete(path: Path, english: Path) -> list[str]:
    """Put the texts that a catalog lacks behind those they stand behind in English; their keys."""
    blocks, source = _blocks(path), _blocks(english)
    known, before, added = _keys(blocks), 0, list[str]()
    forms = int((FORMS.search(blocks[0]) or [0, 1])[1])
    for block in source[1:]:
        key = _key(block)
        if key is None:
            continue
        if key not in known:
            blocks.insert(before + 1, _untranslated(key, block, forms))
            added.append(key)
        before = next(place for place, each in enumerate(blocks) if _key(each) == key)
    if added:
        _write(path, blocks)
    return added


def _untranslated(key: str, block: str, forms: int) -> str:
    flags = ["fuzzy", BRACE] if BRACE in block else ["fuzzy"]
    notes = [line for line in block.splitlines() if line.startswith("#.")]
    texts = [f'msgstr[{form}] ""' for form in range(forms)] if PLURAL in block else ['msgstr ""']
    plural = [f'{PLURAL} "{key}"'] if PLURAL in block else []
    return "\n".join([*notes, f"#, {', '.join(flags)}", f'msgid "{key}"', *plural, *texts])


def _blocks(path: Path) -> list[str]:
    return BETWEEN.split(path.read_text(encoding="utf-8").rstrip("\n"))


def _write(path: Path, blocks: Iterable[str]) -> None:
    path.write_text("\n\n".join(blocks) + "\n", encoding="utf-8")


def _key(block: str) -> str | None:
    found = KEY.search(block)
    return found[1] if found is not None else None


def _keys(blocks: Iterable[str]) -> set[str]:
    return {key for block in blocks if (key := _key(block)) is not None}


def _place(path: Path) -> str:
    return str(path.relative_to(ROOT)) if path.is_relative_to(ROOT) else path.name


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
