"""Settings: read from the environment once, by app.py and cli.py only. One error lists everything that is wrong."""

from pathlib import Path
from typing import Literal
from urllib.parse import urlsplit

from cryptography.fernet import Fernet
from pydantic import Field, ValidationError, field_validator
from pydantic_settings import BaseSettings, SettingsConfigDict
from sqlalchemy.engine import make_url
from sqlalchemy.exc import ArgumentError

DEFAULT_DATA = Path("data")
UNREADABLE_URL = "cannot be read as an address; in a password write / as %2F, # as %23, : as %3A and @ as %40"


class BadSettings(Exception):
    """The environment is incomplete or wrong; the message names every setting that is. Start-up stops."""


class Settings(BaseSettings):
    """Everything that differs from one installation to the next. Each field is an environment variable of that name."""

    model_config = SettingsConfigDict(
        env_file=".env", env_file_encoding="utf-8", extra="ignore", hide_input_in_errors=True
    )

    database_url: str = Field("sqlite:///data/loudhailer.db", description="Where the truth is: SQLite or PostgreSQL")
    redis_url: str | None = Field(None, description="Set it to spread the work over several processes and hosts")
    public_url: str = Field("http://127.0.0.1:8000", description="The address at which providers reach this server")
    secret_keys: str = Field(..., description="Fernet keys, comma-separated: the first encrypts, all decrypt")
    host: str = Field("127.0.0.1", description="The address the web server listens on")
    port: int = Field(8000, ge=0, le=65535, description="The port the web server listens on")
    web_threads: int = Field(64, ge=1, le=256, description="Threads of a web process for what may have to wait")
    metrics_host: str = Field("127.0.0.1", description="The address at which a process shows its metrics and health")
    metrics_port: int | None = Field(
        None, ge=0, le=65535, description="The port for that, one for each process of a host; none: it shows nothing"
    )
    worker_threads: int = Field(4, ge=2, le=64, description="Tasks one worker process does at the same time")
    log_level: Literal["debug", "info", "warning", "error"] = Field("info", description="How much is logged")
    log_format: Literal["json", "console"] = Field("json", description="One JSON object a line, or text to read")
    telegram_api_url: str = Field("https://api.telegram.org", description="Base URL of Telegram's Bot API")
    twilio_api_url: str = Field("https://api.twilio.com", description="Base URL of Twilio's REST API")
    twilio_content_url: str = Field("https://content.twilio.com", description="Base URL of Twilio's Content API")
    twilio_media_url: str = Field("https://mms.twiliocdn.com", description="Where Twilio keeps what people send us")
    tick_seconds: float = Field(1.0, gt=0, le=60, description="How often the clock looks for what is due")
    lease_seconds: float = Field(
        15.0, ge=1, le=600, description="After this long another takes a silent worker's batch"
    )

    @field_validator("secret_keys")
    @classmethod
    def _usable_keys(cls, value: str) -> str:
        for key in split_keys(value):
            Fernet(key)
        if not split_keys(value):
            raise ValueError("give at least one key; `loudhailer doctor --new-key` prints one")
        return value

    @field_validator("database_url")
    @classmethod
    def _known_database(cls, value: str) -> str:
        if value.startswith(("postgres://", "postgresql://")):
            value = "postgresql+psycopg://" + value.split("://", 1)[1]
        if not value.startswith(("sqlite:///", "postgresql+psycopg://")):
            raise ValueError("must begin with sqlite:/// or postgresql://")
        try:
            make_url(value)
        except (ArgumentError, ValueError):
            raise ValueError(UNREADABLE_URL) from None  # theirs quotes what may be a part of the password
        return value

    @field_validator("redis_url")
    @classmethod
    def _readable_redis(cls, value: str | None) -> str | None:
        if value is None or not value.strip():
            return None
        if not value.startswith(("redis://", "rediss://", "unix://")):
            raise ValueError("must begin with redis://, rediss:// or unix://")
        try:
            _ = urlsplit(value).port
        except ValueError:
            raise ValueError(UNREADABLE_URL) from None
        return value

    @field_validator("public_url", "telegram_api_url", "twilio_api_url", "twilio_content_url", "twilio_media_url")
    @classmethod
    def _bare_url(cls, value: str) -> str:
        if not value.startswith(("http://", "https://")):
            raise ValueError("must begin with http:// or https://")
        return value.rstrip("/")

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


def split_keys(value: str) -> list[str]:
    """The keys in a comma-separated setting, blanks dropped."""
    return [key.strip() for key in value.split(",") if key.strip()]


def load(**overrides: object) -> Settings:
    """The settings from the environment and .env, or one BadSettings that names everything missing or wrong."""
    try:
        return Settings(**overrides)  # type: ignore[arg-type]
    except ValidationError as error:
        lines = [f"  {_name(problem['loc'])}: {problem['msg']}" for problem in error.errors()]
        raise BadSettings("These settings are missing or wrong:\n" + "\n".join(lines)) from error


def _name(location: tuple[int | str, ...]) -> str:
    return str(location[0]).upper() if location else "settings"
