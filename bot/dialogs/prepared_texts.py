"""/prepared: the agency's prepared alerts and corrections: read, written, changed, approved, deleted.

Writing one is prepared_writing.py. An approval is bound to exactly what was shown.
"""

from collections.abc import Callable, Iterator, Sequence

from bot.dialogs import confirming, officer_prepared, prepared_writing
from bot.dialogs.officer_desk import Step, cannot, read_only, sit_down, writer
from bot.dialogs.prepared_writing import ALERT, back
from bot.dialogs.prepared_writing import NAME as NAME
from bot.pickers import id_in, numbered
from bot.replies import Reply, verbatim
from bot.talk import Talk
from broadcast import aftercare, approving, compose, policy, prepared_texts
from broadcast.models import PreparedText
from broadcast.states import ForbiddenMove, Kind
from channels.contract import Choice
from locales import texts
from staff.models import Officer
from subscribers import topics


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
        case ["new" | "moment" | "topics" | "topic" | "skip" | "gap" | "meant" | "anew", *_]:
            return _kept(talk, prepared_writing.tap(talk, officer, action))
        case ["edit", _]:
            return _with(talk, action, lambda row: prepared_writing.edit(talk, row))
        case ["others", _]:
            return _with(talk, action, lambda row: prepared_writing.ask_others(talk, row))
        case ["drop", _]:
            return _with(talk, action, lambda row: [_ask_whether(talk, row)])
        case ["dropped", _]:
            return _with(talk, action, lambda row: _dropped(talk, officer, row))
        case ["approve", _, seen]:
            return _with(talk, action, lambda row: _approve(talk, officer, row, seen))
        case _:
            return []


def hear(talk: Talk, text: str) -> list[Reply]:
    """What is typed while one is written. Else it is for others."""
    officer = writer(talk)
    if officer is None or "moment" not in talk.data:
        talk.close()
        return []
    return _kept(talk, prepared_writing.hear(talk, officer, text))


def _kept(talk: Talk, answered: prepared_writing.Answered) -> list[Reply]:
    """The next question, or what was just kept."""
    if isinstance(answered, list):
        return answered
    if isinstance(answered, prepared_writing.Changed):
        return [Reply("prepared.changed"), _shown(talk, answered.row)]
    return [Reply("prepared.saved", {"name": answered.name}), _shown(talk, answered)]


def _use(talk: Talk, officer: Officer, code: str, prepared_id: int | None) -> list[Reply]:
    """One tap under an alert: the draft of its correction, with this text."""
    first = compose.by_code(talk.session, talk.agency.id, code)
    if first is None or first.launched_at is None:
        return [Reply("control.unknown")]
    try:
        draft = aftercare.correct(talk.session, first, officer, now=talk.now)
    except ForbiddenMove as here:
        return [cannot(talk, first, here.here)]
    desk = sit_down(talk, officer, draft, Step.TEXT, locale=talk.agency.locales[0])
    return officer_prepared.chosen(desk, prepared_id or 0)


def _approve(talk: Talk, officer: Officer, row: PreparedText, seen: str) -> list[Reply]:
    if officer.role not in policy.MAY_APPROVE:
        return read_only(talk)
    if wait := confirming.first(talk, f"{NAME}:approve:{row.id}:{seen}"):
        return wait
    whole = prepared_texts.digest(row)
    if approving.mark(whole) != seen:
        return [Reply("prepared.changed"), _shown(talk, row)]
    try:
        is_approved = prepared_texts.approve(talk.session, row, officer, seen=whole, now=talk.now)
    except prepared_texts.OwnWork:
        return [Reply("prepared.own_work")]
    if not is_approved:  # it was changed while we waited for it
        return [Reply("prepared.changed"), _shown(talk, row)]
    return [Reply("prepared.approved", {"name": row.name})]


def _dropped(talk: Talk, officer: Officer, row: PreparedText) -> list[Reply]:
    name = row.name
    prepared_texts.remove(talk.session, row, officer, now=talk.now)
    return [Reply("prepared.dropped", {"name": name}), _list(talk)]


def _ask_whether(talk: Talk, row: PreparedText) -> Reply:
    choices = [talk.button(f"{NAME}:dropped:{row.id}", "prepared.drop.button"), back(talk)]
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
    found = prepared_texts.differences(talk.agency, row)
    lines = "\n".join(f"• {compose.explain(each, talk.locale)}" for each in found)
    apart = [talk.say("prepared.differs", found=lines)] if found else []
    return verbatim("\n\n".join(["\n".join(head), *parts, *_others(talk, row), *apart]), choices=_ways(talk, row))


def _others(talk: Talk, row: PreparedText) -> Iterator[str]:
    """What readers of the languages without a text get, and of which languages nobody said."""
    undecided = prepared_texts.undecided(talk.agency, row)
    decided = [each for each in prepared_texts.missing(talk.agency, row.texts) if each not in undecided]
    if decided and row.fallback_locale is not None:
        language = texts.native_name(row.fallback_locale)
        yield talk.say("prepared.others", languages=_named(decided), language=language)
    elif decided:
        yield talk.say("prepared.others_nothing", languages=_named(decided))
    if undecided:
        yield talk.say("prepared.others_undecided", languages=_named(undecided))


def _named(locales: Sequence[str]) -> str:
    return ", ".join(texts.native_name(locale) for locale in locales)


def _ways(talk: Talk, row: PreparedText) -> list[Choice]:
    officer = writer(talk)
    if officer is None:
        return [back(talk)]
    may = officer.role in policy.MAY_APPROVE and officer.id not in row.editor_ids
    seen = approving.mark(prepared_texts.digest(row))
    approve = [talk.button(f"{NAME}:approve:{row.id}:{seen}", "prepared.approve.button")]
    others = [talk.button(f"{NAME}:others:{row.id}", "prepared.others.button")]
    return [
        *(approve if may and row.approved_hash is None else []),
        talk.button(f"{NAME}:edit:{row.id}", "prepared.edit.button"),
        *(others if prepared_texts.missing(talk.agency, row.texts) else []),
        talk.button(f"{NAME}:drop:{row.id}", "prepared.drop.button"),
        back(talk),
    ]


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
