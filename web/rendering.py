"""Templates: one folder, everything escaped, texts by key in the page's language."""

from functools import cache
from pathlib import Path

from jinja2 import Environment, FileSystemLoader, StrictUndefined

from locales import cldr, texts

FOLDER = Path(__file__).parent / "templates"


def render(template: str, locale: str, **values: object) -> str:
    """A template in a language. In it `say("title", agency=...)` is the text "public.title"."""

    def say(key: str, **named: object) -> str:
        return texts.say(f"public.{key}", locale, **named)

    page = _environment().get_template(template)
    return page.render(say=say, locale=locale, tag=tag, direction=direction, **values)


def tag(locale: str) -> str:
    """The locale as HTML's `lang` wants it (BCP 47)."""
    return locale.replace("_", "-")


def direction(locale: str) -> str:
    """Which way the language is written: ltr or rtl."""
    return str(cldr.locale(locale).text_direction)


@cache
def _environment() -> Environment:
    loader = FileSystemLoader(FOLDER)
    return Environment(
        loader=loader,
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        auto_reload=False,
    )
