"""/templates: the agency's WhatsApp templates, how far each is, and the way to a new one. Authors and administrators.

Nothing here calls the provider: what is submitted or deleted is done within seconds by a task, and told when it is.
"""

from collections.abc import Iterator, Sequence

from bot.dialogs import template_writing as writing
from bot.dialogs.officer_desk import admins_only
from bot.dialogs.template_writing import NAME, writer
from bot.pickers import id_in, numbered
from bot.replies import Reply, verbatim
from bot.talk import Talk
from broadcast import content, template_news, templating
from channels import registry
from delivery.models import WordingTemplate
from delivery.states import Stage
from locales import texts

__all__ = ["NAME", "begin", "hear", "tap"]

MARKS = {
    Stage.WRITTEN: "⏳",
    Stage.PENDING: "⏳",
    Stage.APPROVED: "✅",
    Stage.REJECTED: "❌",
    Stage.PAUSED: "⏸️",
    Stage.DISABLED: "🚫",
    Stage.LEAVING: "🗑️",
}
SPARE = "☑️"  # approved, and a newer one is in use


def begin(talk: Talk, argument: str = "") -> list[Reply]:
    """The list, a page of it; each number leads to one template."""
    return [_list(talk, page=0)] if writer(talk) is not None else admins_only(talk)


def tap(talk: Talk, action: Sequence[str]) -> list[Reply]:
    """The buttons of the list and of one template; the others belong to the one that is being written."""
    if writer(talk) is None:
        return []
    match action:
        case ["page", _]:
            return [_list(talk, page=id_in(action) or 0)]
        case ["show" | "drop" | "dropped" as name, _]:
            return _with(talk, name, id_in(action))
        case _:
            return writing.tap(talk, action)


def hear(talk: Talk, text: str) -> list[Reply]:
    """A piece of the one that is being written."""
    return writing.hear(talk, text) if writer(talk) is not None else []


def _list(talk: Talk, *, page: int) -> Reply:
    talk.close()
    agency = talk.agency.name_in(talk.locale)
    known = templating.of_agency(talk.session, talk.agency.id)
    if not known and not templating.senders_of(talk.session, talk.agency.id, registry.limits):
        return Reply("templates.no_senders", {"agency": agency})
    new = talk.button(f"{NAME}:new", "templates.new.button")
    if not known:
        return Reply("templates.none", {"agency": agency}, [new])
    lines, choices = numbered(talk, NAME, known, page, line=lambda each: _line(talk, each), fixed=[new])
    return Reply("templates.list", {"agency": agency, "templates": lines}, choices, columns=4)


def _line(talk: Talk, template: WordingTemplate) -> str:
    is_spare = template.stage is Stage.APPROVED and not templating.is_in_use(talk.session, template)
    mark, stage = (SPARE, "spare") if is_spare else (MARKS[template.stage], template.stage.value)
    title, said = template_news.title(template, talk.locale), talk.say(f"templates.stage.{stage}")
    return talk.say("templates.line", mark=mark, title=title, stage=said)


def _with(talk: Talk, name: str, template_id: int | None) -> list[Reply]:
    found = templating.find(talk.session, talk.agency.id, template_id) if template_id is not None else None
    if found is None:
        return [Reply("templates.unknown"), _list(talk, page=0)]
    match name:
        case "show":
            return [_shown(talk, found)]
        case "drop":
            return [_ask_deletion(talk, found)]
        case _:
            return _deleted(talk, found)


def _shown(talk: Talk, template: WordingTemplate) -> Reply:
    back = talk.button(f"{NAME}:page:0", "templates.back.button")
    drop = talk.button(f"{NAME}:drop:{template.id}", "templates.drop.button")
    choices = [back] if template.stage is Stage.LEAVING else [drop, back]
    return verbatim("\n\n".join(_blocks(talk, template)), choices=choices)


def _blocks(talk: Talk, template: WordingTemplate) -> Iterator[str]:
    yield _line(talk, template)
    if template.stage in (Stage.REJECTED, Stage.PAUSED, Stage.DISABLED):
        yield talk.say("templates.why", reason=template_news.why(template, talk.locale))
    if template.trouble:
        yield talk.say(f"templates.trouble.{template.trouble}")
    yield content.filled(template.body, template.samples) if template.samples else template.body
    number = templating.sender_of(talk.session, template).handle
    category = talk.say(f"templates.category.{template.category.lower()}")
    yield talk.say("templates.about", name=templating.name(template), category=category, number=number)
    if template.heard_at is not None:
        yield talk.say("templates.heard", at=texts.instant(template.heard_at, talk.agency.time_zone, talk.locale))


def _ask_deletion(talk: Talk, template: WordingTemplate) -> Reply:
    is_in_use = templating.is_in_use(talk.session, template)
    values = {"title": template_news.title(template, talk.locale)}
    choices = [
        talk.button(f"{NAME}:dropped:{template.id}", "templates.dropped.button"),
        talk.button(f"{NAME}:show:{template.id}", "templates.keep.button"),
    ]
    return Reply("templates.ask_deletion_in_use" if is_in_use else "templates.ask_deletion", values, choices)


def _deleted(talk: Talk, template: WordingTemplate) -> list[Reply]:
    officer = writer(talk)
    assert officer is not None, "whoever taps here may"
    templating.delete(talk.session, template, officer, now=talk.now)
    return [Reply("templates.deleted", {"title": template_news.title(template, talk.locale)}), _list(talk, page=0)]
