"""How choices look on WhatsApp."""

import re
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from channels.contract import Choice, Message
from channels.whatsapp import menus


def message(count: int, text: str = "Which topics?", **kwargs: Any) -> Message:
    choices = tuple(Choice(f"topic:{number}", f"Topic {number}") for number in range(1, count + 1))
    return Message("whatsapp:+6591234567", text, choices=choices, **kwargs)


def shape(said: Message) -> menus.Shape:
    menu = menus.menu(said)
    assert menu is not None
    return menu.shape


@pytest.mark.parametrize(
    ("count", "kind"), [(1, "quick-reply"), (3, "quick-reply"), (4, "list-picker"), (10, "list-picker")]
)
def test_up_to_three_choices_are_buttons_and_up_to_ten_a_list(count: int, kind: str) -> None:
    assert list(shape(message(count, list_label="Choose")).content()["types"]) == [f"twilio/{kind}"]


def test_more_than_ten_choices_are_numbered_lines() -> None:
    said = message(11)
    assert menus.menu(said) is None
    assert menus.numbered(said).splitlines()[:3] == ["Which topics?", "", "1. Topic 1"]
    assert menus.numbered(said).endswith("11. Topic 11")


def test_a_text_without_choices_stays_as_it_is() -> None:
    said = Message("whatsapp:+6591234567", " Hello\n\n\n there\t")
    assert menus.menu(said) is None
    assert menus.numbered(said) == " Hello\n\n\n there\t"


def test_a_text_too_long_for_buttons_gets_numbered_lines() -> None:
    assert menus.menu(message(2, "x" * 1024)) is not None
    assert menus.menu(message(2, "x" * 1025)) is None


def test_a_label_too_long_is_cut_and_two_that_would_look_alike_are_numbered() -> None:
    long = Choice("a", "A very long label indeed")
    menu = menus.menu(Message("w", "t", choices=(long,)))
    assert menu is not None
    assert menu.values[1] == "A very long label i…"
    assert menus.menu(Message("w", "t", choices=(long, Choice("b", "A very long label iguana")))) is None


def test_a_selected_toggle_has_a_tick() -> None:
    toggles = (Choice("a", "Floods", True), Choice("b", "Haze", False), Choice("c", "Done"))
    menu = menus.menu(Message("w", "t", choices=toggles))
    assert menu is not None
    assert menu.values[1::2] == ("✓ Floods", "Haze", "Done")


def test_the_same_menu_in_another_language_needs_no_other_content() -> None:
    english = Message("w", "Choose:\n\nyour topics", choices=(Choice("t:1", "Floods"), Choice("t:2", "Haze", True)))
    chinese = Message("w", "请选择：\n\n您的主题", choices=(Choice("t:9", "水灾"), Choice("t:2", "烟霾")))
    assert shape(english) == shape(chinese)
    assert shape(english).name == "loudhailer_menu1_buttons_2_x-x"


def test_a_list_without_a_name_for_its_button_still_has_one() -> None:
    menu = menus.menu(message(4))
    assert menu is not None
    assert menus.NO_LIST_LABEL in menu.values


def filled(menu: menus.Menu) -> dict[str, Any]:
    """The Content as WhatsApp shows it, with its variables put in."""

    def fill(part: Any) -> Any:
        match part:
            case dict():
                return {key: fill(value) for key, value in part.items()}
            case list():
                return [fill(value) for value in part]
            case str():
                return re.sub(r"\{\{(\d+)\}\}", lambda found: menu.variables[found[1]], part)
        return part

    types: dict[str, Any] = fill(menu.shape.content()["types"])
    return types


def test_a_list_shows_every_word_in_its_place() -> None:
    menu = menus.menu(message(4, "Hello\n\nWhich topics?", list_label="Choose topics"))
    assert menu is not None
    assert filled(menu) == {
        "twilio/list-picker": {
            "body": "Hello\n\nWhich topics?",
            "button": "Choose topics",
            "items": [{"item": f"Topic {n}", "id": f"topic:{n}"} for n in range(1, 5)],
        }
    }


words = st.text(alphabet=st.sampled_from("ab \t\n\r\u2028தமிழ்水🙂{}1"), max_size=60)


@given(text=words, labels=st.lists(words, max_size=12, unique=True), list_label=words)
def test_whatever_the_words_the_variables_keep_twilios_rules(text: str, labels: list[str], list_label: str) -> None:
    choices = tuple(Choice(f"k{number}", label) for number, label in enumerate(labels))
    menu = menus.menu(Message("w", text, choices=choices, list_label=list_label))
    if menu is None:
        return
    content = menu.shape.content()
    used = re.findall(r"\{\{(\d+)\}\}", str(content["types"]))
    assert sorted(used, key=int) == list(menu.variables) == list(content["variables"])
    assert all(value and not re.search(r"[\n\r\t]|  ", value) for value in menu.values)


@given(text=st.text(alphabet="a\n", max_size=300))
def test_the_name_of_a_shape_is_short_and_says_all_that_matters(text: str) -> None:
    menu = menus.menu(message(2, text + "."))
    assert menu is not None
    assert len(menu.shape.name) <= 64
    assert re.fullmatch(r"[a-z0-9_-]+", menu.shape.name)
