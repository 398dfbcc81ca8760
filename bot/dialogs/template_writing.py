"""Writing a template: what it is for, the language, the kind, the wording, an example for each variable, the preview.

Everything is checked when it is typed, because WhatsApp never takes the name of a rejected template again. Nothing is
kept before it is submitted.
"""

from collections.abc import Sequence
from datetime import timedelta

from bot.replies import Reply, verbatim
from bot.talk import Talk
from broadcast import content, template_rules, templating
from broadcast.template_rules import CATEGORIES, PURPOSES, Found
from channels import registry
from channels.contract import Choice
from delivery.models import Sender
from locales import texts
from staff.models import Officer
from subscribers import topics

NAME = "templates"
AHEAD = timedelta(days=7)  # of the moment that stands as an example
STEPS = ("sender", "purpose", "language", "category", "body", "sample", "preview")


def writer(talk: Talk) -> Officer | None:
    """The officer who speaks, if they may write templates."""
    officer = talk.officer
    is_theirs = officer is not None and officer.agency_id == talk.agency.id and officer.role in templating.MAY_WRITE
    return officer if is_theirs else None


def tap(talk: Talk, action: Sequence[str]) -> list[Reply]:
    """A choice of the step that is asked for; one of an older question means nothing any more."""
    match action:
        case ["new"]:
            return [_begin(talk)]
        case ["more", locale] if "purpose" in talk.data and locale in talk.agency.locales:
            return [_ask(talk, "category", locale=locale, body="", samples={})]
        case ["leave"]:
            talk.close()
            return [Reply("templates.left")]
        case [step, value] if step == talk.data.get("step"):
            return _chosen(talk, step, value)
        case _:
            return []


def hear(talk: Talk, text: str) -> list[Reply]:
    """The wording or an example."""
    step = talk.data.get("step")
    if step not in STEPS:
        return []
    if step not in ("body", "sample") or text.startswith("/"):
        return [_asked(talk)]
    return _worded(talk, text) if step == "body" else _exemplified(talk, text)


def _begin(talk: Talk) -> Reply:
    theirs = templating.senders_of(talk.session, talk.agency.id, registry.limits)
    if not theirs:
        return Reply("templates.no_senders", {"agency": talk.agency.name_in(talk.locale)})
    talk.open(NAME)
    return _ask(talk, "sender") if len(theirs) > 1 else _ask(talk, "purpose", sender=theirs[0].id)


def _ask(talk: Talk, step: str, **known: object) -> Reply:
    """Go to this step, knowing this too."""
    talk.open(NAME, **{**_known(talk), **known, "step": step})
    return _asked(talk)


def _known(talk: Talk) -> dict[str, object]:
    names = ("sender", "purpose", "locale", "category", "body", "samples")
    return {name: talk.data[name] for name in names if name in talk.data}


def _chosen(talk: Talk, step: str, value: str) -> list[Reply]:
    if step == "sender" and (sender := _sender(talk, value)) is not None:
        return [_ask(talk, "purpose", sender=sender.id)]
    if step == "purpose" and value in PURPOSES:
        return [_ask(talk, "language", purpose=value)]
    if step == "language" and value in talk.agency.locales:
        return [_ask(talk, "category", locale=value)]
    if step == "category" and value in CATEGORIES:
        return [_ask(talk, "body", category=value)]
    if step == "sample" and value == "suggested":
        return _exemplified(talk, _suggested(talk, _variable(talk)))
    if step == "preview" and value == "again":
        return [_ask(talk, "body", body="", samples={})]
    return _submitted(talk) if step == "preview" and value == "submit" else []


def _asked(talk: Talk) -> Reply:
    """The question of the step we are at."""
    step, leave = str(talk.data["step"]), talk.button(f"{NAME}:leave", "announce.cancel.button")
    match step:
        case "body":
            return Reply(f"templates.ask_body.{talk.data['purpose']}", _body_values(talk), [leave])
        case "sample":
            return _ask_sample(talk, leave)
        case "preview":
            return _preview(talk, leave)
        case _:
            return Reply(f"templates.ask.{step}", {}, [*_choices(talk, step), leave])


def _choices(talk: Talk, step: str) -> list[Choice]:
    match step:
        case "sender":
            theirs = templating.senders_of(talk.session, talk.agency.id, registry.limits)
            return [Choice(f"{NAME}:sender:{sender.id}", sender.handle) for sender in theirs]
        case "purpose":
            return [talk.button(f"{NAME}:purpose:{each}", f"templates.purpose.{each}") for each in PURPOSES]
        case "language":
            return [Choice(f"{NAME}:language:{each}", texts.native_name(each)) for each in talk.agency.locales]
        case _:
            return [talk.button(f"{NAME}:category:{each}", f"templates.category.{each.lower()}") for each in CATEGORIES]


def _body_values(talk: Talk) -> dict[str, object]:
    locale, purpose = str(talk.data["locale"]), talk.data["purpose"]
    names = {"one": "{{1}}", "two": "{{2}}"}
    example = texts.say(f"templates.example.{purpose}", locale, **names)
    return {"language": texts.native_name(locale), "example": example, **names}


def _worded(talk: Talk, text: str) -> list[Reply]:
    body = template_rules.tidied(text)
    purpose, locale = str(talk.data["purpose"]), str(talk.data["locale"])
    found = template_rules.check(body, purpose=purpose, locale=locale, length=_length(talk))
    if found:
        return [_faults(talk, found), _asked(talk)]
    return [_ask(talk, "sample", body=body, samples={})]


def _exemplified(talk: Talk, text: str) -> list[Reply]:
    found = template_rules.check_sample(text)
    if found:
        return [_faults(talk, found), _asked(talk)]
    samples = {**talk.data["samples"], _variable(talk): text.strip()}
    is_whole = len(samples) == len(PURPOSES[str(talk.data["purpose"])])
    return [_ask(talk, "preview" if is_whole else "sample", samples=samples)]


def _ask_sample(talk: Talk, leave: Choice) -> Reply:
    variable, purpose = _variable(talk), talk.data["purpose"]
    meaning = talk.say(f"templates.meaning.{purpose}.{variable}")
    values = {"variable": f"{{{{{variable}}}}}", "meaning": meaning, "example": _suggested(talk, variable)}
    return Reply(
        "templates.ask_sample", values, [talk.button(f"{NAME}:sample:suggested", "templates.suggested.button"), leave]
    )


def _preview(talk: Talk, leave: Choice) -> Reply:
    data, title = talk.data, _title(talk)
    about = {"title": title, "category": talk.say(f"templates.category.{str(data['category']).lower()}")}
    choices = [
        talk.button(f"{NAME}:preview:submit", "templates.submit.button"),
        talk.button(f"{NAME}:preview:again", "templates.again.button"),
        leave,
    ]
    blocks = [talk.say("templates.preview"), content.filled(data["body"], data["samples"])]
    return verbatim("\n\n".join([*blocks, talk.say("templates.ask_submit", **about)]), choices=choices)


def _submitted(talk: Talk) -> list[Reply]:
    """Put it before WhatsApp, and offer the languages in which there is none yet."""
    officer, data = writer(talk), talk.data
    sender = _sender(talk, str(data.get("sender")))
    if officer is None or sender is None:
        talk.close()
        return []
    try:
        templating.write(
            talk.session,
            officer,
            sender,
            purpose=data["purpose"],
            locale=data["locale"],
            body=data["body"],
            samples=data["samples"],
            category=data["category"],
            length=_length(talk),
            report_sender_id=talk.sender.id,
            report_to=talk.address.value,
            now=talk.now,
        )
    except templating.TooMany:
        return [Reply("templates.too_many", {"number": templating.MOST})]
    title, purpose = _title(talk), data["purpose"]
    talk.open(NAME, sender=sender.id, purpose=purpose)
    return [Reply("templates.submitted", {"title": title}, _languages_left(talk, sender, str(purpose)))]


def _languages_left(talk: Talk, sender: Sender, purpose: str) -> list[Choice]:
    done = templating.languages(talk.session, sender.id, purpose)
    left = [each for each in talk.agency.locales if each not in done]
    return [Choice(f"{NAME}:more:{each}", texts.native_name(each)) for each in left]


def _faults(talk: Talk, found: Sequence[Found]) -> Reply:
    lines = []
    for each in found:
        variable = f"{{{{{each.variable}}}}}"
        lines.append(f"• {talk.say(f'templates.fault.{each.fault}', variable=variable, number=each.number)}")
    return Reply("templates.faults", {"faults": "\n".join(dict.fromkeys(lines))})


def _suggested(talk: Talk, variable: str) -> str:
    """An example in the template's own language."""
    locale = str(talk.data["locale"])
    match (talk.data["purpose"], variable):
        case ("announcement", "1"):
            known = topics.list_for(talk.session, talk.agency.id)
            return known[0].name_in(locale) if known else talk.agency.name_in(locale)
        case ("returning", "1"):
            return talk.agency.name_in(locale)
        case ("returning", _):
            return texts.instant(talk.now + AHEAD, talk.agency.time_zone, locale)
        case _:
            return texts.say("templates.example.text", locale)


def _variable(talk: Talk) -> str:
    wanted = PURPOSES[str(talk.data["purpose"])]
    return next(name for name in wanted if name not in talk.data["samples"])


def _sender(talk: Talk, sender_id: str) -> Sender | None:
    theirs = templating.senders_of(talk.session, talk.agency.id, registry.limits)
    return next((sender for sender in theirs if str(sender.id) == sender_id), None)


def _length(talk: Talk) -> int:
    sender = _sender(talk, str(talk.data["sender"]))
    return registry.limits(sender.channel).template_length if sender is not None else 0


def _title(talk: Talk) -> str:
    purpose = talk.say(f"templates.purpose.{talk.data['purpose']}")
    return talk.say("templates.title", purpose=purpose, language=texts.native_name(str(talk.data["locale"])))
