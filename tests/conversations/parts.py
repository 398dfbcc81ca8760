"""What several conversations begin with."""

from tests.conversations.stage import Phone, Stage


def subscribed(stage: Stage, name: str, *, channel: str = "telegram", chosen: str = "1 2") -> Phone:
    """Somebody who is in already; how they came is not shown."""
    phone = stage.phone(name, channel)
    for words in ("hi", "English", chosen, "done", "yes"):
        phone.says(words)
    stage.lines.clear()
    return phone


def drafted(author: Phone, kind: str, english: str) -> None:
    """The way to the preview, in English alone."""
    for words in ("/announce", kind, "Flood alerts", english, "/skip", "/skip", "/skip", "English"):
        author.says(words)
