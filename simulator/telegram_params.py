"""Reads the parameters of a Bot API call, however they were sent: query, JSON, form or multipart."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any
from urllib.parse import parse_qsl

import orjson
from aiohttp import web

from simulator.telegram_errors import bad_request

Params = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Upload:
    """A file that came with the call."""

    name: str
    content: bytes


async def read(request: web.Request) -> Params:
    """Give every parameter by name; what JSON did not already shape is text, a file is an Upload."""
    params: Params = dict(request.query) if request.query_string else {}
    kind = request.content_type
    if kind == "application/json":
        params.update(_json_object(await request.read()))
    elif kind == "multipart/form-data":
        params.update({name: _part(value) for name, value in (await request.post()).items()})
    elif request.can_read_body:
        params.update(parse_qsl((await request.read()).decode(), keep_blank_values=True))
    return params


def _part(value: str | bytes | bytearray | web.FileField) -> str | Upload:
    if isinstance(value, web.FileField):
        return Upload(value.filename, value.file.read())
    return value if isinstance(value, str) else value.decode()


def _json_object(body: bytes) -> Params:
    try:
        value = orjson.loads(body or b"{}")
    except orjson.JSONDecodeError:
        raise bad_request("can't parse JSON object") from None
    if not isinstance(value, dict):
        raise bad_request("can't parse JSON object")
    return value


def text(params: Params, name: str) -> str:
    """Give a parameter as text, empty where it is missing."""
    value = params.get(name)
    return "" if value is None else str(value)


def flag(params: Params, name: str) -> bool:
    """Give a parameter as yes or no."""
    return str(params.get(name, "")).lower() in ("true", "1", "yes")


def number(params: Params, name: str, otherwise: int = 0) -> int:
    """Give a parameter as a whole number."""
    try:
        return int(params.get(name, otherwise))
    except (TypeError, ValueError):
        return otherwise


def parsed(params: Params, name: str) -> Any:
    """Give a parameter that is an object or a list, written as JSON where the body was a form."""
    value = params.get(name)
    if not isinstance(value, str):
        return value
    try:
        return orjson.loads(value) if value else None
    except orjson.JSONDecodeError:
        raise bad_request(f"can't parse {name.replace('_', ' ')} JSON object") from None
