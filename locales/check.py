"""`python -m locales.check`: prove that every language says everything, and that nothing is said that nobody asks for.

Prints one line for each fault and ends with 1 if there is one.
"""

import ast
import re
import sys
from collections import Counter
from collections.abc import Iterable, Iterator
from pathlib import Path
from string import Formatter

from babel.messages.catalog import Catalog, Message
from babel.messages.pofile import PoFileError

from locales.catalogs import FILE, SOURCE, read_source

ROOT = Path(__file__).parent.parent
NOT_SAID = {"tests", "simulator", "bench", "tmp", "data", "docs"}
BUTTON, BUTTON_LENGTH = ".button", 20  # WhatsApp's quick replies, the shortest there are (platforms.md, B8)
# Which argument of a call is a key: by the called name, the positional place; and by keyword everywhere.
PLACES = {"Reply": 0, "say": 0, "say_many": 0, "button": 1, "Command": 3, "topic_list": 1}
KEYWORDS = {"list_label_key", "help_key"}


def main() -> int:
    """Check this house's catalogs against each other and against the code."""
    found = [*faults(Path(__file__).parent), *unmet(Path(__file__).parent, _modules())]
    for fault in found:
        sys.stderr.write(f"{fault}\n")
    return 1 if found else 0


def faults(folder: Path) -> Iterator[str]:
    """What is wrong with the catalogs in a folder, one sentence for each fault."""
    source = _catalog(folder / SOURCE / FILE)
    for path in sorted(folder.glob(f"*/{FILE}")):
        yield from (f"{path.parent.parent.name}: {fault}" for fault in _of_one(path, source))


def _of_one(path: Path, source: Catalog) -> Iterator[str]:
    try:
        catalog = _catalog(path)
    except PoFileError as error:
        yield f"cannot be read: {error}"
        return
    yield from _repeated(path)
    yield from _incomplete(catalog, source)
    for message in _messages(catalog):
        yield from (f"{_key(message)} {fault}" for fault in _wrong(message, source, catalog.num_plurals))


def unmet(folder: Path, modules: Iterable[Path]) -> Iterator[str]:
    """Keys that the code asks for and nobody wrote, and keys that nobody asks for."""
    keys = {_key(message) for message in _messages(_catalog(folder / SOURCE / FILE))}
    asked, mentioned, beginnings = set[str](), set[str](), set[str]()
    for path in modules:
        tree = ast.parse(path.read_text(encoding="utf-8"))
        asked |= set(_asked(tree))
        mentioned |= set(_mentioned(tree))
        beginnings |= set(_beginnings(tree))
    yield from (f"{SOURCE}: {key} is asked for by the code and is not there" for key in sorted(asked - keys))
    unused = (key for key in keys - mentioned if not key.startswith(tuple(beginnings)))
    yield from (f"{SOURCE}: {key} is asked for by nobody" for key in sorted(unused))


def _incomplete(catalog: Catalog, source: Catalog) -> Iterator[str]:
    ours, theirs = ({_key(message) for message in _messages(each)} for each in (catalog, source))
    yield from (f"{key} is missing" for key in sorted(theirs - ours))
    yield from (f"{key} is not in {SOURCE}" for key in sorted(ours - theirs))


def _repeated(path: Path) -> Iterator[str]:
    counted = Counter(re.findall(r'^msgid "(.+)"$', path.read_text(encoding="utf-8"), re.MULTILINE))
    yield from (f"{key} stands there {times} times" for key, times in sorted(counted.items()) if times > 1)


def _wrong(message: Message, source: Catalog, plurals: int) -> Iterator[str]:
    forms = _forms(message)
    if message.fuzzy:
        yield "is marked fuzzy"
    if not all(forms):
        yield "is empty"
    if message.pluralizable and len(forms) != plurals:
        yield f"has {len(forms)} plural forms instead of {plurals}"
    if _key(message).endswith(BUTTON):
        yield from (f"is longer than {BUTTON_LENGTH} characters" for form in forms if len(form) > BUTTON_LENGTH)
    yield from _misplaced(message, source)


def _misplaced(message: Message, source: Catalog) -> Iterator[str]:
    original = source.get(message.id)
    if original is None:
        return
    if original.pluralizable != message.pluralizable:
        yield f"has plural forms here or in {SOURCE}, but not in both"
        return
    expected = set().union(*(_placeholders(form) for form in _forms(original)))
    for form in _forms(message):
        if _placeholders(form) | ({"n"} & expected if message.pluralizable else set()) != expected:
            yield f"has the placeholders {sorted(_placeholders(form))} instead of {sorted(expected)}"


def _placeholders(text: str) -> set[str]:
    return {name for _, name, _, _ in Formatter().parse(text) if name is not None}


def _asked(tree: ast.AST) -> Iterator[str]:
    for node in ast.walk(tree):
        if isinstance(node, ast.Call):
            place = PLACES.get(_name(node.func), len(node.args))
            arguments = node.args[place : place + 1] + [each.value for each in node.keywords if each.arg in KEYWORDS]
            yield from (text for argument in arguments for text in _texts(argument))


def _texts(argument: ast.expr) -> Iterator[str]:
    match argument:
        case ast.IfExp():
            yield from _texts(argument.body)
            yield from _texts(argument.orelse)
        case ast.Constant(value=str() as text) if "." in text:
            yield text


def _beginnings(tree: ast.AST) -> Iterator[str]:
    """What f-strings like f"outcome.{name}" begin with: they ask for every key that begins so."""
    for node in ast.walk(tree):
        if isinstance(node, ast.JoinedStr) and node.values and _is_text(node.values[0]):
            beginning = str(getattr(node.values[0], "value", ""))
            if beginning.endswith("."):
                yield beginning


def _mentioned(tree: ast.AST) -> Iterator[str]:
    for node in ast.walk(tree):
        if isinstance(node, ast.Constant) and isinstance(node.value, str):
            yield node.value


def _is_text(node: ast.AST) -> bool:
    return isinstance(node, ast.Constant) and isinstance(node.value, str)


def _name(function: ast.expr) -> str:
    match function:
        case ast.Name(id=name) | ast.Attribute(attr=name):
            return name
        case _:
            return ""


def _modules() -> Iterator[Path]:
    """What runs: the rooms' modules and those at the root."""
    yield from sorted(ROOT.glob("*.py"))
    for room in sorted(path for path in ROOT.iterdir() if path.is_dir()):
        if room.name not in NOT_SAID and not room.name.startswith("."):
            yield from sorted(room.rglob("*.py"))


def _catalog(path: Path) -> Catalog:
    return read_source(path, path.parent.parent.name)


def _messages(catalog: Catalog) -> Iterator[Message]:
    return (message for message in catalog if message.id)


def _key(message: Message) -> str:
    return message.id if isinstance(message.id, str) else message.id[0]


def _forms(message: Message) -> list[str]:
    string = message.string or ""
    return [string] if isinstance(string, str) else [form or "" for form in string]


if __name__ == "__main__":
    sys.exit(main())
