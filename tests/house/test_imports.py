"""Who may import whom: the contracts of pyproject.toml hold, and cover what is there."""

import ast
import tomllib
from pathlib import Path
from typing import Any

import grimp
import pytest
from importlinter import configuration
from importlinter.application import rendering, use_cases

from tests.house import tree

CONFIGURATION = tree.ROOT / "pyproject.toml"


def _options() -> dict[str, Any]:
    options: dict[str, Any] = tomllib.loads(CONFIGURATION.read_text(encoding="utf-8"))["tool"]["importlinter"]
    return options


def _rooms() -> list[str]:
    return [room for room in (*tree.ROOMS, *tree.PROGRAMS, *tree.HALL) if (tree.ROOT / room / "__init__.py").is_file()]


def _pure_modules() -> list[str]:
    [contract] = [contract for contract in _options()["contracts"] if contract["name"].startswith("Pure")]
    return list(contract["modules"])


def test_everybody_imports_whom_he_may(capsys: pytest.CaptureFixture[str]) -> None:
    configuration.configure()
    read = use_cases.read_user_options(str(CONFIGURATION))
    read.session_options["root_packages"] = [room for room in read.session_options["root_packages"] if room in _rooms()]
    use_cases._register_contract_types(read)
    report = use_cases.create_report(read, cache_dir=None)
    rendering.render_report(report)
    assert not report.contains_failures, f"move the code, not the contract:\n{capsys.readouterr().out}"


@pytest.mark.parametrize("room", _rooms())
def test_a_room_is_named_in_the_import_contracts(room: str) -> None:
    assert room in _options()["root_packages"], f"add {room!r} to root_packages under [tool.importlinter]"


def test_every_folder_of_code_is_a_room_the_design_knows() -> None:
    known = {*tree.ROOMS, *tree.PROGRAMS, *tree.HALL, "tests"}
    folders = {
        tree.relative(path).split("/")[0]
        for path in tree.tracked()
        if path.suffix == ".py" and path.parent != tree.ROOT
    }
    assert folders <= known, f"name {folders - known} in docs, in tests/house/tree.py and under [tool.importlinter]"


@pytest.mark.parametrize("module", _pure_modules())
def test_a_pure_module_does_not_reach_the_outside(module: str) -> None:
    path = tree.ROOT / (module.replace(".", "/") + ".py")
    if not path.is_file():
        assert not path.with_suffix("").is_dir(), f"{module} became a folder: make sure it stays pure"
        return
    graph = grimp.build_graph(module.split(".")[0], include_external_packages=True, cache_dir=None)
    assert module in graph.modules
    reached = {name.split(".")[0] for name in graph.find_upstream_modules(module)}
    assert not reached & {"aiohttp", "flask", "redis", "requests", "sqlalchemy", "telegram", "twilio"}


def test_only_the_doors_of_the_house_read_the_settings() -> None:
    readers = {
        tree.relative(path)
        for path in tree.our_code()
        if _imports(path, "config") and tree.relative(path).split("/")[0] not in tree.HALL
    }
    assert readers <= {"app.py", "cli.py"}, f"pass {readers} what they need instead of the settings"


def _imports(path: Path, module: str) -> bool:
    names: set[str] = set()
    for node in ast.walk(tree.syntax(path)):
        match node:
            case ast.Import():
                names |= {alias.name for alias in node.names}
            case ast.ImportFrom(level=0, module=str(source)):
                names.add(source)
    return module in names
