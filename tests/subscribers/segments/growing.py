"""Trees for tests: an agency's names, and segments of every shape that can be asked."""

from datetime import date

from hypothesis import strategies as st

from subscribers.segments import tree
from subscribers.segments.names import Called, Known
from subscribers.segments.tree import DATED, NONE, Field, Not, Sign, Term, Tree

POSTER = 'Poster "Bedok", №5 “A”'
KEYS = {
    Field.TOPIC: ["floods", "dengue", "roads"],
    Field.LANGUAGE: ["en", "zh_Hans", "ms", "ta"],
    Field.CHANNEL: ["telegram", "whatsapp"],
    Field.AREA: ["bedok", "yishun", NONE],
    Field.CADENCE: ["at_once", "daily", "weekly", "alerts"],
    Field.SOURCE: ["poster-bedok", POSTER, NONE],
}
NAMES = {
    "floods": {"en": "Floods", "zh_Hans": "水灾", "ms": "Banjir", "ta": "வெள்ளம்"},
    "roads": {"en": "Road works", "zh_Hans": "道路工程", "ms": "Kerja jalan", "ta": "சாலைப் பணிகள்"},
    "ta": {"en": "Tamil", "ta": "தமிழ்"},
}
KNOWN = Known({field: [Called(key, NAMES.get(key, {})) for key in keys] for field, keys in KEYS.items()})
DAYS = st.dates(date(2026, 1, 1), date(2026, 1, 6)).map(date.isoformat)


@st.composite
def terms(draw: st.DrawFn) -> Term:
    """One comparison."""
    field = draw(st.sampled_from(Field))
    if field in DATED:
        return Term(field, draw(st.sampled_from([each for each in Sign if each is not Sign.IS])), (draw(DAYS),))
    values = draw(st.lists(st.sampled_from(KEYS[field]), min_size=1, max_size=3, unique=True))
    return Term(field, Sign.IS, tuple(values))


def _grown(inner: st.SearchStrategy[Tree]) -> st.SearchStrategy[Tree]:
    some = st.lists(inner, min_size=2, max_size=3)
    return inner.map(Not) | some.map(tree.both) | some.map(tree.either)


def trees() -> st.SearchStrategy[Tree]:
    """Trees within the language's bounds."""
    grown: st.SearchStrategy[Tree] = st.recursive(terms(), _grown, max_leaves=8)
    return grown.filter(lambda each: len(list(tree.terms(each))) <= tree.MOST_TERMS and _depth(each) <= tree.DEEPEST)


def _depth(each: Tree) -> int:
    match each:
        case Term():
            return 0
        case Not():
            return 1 + _depth(each.of) + (not isinstance(each.of, Term | Not))
        case _:
            return 1 + max(map(_depth, each.parts))
