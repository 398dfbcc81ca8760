"""Every door says who may come in, and every command that can be typed or said is written down."""

import importlib
import re
from collections.abc import Iterable, Iterator
from pathlib import Path

import click
import pytest
from cryptography.fernet import Fernet
from flask import Flask

from bot.protocol import Command
from locales import texts
from tests.house import tree

AUDIENCES = {"anyone", "provider", "officer"}
CHAT_DOCUMENTS = ("docs/commands.md", "docs/officers.md", "README.md")


def _needs(file: str) -> pytest.MarkDecorator:
    return pytest.mark.skipif(not (tree.ROOT / file).is_file(), reason=f"{file} is not there yet")


@_needs("cli.py")
def test_every_command_explains_itself() -> None:
    silent = [name for name, command in _typed_commands() if not (command.help or "").strip()]
    assert not silent, "give these a docstring:\n" + "\n".join(silent)


@_needs("cli.py")
def test_every_command_is_named_in_the_documents() -> None:
    text = tree.text_of("docs/operations.md", "README.md")
    names = [name for name, command in _typed_commands() if not isinstance(command, click.Group)]
    missing = [name for name in names if name not in text]
    assert "loudhailer up" in names
    assert not missing, "write these into docs/operations.md:\n" + "\n".join(missing)


@_needs("bot/commands.py")
def test_every_chat_command_is_named_in_the_documents() -> None:
    text = tree.text_of(*CHAT_DOCUMENTS)
    missing = [c.name for c in _said_commands() if not re.search(rf"/{re.escape(c.name)}\b", text)]
    assert not missing, f"write these into {CHAT_DOCUMENTS[0]}: {', '.join(f'/{name}' for name in missing)}"


@_needs("bot/commands.py")
def test_every_chat_command_has_its_line_in_the_help() -> None:
    missing = [f"{c.name}: {c.help_key}" for c in _said_commands() if not texts.has(c.help_key)]
    assert not missing, "add these keys to the catalogs:\n" + "\n".join(missing)


@_needs("app.py")
def test_every_route_says_who_may_call_it(tmp_path: Path) -> None:
    views = dict(_views(_flask(tmp_path)))
    undeclared = [route for route, audience in views.items() if audience not in AUDIENCES]
    assert "provider" in views.values()
    assert not undeclared, f"set `view.audience` to one of {sorted(AUDIENCES)}:\n" + "\n".join(undeclared)


def _typed_commands() -> Iterator[tuple[str, click.Command]]:
    root: click.Group = importlib.import_module("cli").main
    return _below(root, "loudhailer")


def _below(group: click.Group, *words: str) -> Iterator[tuple[str, click.Command]]:
    asked = click.Context(group)
    for name in sorted(group.list_commands(asked)):
        command = group.get_command(asked, name)
        assert command is not None, f"{name} is listed and cannot be found"
        assert command.name == name, f"{name} is called {command.name}"
        yield " ".join([*words, name]), command
        if isinstance(command, click.Group):
            yield from _below(command, *words, name)


def _said_commands() -> list[Command]:
    tables = vars(importlib.import_module("bot.commands")).values()
    found = {id(item): item for table in tables for item in _items(table) if isinstance(item, Command)}
    assert found, "bot/commands.py holds no table of commands: has it moved?"
    return list(found.values())


def _items(table: object) -> Iterable[object]:
    match table:
        case dict():
            return table.values()
        case list() | tuple() | set() | frozenset():
            return table
        case _:
            return (table,)


def _flask(folder: Path) -> Flask:
    config, app = importlib.import_module("config"), importlib.import_module("app")
    keys = Fernet.generate_key().decode()
    settings = config.Settings(database_url=f"sqlite:///{folder / 'house.db'}", secret_keys=keys)
    house = app.build(settings)
    made: Flask = app.create_app(house)
    house.close()
    return made


def _views(app: Flask) -> Iterator[tuple[str, object]]:
    for rule in app.url_map.iter_rules():
        view = app.view_functions[rule.endpoint]
        if rule.endpoint != "static" and not rule.endpoint.endswith(".static"):
            yield f"{rule.rule} ({rule.endpoint})", getattr(view, "audience", None)
