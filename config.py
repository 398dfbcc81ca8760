"""Settings: read from the environment once, by app.py and cli.py only. One error lists everything that is wrong."""

import os
from collections.abc import Callable
from dataclasses import MISSING, Field, dataclass, field, fields
from pathlib import Path
from typing import Any, Literal, TypeVar, cast
from urllib.parse import urlsplit

from cryptography.fernet import Fernet
from dotenv import dotenv_values
from sqlalchemy.engine import make_url
from sqlalchemy.exc import ArgumentError

DEFAULT_DATA = Path("data")
ENV_FILE = Path(".env")
UNREADABLE_URL = "cannot be read as an address; in a password write / as %2F, # as %23, : as %3A and @ as %40"

T = TypeVar("T")


class BadSettings(Exception):
    """The environment is incomplete or wrong; the message names every setting that is. Start-up stops."""


# --- readers: what a setting's text means. They raise ValueError and never quote the text, which may be a secret. ----


def _words(text: str) -> str:
    return text


def _integer(least: int, most: int) -> Callable[[str], int]:
    def read(text: str) -> int:
        if not text.strip().isdecimal() or not least <= int(text) <= most:
            raise ValueError(f"must be a whole number from {least} to {most}")
        return int(text)

    return read


def _seconds(least: float, most: float) -> Callable[[str], float]:
    wrong = f"must be a number of seconds from {least:g} to {most:g}"

    def read(text: str) -> float:
        try:
            value = float(text)
        except ValueError:
            raise ValueError(wrong) from None
        if not least <= value <= most:
            raise ValueError(wrong)
        return value

    return read


def _one_of(*words: str) -> Callable[[str], Any]:
    def read(text: str) -> str:
        if text not in words:
            raise ValueError(f"must be {', '.join(words[:-1])} or {words[-1]}")
        return text

    return read


def _keys(text: str) -> str:
    keys = split_keys(text)
    if not keys:
        raise ValueError("give at least one key; `loudhailer doctor --new-key` prints one")
    for number, key in enumerate(keys, 1):
        try:
            Fernet(key)
        except ValueError:
            raise ValueError(f"key {number} is no Fernet key (32 bytes in url-safe base64)") from None
    return text


def _database(text: str) -> str:
    if text.startswith(("postgres://", "postgresql://")):
        text = "postgresql+psycopg://" + text.split("://", 1)[1]
    if not text.startswith(("sqlite:///", "postgresql+psycopg://")):
        raise ValueError("must begin with sqlite:/// or postgresql://")
    try:
        make_url(text)
    except (ArgumentError, ValueError):
        raise ValueError(UNREADABLE_URL) from None  # theirs quotes what may be a part of the password
    return text


def _redis(text: str) -> str | None:
    if not text.strip():
        return None
    if not text.startswith(("redis://", "rediss://", "unix://")):
        raise ValueError("must begin with redis://, rediss:// or unix://")
    try:
        _ = urlsplit(text).port
    except ValueError:
        raise ValueError(UNREADABLE_URL) from None
    return text


def _base_url(text: str) -> str:
    if not text.startswith(("http://", "https://")):
        raise ValueError("must begin with http:// or https://")
    return text.rstrip("/")


def _hosts(text: str) -> tuple[str, ...]:
    hosts = tuple(each.strip().casefold() for each in text.split(",") if each.strip())
    if any("/" in each or "@" in each or " " in each for each in hosts):
        raise ValueError("must be names of hosts or name:port, comma-separated, without http:// and paths")
    return hosts


def _folder(text: str) -> str | None:
    if not text.strip():
        return None
    if not Path(text).is_dir():
        raise ValueError("must be a folder that is there")
    return text


# --- settings --------------------------------------------------------------------------------------------------------


def _required(read: Callable[[str], T], meaning: str) -> T:
    return cast(T, field(repr=False, metadata={"read": read, "meaning": meaning}))


def _setting(default: T, read: Callable[[str], T], meaning: str, *, is_shown: bool = True) -> T:
    return field(default=default, repr=is_shown, metadata={"read": read, "meaning": meaning})


@dataclass(frozen=True, slots=True, kw_only=True)
class Settings:
    """Everything that differs from one installation to the next. Each field is an environment variable of that name.

    `load` reads and checks them; made directly, the values are taken as they are.
    """

    database_url: str = _setting(
        "sqlite:///data/loudhailer.db", _database, "where the truth is: SQLite or PostgreSQL", is_shown=False
    )
    redis_url: str | None = _setting(
        None, _redis, "set it to spread the work over several processes and hosts", is_shown=False
    )
    public_url: str = _setting("http://127.0.0.1:8000", _base_url, "the address at which providers reach this server")
    secret_keys: str = _required(_keys, "Fernet keys, comma-separated: the first encrypts, all decrypt")
    host: str = _setting("127.0.0.1", _words, "the address the web server listens on")
    port: int = _setting(8000, _integer(0, 65535), "the port the web server listens on")
    web_threads: int = _setting(64, _integer(1, 256), "threads of a web process for what may have to wait")
    metrics_host: str = _setting("127.0.0.1", _words, "the address at which a process shows its metrics and health")
    metrics_port: int | None = _setting(
        None, _integer(0, 65535), "the port for that, one for each process of a host; without it nothing is shown"
    )
    worker_threads: int = _setting(4, _integer(2, 64), "tasks one worker process does at the same time")
    worker_niceness: int = _setting(
        5, _integer(0, 19), "how far a worker gives way to the web process and the databases of its host"
    )
    log_level: Literal["debug", "info", "warning", "error"] = _setting(
        "info", _one_of("debug", "info", "warning", "error"), "how much is logged"
    )
    log_format: Literal["json", "console"] = _setting(
        "json", _one_of("json", "console"), "one JSON object a line, or text to read"
    )
    telegram_api_url: str = _setting("https://api.telegram.org", _base_url, "base URL of Telegram's Bot API")
    twilio_api_url: str = _setting("https://api.twilio.com", _base_url, "base URL of Twilio's REST API")
    twilio_content_url: str = _setting("https://content.twilio.com", _base_url, "base URL of Twilio's Content API")
    twilio_media_url: str = _setting("https://mms.twiliocdn.com", _base_url, "where Twilio keeps what people send us")
    feed_hosts: tuple[str, ...] = _setting((), _hosts, "hosts that feeds may come from though they are not public")
    feeds_dir: str | None = _setting(None, _folder, "below it each agency has a folder that feeds may read files from")
    tick_seconds: float = _setting(1.0, _seconds(0.001, 60), "how often the clock looks for what is due")
    lease_seconds: float = _setting(15.0, _seconds(1, 600), "after this long another takes a silent worker's batch")

    def keys(self) -> list[str]:
        """The encryption keys, the one that encrypts first."""
        return split_keys(self.secret_keys)

    def endpoints(self) -> dict[str, str]:
        """The providers' base URLs, by the names channels know them by."""
        return {
            "telegram": self.telegram_api_url,
            "twilio": self.twilio_api_url,
            "twilio_content": self.twilio_content_url,
            "twilio_media": self.twilio_media_url,
        }


def names() -> list[str]:
    """Every setting, as the environment spells it."""
    return [each.name.upper() for each in fields(Settings)]


def split_keys(value: str) -> list[str]:
    """The keys in a comma-separated setting, blanks dropped."""
    return [key.strip() for key in value.split(",") if key.strip()]


def load(**overrides: object) -> Settings:
    """The settings from the environment and .env, or one BadSettings that names everything missing or wrong.

    The environment goes before .env, `overrides` before both. None: as if nobody had said it.
    """
    given = {**_surroundings(), **overrides}
    values, wrong = dict[str, Any](), list[str]()
    for each in fields(Settings):
        try:
            values |= _value(each, given)
        except ValueError as error:
            wrong.append(f"  {each.name.upper()} ({each.metadata['meaning']}): {error}")
    if wrong:
        raise BadSettings("These settings are missing or wrong:\n" + "\n".join(wrong))
    return Settings(**values)


def _value(setting: Field[Any], given: dict[str, object]) -> dict[str, Any]:
    """This setting read from what is given, or nothing if its default may stand."""
    said = given.get(setting.name)
    if said is not None:
        return {setting.name: setting.metadata["read"](str(said))}
    if setting.default is MISSING:
        raise ValueError("is missing")
    return {}


def _surroundings() -> dict[str, object]:
    """What .env and the environment say, by names in small letters: neither minds how they are written."""
    kept = dotenv_values(ENV_FILE, encoding="utf-8") if ENV_FILE.is_file() else {}
    return {name.lower(): text for known in (kept, os.environ) for name, text in known.items() if text is not None}
