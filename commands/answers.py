"""loudhailer answer: the prepared answers of an agency, for those who would rather type than tap."""

import click
from rich.table import Table

from bot.keywords import normalise
from commands.console import console
from commands.tools import agency_by_slug, bench, pairs, utc_now
from helpdesk import answers


@click.group()
def answer() -> None:
    """Prepared answers to what citizens ask in their own words."""


@answer.command("add")
@click.argument("slug")
@click.option(
    "--keywords", multiple=True, required=True, metavar="LOCALE=WORD,WORD", help="The words people use, in a language."
)
@click.option("--text", "said", multiple=True, required=True, metavar="LOCALE=TEXT", help="The answer in a language.")
def add(slug: str, keywords: tuple[str, ...], said: tuple[str, ...]) -> None:
    """Add an answer to the agency SLUG."""
    words = {locale: [normalise(word) for word in each.split(",")] for locale, each in _pairs(keywords).items()}
    with bench() as at, at.sessions.begin() as session:
        try:
            made = answers.save(
                session, agency_by_slug(session, slug), keywords=words, texts=_pairs(said), now=utc_now()
            )
        except answers.BadAnswer as error:
            raise click.ClickException(str(error)) from error
        number = made.id
    console.print(f"Answer {number} is there. `loudhailer answer try {slug} TEXT` shows what a question leads to.")


@answer.command("list")
@click.argument("slug")
def list_answers(slug: str) -> None:
    """Show the answers of the agency SLUG."""
    table = Table("number", "language", "keywords", "answer")
    with bench() as at, at.sessions() as session:
        for one in answers.list_for(session, agency_by_slug(session, slug).id):
            for locale, text in one.texts.items():
                table.add_row(str(one.id), locale, ", ".join(one.keywords[locale]), text)
    console.print(table)


@answer.command("try")
@click.argument("slug")
@click.argument("text")
def try_answer(slug: str, text: str) -> None:
    """Say which answer of the agency SLUG somebody gets who asks TEXT. Exit code 1: none."""
    with bench() as at, at.sessions() as session:
        owner = agency_by_slug(session, slug)
        found = answers.find(session, owner.id, normalise(text))
        if found is None:
            raise click.ClickException("No keyword is in it: they are asked whether to pass it on.")
        console.print(f"{found.id}: {answers.text_in(found, owner, owner.locales[0])}", markup=False)


@answer.command("remove")
@click.argument("slug")
@click.argument("number", type=int)
def remove(slug: str, number: int) -> None:
    """Remove the answer NUMBER of the agency SLUG."""
    with bench() as at, at.sessions.begin() as session:
        found = answers.get(session, agency_by_slug(session, slug).id, number)
        if found is None:
            raise click.ClickException(f"{slug} has no answer {number}: `loudhailer answer list {slug}`.")
        answers.remove(session, found, now=utc_now())
    console.print(f"Answer {number} is removed.")


def _pairs(options: tuple[str, ...]) -> dict[str, str]:
    return pairs(options, what="--keywords and --text")
