"""The conversations as pages: what docs/conversations/ has to hold, and an index."""

from pathlib import Path

from tests.conversations.scripts import SCRIPTS, Script
from tests.conversations.stage import stage

FOLDER = Path(__file__).parents[2] / "docs" / "conversations"
GENERATED = "<!-- written by `python -m tests.conversations`; a test compares -->"


def pages() -> dict[str, str]:
    """File name -> text."""
    index = "\n".join(f"- [{each.title}]({each.name}.md): {each.shows}" for each in SCRIPTS)
    about = "What people read, word by word. Our messages are quoted, with their buttons below them."
    return {"README.md": f"{GENERATED}\n# Conversations\n\n{about}\n\n{index}\n"} | {
        f"{each.name}.md": page(each) for each in SCRIPTS
    }


def page(script: Script) -> str:
    """One conversation, played now."""
    with stage() as play:
        script.play(play)
        return f"{GENERATED}\n# {script.title}\n\n{script.shows}\n\n{play.text()}"
