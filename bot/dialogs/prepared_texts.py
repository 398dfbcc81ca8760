"""/prepared: the agency's prepared alerts and corrections: read, written, changed, approved, deleted.

Nothing is kept before the last language is said. An approval is bound to exactly what was shown.
"""

from collections.abc import Callable, Sequence
from typing import Any

from bot.dialogs import confirming, officer_prepared
from bot.dialogs.officer_desk import Desk, Step, cannot, read_only, writer
from bot.pickers import LEAVE_OUT, id_in, numbered
from bot.replies import Reply, verbatim
from bot.talk import Talk
from broadcast import aftercare, approving, compose, content, policy, prepared_texts
from broadcast.models import PreparedText
from broadcast.prepared_texts import BadText
from broadcast.states import ForbiddenMove, Kind, Meaning
from channels.contract import Choice
from locales import texts
from staff.models import Officer
from subscribers import topics

NAME = "prepared"
ALERT = "alert"


def begin(talk: Talk, argument: str = "") -> list[Reply]:
    """The list; each number leads to one."""
    return [_list(talk)]


def tap(talk: Talk, action: Sequence[str]) -> list[Reply]:
    """The list's and a text's buttons, and the corrections that an alert's card offers."""
    officer = writer(talk)
    match list(action):
        case ["list"]:
            return [_list(talk)]
        case ["page", _]:
            return [_list(talk, page=min(id_in(action) or 0, 1000))]
        case ["show", _]:
            return _with(talk, action, lambda row: [_shown(talk, row)])
        case _ if officer is None:
            return read_only(talk)
        case ["use", code, _]:
            return _use(talk, officer, code, id_in(action, 2))
        case ["new"]:
            return [_ask_moment(talk)]
        case ["moment", moment] if moment in (ALERT, *Meaning):
            return _begun(talk, moment)
        case ["topics", _] if "moment" in talk.data:
            return [_ask_topic(talk, id_in(action) or 0, **_kept(talk))]
        case ["topic", topic] if "moment" in talk.data:
            return [_ask(talk, **{**_kept(talk), "topic": None if topic == "all" else id_in(action)})]
        case ["skip"]:
            return hear(talk, LEAVE_OUT[0])
        case ["edit", _]:
            return _with(talk, action, lambda row: [_ask(talk, **_of(row))])
        case ["drop", _]:
            return _with(talk, action, lambda row: [_ask_whether(talk, row)])
        case ["dropped", _]:
            return _with(talk, action, lambda row: _dropped(talk, officer, row))
        case ["approve", _, seen]:
            return _with(talk, action, lambda row: _approve(talk, officer, row, seen))
        case _:
            return []


def hear(talk: Talk, text: str) -> list[Reply]:
    """The name, or the text of a language, while one is written. Else it is for others."""
    officer = writer(talk)
    if officer is None or "moment" not in talk.data:
        talk.close()
        return []
    data, said = _kept(talk), text.strip()
    if "topic" not in data:
        return [_ask_topic(talk, **data)]
    is_left_out = bool(data["name"]) and said.casefold() in LEAVE_OUT
    if said.startswith("/") and not is_left_out:
        return [_ask(talk, **data)]
    if not data["name"]:
        if not said or len(said) > prepared_texts.NAME_LENGTH or not said.isprintable():
            return [Reply("prepared.bad.name", {"place": prepared_texts.NAME_LENGTH}), _ask(talk, **data)]
        return [_ask(talk, **{**data, "name": said})]
    locale = talk.agency.locales[int(data["place"])]
    written = {each: kept for each, kept in data["texts"].items() if each != locale}
    data = {**data, "texts": written if is_left_out else {**written, locale: text}, "place": int(data["place"]) + 1}
    return [_ask(talk, **data)] if data["place"] < len(talk.agency.locales) else _saved(talk, officer, data)


def _saved(talk: Talk, officer: Officer, data: dict[str, Any]) -> list[Reply]:
    moment, written = str(data["moment"]), data["texts"]
    try:
        row = prepared_texts.save(
            talk.session,
            talk.agency,
            officer,
            name=str(data["name"]),
            said={each: str(written[each]) for each in talk.agency.locales if each in written},
            meaning=None if moment == ALERT else Meaning(moment),
            topic_id=data["topic"],
            prepared_id=data["id"],
            now=talk.now,
        )
    except BadText as bad:
        return [Reply(f"prepared.bad.{bad.reason}", {"place": bad.place}), _ask(talk, **{**data, "place": 0})]
    return [Reply("prepared.saved", {"name": row.name}), _shown(talk, row)]


def _use(talk: Talk, officer: Officer, code: str, prepared_id: int | None) -> list[Reply]:
    """One tap under an alert: the draft of its correction, with this text."""
    first = compose.by_code(talk.session, talk.agency.id, code)
    if first is None or first.launched_at is None:
        return [Reply("control.unknown")]
    try:
        draft = aftercare.correct(talk.session, first, officer, now=talk.now)
    except ForbiddenMove as here:
        return [cannot(talk, first, here.here)]
    talk.close()
    desk = Desk(talk, officer, draft)
    desk.go(Step.TEXT, locale=desk.locales[0])
    return officer_prepared.chosen(desk, prepared_id or 0)


def _approve(talk: Talk, officer: Officer, row: PreparedText, seen: str) -> list[Reply]:
    if officer.role not in prepared_texts.MAY_APPROVE:
        return read_only(talk)
    if wait := confirming.first(talk, f"{NAME}:approve:{row.id}:{seen}"):
        return wait
    whole = prepared_texts.digest(row)
    if approving.mark(whole) != seen:
        return [Reply("prepared.changed"), _shown(talk, row)]
    try:
        prepared_texts.approve(talk.session, row, officer, seen=whole, now=talk.now)
    except prepared_texts.OwnWork:
        return [Reply("prepared.own_work")]
    return [Reply("prepared.approved", {"name": row.name})]


def _dropped(talk: Talk, officer: Officer, row: PreparedText) -> list[Reply]:
    name = row.name
    prepared_texts.remove(talk.session, row, officer, now=talk.now)
    return [Reply("prepared.dropped", {"name": name}), _list(talk)]


def _ask_whether(talk: Talk, row: PreparedText) -> Reply:
    choices = [talk.button(f"{NAME}:dropped:{row.id}", "prepared.drop.button"), _back(talk)]
    return Reply("prepared.drop_ask", {"name": row.name}, choices)


def _list(talk: Talk, page: int = 0) -> Reply:
    talk.open(NAME)
    known = prepared_texts.list_for(talk.session, talk.agency.id)
    new = [talk.button(f"{NAME}:new", "prepared.new.button")] if writer(talk) is not None else []
    if not known:
        return Reply("prepared.none", {}, new)
    lines, choices = numbered(talk, NAME, known, page, line=lambda row: _title(talk, row), fixed=new)
    return Reply("prepared.list", {"prepared": lines}, choices, columns=4)


def _title(talk: Talk, row: PreparedText) -> str:
    return f"{row.name} · {_moment(talk, row)} · {_state(talk, row)}"


def _shown(talk: Talk, row: PreparedText) -> Reply:
    """All an approver has to read: every language, for whom it is, where the languages differ."""
    talk.open(NAME)
    topic = topics.find(talk.session, talk.agency.id, row.topic_id) if row.topic_id else None
    whom = topic.name_in(talk.locale) if topic else talk.say("announce.everyone")
    head = [_title(talk, row), *([whom] if row.meaning is None else [])]
    parts = [f"{texts.native_name(locale)}:\n{text}" for locale, text in row.texts.items()]
    found = content.differences(row.texts, zone=talk.agency.time_zone)
    lines = "\n".join(f"• {compose.explain(each, talk.locale)}" for each in found)
    apart = [talk.say("prepared.differs", found=lines)] if found else []
    return verbatim("\n\n".join(["\n".join(head), *parts, *apart]), choices=_ways(talk, row))


def _ways(talk: Talk, row: PreparedText) -> list[Choice]:
    officer = writer(talk)
    if officer is None:
        return [_back(talk)]
    may = officer.role in prepared_texts.MAY_APPROVE and officer.id not in row.editor_ids
    seen = approving.mark(prepared_texts.digest(row))
    approve = [talk.button(f"{NAME}:approve:{row.id}:{seen}", "prepared.approve.button")]
    return [
        *(approve if may and row.approved_hash is None else []),
        talk.button(f"{NAME}:edit:{row.id}", "prepared.edit.button"),
        talk.button(f"{NAME}:drop:{row.id}", "prepared.drop.button"),
        _back(talk),
    ]


def _ask_moment(talk: Talk) -> Reply:
    talk.open(NAME)
    choices = [talk.button(f"{NAME}:moment:{each}", f"prepared.moment.{each}") for each in (ALERT, *Meaning)]
    return Reply("prepared.ask_moment", {}, [*choices, _back(talk)], columns=2)


def _begun(talk: Talk, moment: str) -> list[Reply]:
    data: dict[str, Any] = {"id": None, "moment": moment, "name": "", "texts": {}, "place": 0}
    return [_ask_topic(talk, **data) if moment == ALERT else _ask(talk, topic=None, **data)]


def _ask_topic(talk: Talk, page: int = 0, **data: Any) -> Reply:
    """Whom an alert is for; until that is answered there is no `topic` among what is remembered."""
    talk.open(NAME, **data)
    known = topics.list_for(talk.session, talk.agency.id)
    everyone = talk.button(f"{NAME}:topic:all", "announce.everyone.button")
    choices = [everyone, *(Choice(f"{NAME}:topic:{each.id}", each.name_in(talk.locale)) for each in known)]
    more = talk.button(f"{NAME}:topics:{page + 1}", "topics.more.button")
    return Reply("prepared.ask_topic", {}, talk.page(choices, page, more=more, fixed=[_back(talk)]), is_numbered=True)


def _ask(talk: Talk, **data: Any) -> Reply:
    """The name, then each language."""
    talk.open(NAME, **data)
    if not data["name"]:
        return Reply("prepared.ask_name", {"limit": prepared_texts.NAME_LENGTH}, [_back(talk)])
    locale = talk.agency.locales[int(data["place"])]
    choices = [talk.button(f"{NAME}:skip", "announce.skip.button"), _back(talk)]
    return Reply("prepared.ask_text", {"language": texts.native_name(locale)}, choices)


def _kept(talk: Talk) -> dict[str, Any]:
    return {name: talk.data[name] for name in ("id", "moment", "topic", "name", "texts", "place") if name in talk.data}


def _of(row: PreparedText) -> dict[str, Any]:
    moment = row.meaning.value if row.meaning is not None else ALERT
    return {"id": row.id, "moment": moment, "topic": row.topic_id, "name": row.name, "texts": {}, "place": 0}


def _with(talk: Talk, action: Sequence[str], do: Callable[[PreparedText], list[Reply]]) -> list[Reply]:
    row = prepared_texts.get(talk.session, talk.agency.id, id_in(action) or 0)
    return do(row) if row is not None else [Reply("prepared.unknown"), _list(talk)]


def _moment(talk: Talk, row: PreparedText) -> str:
    return talk.say(f"prepared.moment.{row.meaning or ALERT}")


def _state(talk: Talk, row: PreparedText) -> str:
    if not policy.has_rules(talk.agency, Kind.ALERT):
        return talk.say("prepared.state.ready")
    return talk.say(
        "prepared.state.approved" if prepared_texts.is_ready(talk.agency, row) else "prepared.state.waiting"
    )


def _back(talk: Talk) -> Choice:
    return talk.button(f"{NAME}:list", "prepared.back.button")
