"""How the code is written: short, without a clock, an environment or a commit where they do not belong, no traces."""

import ast
import re
import sys
from collections.abc import Callable, Iterable
from pathlib import Path

import pytest

from tests.house import tree

FILE_LINES, FILE_LINES_AT_MOST = 300, 400
FUNCTION_LINES, FUNCTION_LINES_AT_MOST = 40, 60

RULED = ("bot", "broadcast", "insight", "subscribers", "delivery", "staff", "channels", "webhooks", "web", "locales")

CLOCKS = ("datetime.now", "datetime.utcnow", "datetime.today", "date.today", "time.time", "time.time_ns")
ENVIRONMENT = ("os.environ", "os.getenv", "environ")

# Only doors commit: a webhook, a view, a command, a worker's step, and the clock's tick.
VERBS = ("bot", "broadcast", "insight", "subscribers", "staff", "delivery", "channels", "locales")
DOORS = {
    "broadcast/clock.py",
    "broadcast/gathering.py",
    "broadcast/planning.py",
    "broadcast/tasks.py",
    "delivery/clock.py",
    "delivery/office.py",
    "delivery/tasks.py",
}
COMMITS = re.compile(r"(^|\.)(commit|_?[Ss]essions?(\(\))?\.begin|_?[Ss]essionmaker.*\.begin)$")


def test_files_and_functions_can_be_read_in_one_sitting(record_property: Callable[[str, object], None]) -> None:
    files = [(len(path.read_text(encoding="utf-8").splitlines()), tree.relative(path)) for path in tree.our_code()]
    functions = [(f.lines, f"{f.path}:{f.line} {f.name}") for path in tree.our_code() for f in tree.functions(path)]
    for title, found, limit in (("file", files, FILE_LINES), ("function", functions, FUNCTION_LINES)):
        for lines, where in sorted(found, reverse=True):
            if lines > limit:
                record_property("house", f"{title} of more than {limit} lines: {where} ({lines})")
    too_long = [where for lines, where in files if lines > FILE_LINES_AT_MOST]
    too_long += [where for lines, where in functions if lines > FUNCTION_LINES_AT_MOST]
    assert not too_long, "split these by what they are about:\n" + "\n".join(too_long)


@pytest.mark.parametrize("room", RULED)
def test_a_room_is_told_the_time(room: str) -> None:
    found = _calls(tree.python_files(room), lambda name: any(_ends(name, clock) for clock in CLOCKS))
    assert not found, "take `now` as an argument, from the door:\n" + "\n".join(found)


@pytest.mark.parametrize("room", RULED)
def test_a_room_does_not_read_the_environment(room: str) -> None:
    found = [
        f"{tree.relative(path)}:{node.lineno}"
        for path in tree.python_files(room)
        for node in ast.walk(tree.syntax(path))
        if isinstance(node, ast.Attribute | ast.Name) and ast.unparse(node) in ENVIRONMENT
    ]
    assert not found, "read it in config.py and pass the value on:\n" + "\n".join(found)


@pytest.mark.parametrize("room", VERBS)
def test_only_doors_commit(room: str) -> None:
    verbs = [path for path in tree.python_files(room) if tree.relative(path) not in DOORS]
    found = _calls(verbs, lambda name: bool(COMMITS.search(name)))
    assert not found, "take a session, and let the webhook, command or worker's step commit:\n" + "\n".join(found)


@pytest.mark.parametrize("room", tree.ROOMS + tree.PROGRAMS + tree.HALL)
def test_a_room_says_what_it_is_for_and_holds_no_code_in_its_front(room: str) -> None:
    fronts = [path for path in tree.python_files(room) if path == tree.ROOT / room / "__init__.py"]
    assert fronts or not tree.python_files(room), f"write {room}/__init__.py: one docstring"
    for front in fronts:
        assert ast.get_docstring(tree.syntax(front)), f"say in {room}/__init__.py what the room is for"
        assert len(tree.syntax(front).body) == 1, f"move the code of {room}/__init__.py into a file of its own"


def test_every_module_has_a_docstring() -> None:
    without = [tree.relative(path) for path in tree.our_code() if not ast.get_docstring(tree.syntax(path))]
    assert not without, "say in one sentence what each promises:\n" + "\n".join(without)


def test_no_file_bears_traces_of_a_machine_or_a_registry() -> None:
    traces = _traces()
    found = [
        f"{tree.relative(path)}:{number}"
        for path in tree.tracked()
        if traces.search(text := path.read_bytes().decode("utf-8", "replace"))
        for number, line in enumerate(text.splitlines(), 1)
        if traces.search(line)
    ]
    assert not found, "write no path of your machine and no address of a registry:\n" + "\n".join(found)


def _traces() -> re.Pattern[str]:
    shared = {Path("/"), Path("/tmp"), Path("/home"), Path("/opt"), Path("/srv"), Path("/var/tmp")}
    places = {tree.ROOT, tree.ROOT.parent, Path.home(), Path(sys.prefix)} - shared
    hosts = [("pypi", "org"), ("pythonhosted", "org"), ("registry", "npmjs", "org"), ("registry", "yarnpkg", "com")]
    registries = [".".join(parts) for parts in hosts] + ["file:" + 3 * "/"]  # put together: this file is searched too
    words = [re.escape(f"{place}/") for place in sorted(places)] + [re.escape(address) for address in registries]
    options = [rf"(?<!no-emit-)\b{name}\b" for name in ("index" + "-url", "find" + "-links")]
    return re.compile("|".join([*words, *options]))


def _calls(paths: Iterable[Path], is_wrong: Callable[[str], bool]) -> list[str]:
    return [
        f"{tree.relative(path)}:{line} {name}()" for path in paths for line, name in tree.calls(path) if is_wrong(name)
    ]


def _ends(name: str, call: str) -> bool:
    return name == call or name.endswith(f".{call}")
