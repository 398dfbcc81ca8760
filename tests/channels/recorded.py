"""Provider payloads as they came over the wire, kept as files."""

from pathlib import Path

PAYLOADS = Path(__file__).parent / "payloads"


def payload(name: str) -> bytes:
    """The body of a recorded call, for example "telegram/blocked.json"."""
    return (PAYLOADS / name).read_bytes()
