"""Checks what the simulator answers against the platforms' own machine-readable specifications."""

from __future__ import annotations

import json
import os
from functools import cache
from pathlib import Path
from typing import Any

import jsonschema  # type: ignore[import-untyped]
import pytest

SPECS = Path(os.environ.get("LOUDHAILER_SPECS") or Path(__file__).parents[3] / "shared" / "specs")
SIMPLE: dict[str, type | tuple[type, ...]] = {
    "Integer": int,
    "Float": (int, float),
    "String": str,
    "Boolean": bool,
    "True": bool,
}


@cache
def load(name: str) -> dict[str, Any]:
    """Read one specification, or skip the test that needs it."""
    path = SPECS / name
    if not path.exists():
        pytest.skip(f"not provided: the specification {name}; set LOUDHAILER_SPECS to the folder that holds it")
    found: dict[str, Any] = json.loads(path.read_text())
    return found


def telegram_faults(value: Any, kinds: list[str], where: str = "result") -> list[str]:
    """Say where a value is none of these Bot API types; an empty list means it fits one of them."""
    tried = [_telegram_faults_of(value, kind, where) for kind in kinds]
    return min(tried, key=len) if all(tried) else []


def _telegram_faults_of(value: Any, kind: str, where: str) -> list[str]:
    if kind.startswith("Array of "):
        if not isinstance(value, list):
            return [f"{where}: not a list"]
        inner = [kind.removeprefix("Array of ")]
        return [fault for n, item in enumerate(value) for fault in telegram_faults(item, inner, f"{where}[{n}]")]
    if kind in SIMPLE:
        right = isinstance(value, SIMPLE[kind]) and (kind in ("Boolean", "True")) == isinstance(value, bool)
        return [] if right else [f"{where}: {value!r} is no {kind}"]
    return _object_faults(value, load("telegram-bot-api.json")["types"][kind], where)


def _object_faults(value: Any, described: dict[str, Any], where: str) -> list[str]:
    if "subtypes" in described and not described.get("fields"):
        return telegram_faults(value, described["subtypes"], where)
    if not isinstance(value, dict):
        return [f"{where}: {value!r} is no {described['name']}"]
    fields = {field["name"]: field for field in described.get("fields", [])}
    faults = [f"{where}.{name}: unknown to {described['name']}" for name in value.keys() - fields.keys()]
    for name, field in fields.items():
        if name in value:
            faults += telegram_faults(value[name], field["types"], f"{where}.{name}")
        elif field["required"]:
            faults.append(f"{where}.{name}: missing")
    return faults


def telegram_method(name: str) -> dict[str, Any]:
    """Give the specification of a Bot API method."""
    found: dict[str, Any] = load("telegram-bot-api.json")["methods"][name]
    return found


def twilio_faults(value: Any, spec: str, schema: str) -> list[str]:
    """Say where a Twilio resource does not fit the named schema, or has fields the schema does not know."""
    document = load(spec)
    described = document["components"]["schemas"][schema]
    unknown = [f"{name}: unknown to {schema}" for name in value.keys() - described["properties"].keys()]
    absent = [f"{name}: missing" for name in described["properties"].keys() - value.keys()]
    rules = _as_json_schema({**described, "components": document["components"]})
    return unknown + absent + [error.message for error in jsonschema.Draft202012Validator(rules).iter_errors(value)]


def _as_json_schema(part: Any) -> Any:
    """Turn OpenAPI 3.0's `nullable` into JSON Schema's type list."""
    if isinstance(part, list):
        return [_as_json_schema(item) for item in part]
    if not isinstance(part, dict):
        return part
    made = {name: _as_json_schema(item) for name, item in part.items()}
    if made.pop("nullable", False) is True and isinstance(made.get("type"), str):
        made["type"] = [made["type"], "null"]
    return made


def twilio_form(path: str) -> set[str]:
    """Give the form fields a POST to this path of the 2010 API may carry."""
    post = load("twilio_api_v2010.json")["paths"][path]["post"]
    return set(post["requestBody"]["content"]["application/x-www-form-urlencoded"]["schema"]["properties"])
