"""What the documents show of conversations is what people read today."""

import pytest

from tests.conversations.pages import FOLDER, page
from tests.conversations.scripts import SCRIPTS, Script


@pytest.mark.parametrize("script", SCRIPTS, ids=lambda script: script.name)
def test_a_page_is_the_conversation_as_it_is_played_now(script: Script) -> None:
    kept = (FOLDER / f"{script.name}.md").read_text(encoding="utf-8")
    assert page(script) == kept, "`python -m tests.conversations` writes them anew; read what changed"


def test_there_are_no_pages_of_conversations_that_are_gone() -> None:
    assert {path.name for path in FOLDER.glob("*.md")} == {f"{script.name}.md" for script in SCRIPTS} | {"README.md"}
