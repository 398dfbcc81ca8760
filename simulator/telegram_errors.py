"""Telegram's refusals, word for word as tdlib/telegram-bot-api (Client.cpp) gives them."""

from __future__ import annotations

from typing import Any


class Refused(Exception):
    """A call Telegram refuses: the caller answers with this code and description and changes nothing."""

    def __init__(self, code: int, description: str, parameters: dict[str, Any] | None = None) -> None:
        """Take the HTTP status, which is also error_code, and the description."""
        super().__init__(description)
        self.code = code
        self.description = description
        self.parameters = parameters

    def as_json(self) -> dict[str, Any]:
        """Give the body of the answer."""
        body: dict[str, Any] = {"ok": False, "error_code": self.code, "description": self.description}
        return body | ({"parameters": self.parameters} if self.parameters else {})


def bad_request(why: str) -> Refused:
    """Refuse with 400."""
    return Refused(400, f"Bad Request: {why}")


def bad_markup(why: str) -> Refused:
    """Refuse markup that cannot be read."""
    return bad_request(f"can't parse entities: {why}")


def forbidden(why: str) -> Refused:
    """Refuse with 403: this person cannot be written to."""
    return Refused(403, f"Forbidden: {why}")


def unauthorized() -> Refused:
    """Refuse a token nobody registered."""
    return Refused(401, "Unauthorized")


def not_found() -> Refused:
    """Refuse a method that does not exist."""
    return Refused(404, "Not Found")


def conflict() -> Refused:
    """Refuse getUpdates while a webhook is set."""
    why = "can't use getUpdates method while webhook is active; use deleteWebhook to delete the webhook first"
    return Refused(409, f"Conflict: {why}")


def too_many(seconds: int) -> Refused:
    """Ask to wait."""
    return Refused(429, f"Too Many Requests: retry after {seconds}", {"retry_after": seconds})
