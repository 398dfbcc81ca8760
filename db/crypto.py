"""Secrets at rest: encrypted with the first key, readable with any of them, so that keys can rotate."""

import hashlib
import hmac
import json
from collections.abc import Mapping, Sequence

from cryptography.fernet import Fernet, InvalidToken, MultiFernet


class Unreadable(Exception):
    """A secret was encrypted with a key we no longer have: put that key back into SECRET_KEYS."""


class Vault:
    """Encrypts small secrets and fingerprints values we must recognise but not keep."""

    def __init__(self, keys: Sequence[str]) -> None:
        self._fernet = MultiFernet([Fernet(key) for key in keys])
        self._pepper = hashlib.sha256(keys[-1].encode()).digest()

    def seal(self, values: Mapping[str, str]) -> bytes:
        """Encrypt a few named strings."""
        return self._fernet.encrypt(json.dumps(dict(values)).encode())

    def open(self, sealed: bytes) -> dict[str, str]:
        """The strings again, or Unreadable."""
        try:
            opened: dict[str, str] = json.loads(self._fernet.decrypt(sealed))
        except InvalidToken as error:
            raise Unreadable("a stored secret was encrypted with a key that is not in SECRET_KEYS") from error
        return opened

    def fingerprint(self, value: str) -> str:
        """A keyed hash (hex, 64 characters) under the oldest key: the same value gives the same one."""
        return hmac.new(self._pepper, value.encode(), hashlib.sha256).hexdigest()
