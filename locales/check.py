"""`python -m locales.check`: prove that every language says everything, and that nothing is said that nobody asks for.

Prints one line for each fault and ends with 1 if there is one.
"""

import ast
import gettext
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
# How many characters of a text are seen where it stands: by the end or the beginning of its key. The shortest of all
# channels counts; a test holds these to what the channels say of themselves.
BUTTON, MENU = ".button", "commands."
ROOM = {
    "WhatsApp's buttons": (BUTTON, 20),
    "Telegram's buttons": (BUTTON, 64),
    "Telegram's menu of commands": (MENU, 256),
}
NUMBERS = range(1_001)  # enough to meet every plural form of every language
# Which argument of a call is a key: by the called name, the positional place; and by keyword everywhere.
PLACES = {
    "Reply": 0,
    "say": 0,
    "say_many": 0,
    "button": 1,
    "Command": 3,
    "topic_list": 1,
    "subscribed": 1,
    "show": 1,
    "begin": 1,
}
KEYWORDS = {"list_label_key", "help_key"}


def main() -> int:
    """Check this house's catalogs against each other and against the code."""
    found = [*faults(Path(__file__).parent), *unmet(Path(__file__).parent, modules())]
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
    yield from _miscounting(catalog)
    yield from _incomplete(catalog, source)
    for message in _messages(catalog):
        yield from (f"{_key(message)} {fault}" for fault in _wrong(message, source, catalog.num_plurals))


def unmet(folder: Path, paths: Iterable[Path]) -> Iterator[str]:
    """Keys that the code asks for and nobody wrote, and keys that nobody asks for."""
    keys, paths = {_key(message) for message in _messages(_catalog(folder / SOURCE / FILE))}, list(paths)
    asked, mentioned, beginnings = set(asked_for(paths)), set[str](), set[str]()
    for path in paths:
        tree = ast.parse(path.read_text(encoding="utf-8"))
        mentioned |= set(_mentioned(tree))
        beginnings |= set(_beginnings(tree))
    yield from (f"{SOURCE}: {key} is asked for by the code and is not there" for key in sorted(asked - keys))
    unused = (key for key in keys - mentioned if not key.startswith(tuple(beginnings)))
    yield from (f"{SOURCE}: {key} is asked for by nobody" for key in sorted(unused))


def asked_for(paths: Iterable[Path]) -> dict[str, Path]:
    """The keys that the code asks for, each with a module that does."""
    return {key: path for path in paths for key in _asked(ast.parse(path.read_text(encoding="utf-8")))}


def _incomplete(catalog: Catalog, source: Catalog) -> Iterator[str]:
    ours, theirs = ({_key(message) for message in _messages(each)} for each in (catalog, source))
    yield from (f"{key} is missing" for key in sorted(theirs - ours))
    yield from (f"{key} is not in {SOURCE}" for key in sorted(ours - theirs))


def _repeated(path: Path) -> Iterator[str]:
    """A key that stands there twice, or with two texts, as merges leave them: one of the two is never read."""
    keys, texts, key = Counter[str](), Counter[tuple[str, int, str]](), ""
    for line in path.read_text(encoding="utf-8").splitlines():
        word, _, rest = line.strip().partition(" ")
        if word == "msgid":
            key = rest.strip('"')
            keys[key] += 1
        elif word.startswith("msgstr"):
            texts[key, keys[key], word] += 1
    yield from (f"{key or 'the header'} stands there {times} times" for key, times in keys.items() if times > 1)
    doubled = {key: times for (key, _, _), times in texts.items() if times > 1}
    yield from (f"{key or 'the header'} has {times} texts where one is read" for key, times in doubled.items())


def _wrong(message: Message, source: Catalog, plurals: int) -> Iterator[str]:
    forms = _forms(message)
    if message.fuzzy:
        yield "is marked fuzzy"
    if not all(forms):
        yield "is empty"
    if message.pluralizable and len(forms) != plurals:
        yield f"has {len(forms)} plural forms instead of {plurals}"
    yield from _too_long(_key(message), forms)
    broken = [form for form in forms if _placeholders(form) is None]
    yield from ("has a broken placeholder" for _ in broken[:1])
    if not broken and all(forms):
        yield from _misplaced(message, source)


def _too_long(key: str, forms: Iterable[str]) -> Iterator[str]:
    longest = max((len(form.encode("utf-16-le")) // 2 for form in forms), default=0)
    rooms = [
        (room, where)
        for where, (part, room) in ROOM.items()
        if longest > room and (key.endswith(part) or key.startswith(part))
    ]
    if rooms:
        room, where = min(rooms)
        yield f"is longer than {room} characters, which is all that {where} show"


def _miscounting(catalog: Catalog) -> Iterator[str]:
    """Where the header's Plural-Forms are not those of the language (Unicode's)."""
    if catalog.locale is None:
        return
    form_of, category_of = gettext.c2py(catalog.plural_expr), catalog.locale.plural_form
    pairs = {(form_of(n), str(category_of(n))) for n in NUMBERS}
    categories = {category for _, category in pairs}
    with_fractions = {*category_of.tags, "other"}  # a form that no whole number takes may be left out
    if catalog.num_plurals not in (len(categories), len(with_fractions)):
        yield f"Plural-Forms says {catalog.num_plurals}, the language has {len(categories)}"
    elif len(pairs) != len(categories):
        yield "Plural-Forms does not tell the language's forms apart"


def _misplaced(message: Message, source: Catalog) -> Iterator[str]:
    original = source.get(message.id)
    if original is None:
        return
    if original.pluralizable != message.pluralizable:
        yield f"has plural forms here or in {SOURCE}, but not in both"
        return
    expected = set().union(*(_placeholders(form) or () for form in _forms(original)))
    for form in _forms(message):
        names = _placeholders(form) or set()
        if names | ({"n"} & expected if message.pluralizable else set()) != expected:
            yield f"has the placeholders {sorted(names)} instead of {sorted(expected)}"


def _placeholders(text: str) -> set[str] | None:
    """The names of a text's placeholders; None where one is broken: "{name", "{}", "{a.b}", "{n:d}"."""
    try:
        parts = [part for part in Formatter().parse(text) if part[1] is not None]
    except ValueError:
        return None
    if any(not str(name).isidentifier() or form or conversion for _, name, form, conversion in parts):
        return None
    return {str(name) for _, name, _, _ in parts}


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


def modules() -> Iterator[Path]:
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
