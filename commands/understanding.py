"""loudhailer understand: what the bot takes a text to mean."""

import json
from collections.abc import Sequence

import click

from bot import meaning, topic_words
from bot.meaning import Meaning
from commands.tools import agency_by_slug, bench
from locales import texts
from subscribers import topics
from subscribers.models import Topic

ASKED, NOTHING = 3, 4
NONE = "–"


@click.command()
@click.argument("text")
@click.option("--agency", "slug", metavar="SLUG", help="Look for the topics of this agency, too.")
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object, for scripts.")
def understand(text: str, slug: str | None, as_json: bool) -> None:
    """Print what the bot takes TEXT to mean: intent, topic, language.

    The intent `ask` means that the bot would ask back instead of acting, `nothing` that it would answer with help.
    Without --agency no database is needed, and no topic is found.

    It ends with 0 where the text means something, 3 for `ask`, 4 for `nothing`.
    """
    names, named = _agency(slug) if slug is not None else ((), ())
    known = [topic_words.named(one.id, (one.key, *one.names.values()), parent_id=one.parent_id) for one in named]
    meant = meaning.of(text, known, names=names)
    keys = [one.key for one in named if one.id in meant.topic_ids]
    click.echo(_json(meant, keys) if as_json else _lines(meant, keys))
    raise SystemExit({meaning.ASK: ASKED, meaning.NOTHING: NOTHING}.get(meant.intent, 0))


def _agency(slug: str) -> tuple[Sequence[str], Sequence[Topic]]:
    """What the agency is called, and its topics."""
    with bench() as at, at.sessions() as session:
        owner = agency_by_slug(session, slug)
        return owner.every_name, topics.list_for(session, owner.id)


def _json(meant: Meaning, keys: Sequence[str]) -> str:
    values = {"intent": meant.intent, "topics": keys, "language": meant.language, "is_weak": meant.is_weak}
    return json.dumps(values, ensure_ascii=False)


def _lines(meant: Meaning, keys: Sequence[str]) -> str:
    language = f"{meant.language} ({texts.native_name(meant.language)})" if meant.language is not None else NONE
    weak = "  (to an officer who is writing an announcement: end that)" if meant.is_weak else ""
    return f"intent    {meant.intent}{weak}\ntopic     {', '.join(keys) or NONE}\nlanguage  {language}"
