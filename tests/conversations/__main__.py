"""`python -m tests.conversations` writes docs/conversations/ anew."""

from tests.conversations.pages import FOLDER, pages


def main() -> None:
    """Replace every page."""
    FOLDER.mkdir(exist_ok=True)
    for old in FOLDER.glob("*.md"):
        old.unlink()
    for name, text in pages().items():
        (FOLDER / name).write_text(text, encoding="utf-8")


if __name__ == "__main__":
    main()
