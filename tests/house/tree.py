"""The tree as the house tests see it: the rooms, their files, and what their syntax says."""

import ast
import functools
import subprocess
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
ROOMS = (
    "bot",
    "broadcast",
    "helpdesk",
    "feeds",
    "insight",
    "subscribers",
    "delivery",
    "staff",
    "channels",
    "webhooks",
    "web",
    "db",
    "locales",
)
PROGRAMS = ("simulator", "bench")
HALL = ("commands", "demo")  # with app.py and cli.py the place where everything meets
MODULES = ("app", "cli", "config", "lean", "logs")


@dataclass(frozen=True)
class Function:
    """One function: where it stands and how many lines it has, decorators not counted."""

    path: str
    line: int
    name: str
    lines: int


@functools.cache
def tracked() -> tuple[Path, ...]:
    """Every file git knows or would take in, so that a file counts before its commit."""
    command = ["git", "ls-files", "--cached", "--others", "--exclude-standard", "-z"]
    listed = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True).stdout
    return tuple(sorted(path for name in listed.split("\0") if name and (path := ROOT / name).is_file()))


def python_files(*rooms: str) -> tuple[Path, ...]:
    """The Python files of some rooms; a room that does not exist has none."""
    return tuple(path for path in tracked() if path.suffix == ".py" and relative(path).split("/")[0] in rooms)


def our_code() -> tuple[Path, ...]:
    """What we run: rooms, programs and the modules at the root, without tests and migrations."""
    files = python_files(*ROOMS, *PROGRAMS, *HALL, *(f"{module}.py" for module in MODULES))
    return tuple(path for path in files if not relative(path).startswith("db/migrations/"))


def relative(path: Path) -> str:
    """The path from the root, as people write it."""
    return path.relative_to(ROOT).as_posix()


@functools.cache
def syntax(path: Path) -> ast.Module:
    """The parsed file."""
    return ast.parse(path.read_text(encoding="utf-8"), filename=str(path))


def functions(path: Path) -> Iterator[Function]:
    """Every function and method of a file, nested ones too."""
    for node in ast.walk(syntax(path)):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            lines = (node.end_lineno or node.lineno) - node.lineno + 1
            yield Function(relative(path), node.lineno, node.name, lines)


def calls(path: Path) -> Iterator[tuple[int, str]]:
    """Line and dotted name of every call, as written: `(12, "session.commit")`."""
    for node in ast.walk(syntax(path)):
        if isinstance(node, ast.Call):
            yield node.lineno, ast.unparse(node.func)


def text_of(*names: str) -> str:
    """The text of some files, one after the other; what is missing counts as empty."""
    found = (ROOT / name for name in names)
    return "\n".join(path.read_text(encoding="utf-8") for path in found if path.is_file())
