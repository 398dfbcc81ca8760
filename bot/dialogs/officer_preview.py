"""The end of /announce: the very messages, who would get them and by when, and the code that sends them.

The code is bound to the fingerprint of what was shown, lives in this conversation's data, and holds once, for a while.
"""

from collections.abc import Iterator
from datetime import timedelta

from bot.dialogs import typed_code
from bot.dialogs.officer_desk import Desk, Step
from bot.dialogs.officer_questions import ask, edit_ways, question, submit_ways
from bot.replies import Reply, verbatim
from broadcast import approving, compose, counting, previews, report
from broadcast.counting import Count, Estimate
from channels import registry
from locales import texts

SOON = timedelta(minutes=1)  # what is shorter is not told in seconds


def show(desk: Desk) -> list[Reply]:
    """The preview and the question for a new code; without a code where nobody would get it.

    Where the languages differ that comes first: nothing is shown to be confirmed before it is said to be meant.
    """
    if not desk.is_same():
        desk.go(Step.SAME)
        return [ask(desk)]
    return [*messages(desk), *_cautions(desk), *ask_code(desk)]


def ask_code(desk: Desk) -> list[Reply]:
    """Who would get it now and by when, and a new code for exactly this; no code where nobody would, now or later.

    Where a rule asks for approvers there is a way to them instead of the code.
    """
    counted = counting.count(desk.session, desk.draft, now=desk.talk.now)
    if not counted.people and not counted.left_out.later:
        desk.go(Step.PREVIEW)
        return [_nobody(desk, counted)]
    seal = compose.fingerprint(desk.session, desk.draft)
    approvers = approving.needed_for(desk.session, desk.draft, counted.people)
    desk.go(
        Step.PREVIEW,
        seal=seal,
        **({"approvers": approvers} if approvers else typed_code.drawn(desk.talk, is_drill=desk.draft.is_drill)),
    )
    desk.note("broadcast.previewed", fingerprint=seal, people=counted.people)
    if approvers:
        shown = verbatim("\n\n".join(numbers(desk, counted)), choices=edit_ways(desk))
        return [shown, Reply("approving.wants", {"mark": approving.mark(seal)}, submit_ways(desk), n=approvers)]
    text = "\n\n".join([*numbers(desk, counted), type_code(desk)])
    return [verbatim(text, choices=question(desk).ways)]


def type_code(desk: Desk, key: str = "announce.type") -> str:
    """What to type, and how long it holds."""
    span, code = texts.span(typed_code.HOLDS_FOR, desk.talk.locale), str(desk.talk.data["code"])
    if desk.draft.is_drill:
        return desk.talk.say("drill.type", code=f"{desk.talk.say('drill.word')} {code}", span=span)
    return desk.talk.say(key, code=code, span=span)


def _nobody(desk: Desk, counted: Count) -> Reply:
    left_out = "\n".join(_left_out(desk, counted))
    told = desk.talk.say("announce.nobody", topic=desk.topic_name(), left_out=left_out)
    return verbatim(told.rstrip(), choices=question(desk).ways)


def messages(desk: Desk) -> Iterator[Reply]:
    """The very messages, one for each language, and the approved wording where it differs."""
    shown = previews.of(desk.session, desk.draft, limits_of=registry.limits)
    yield Reply("announce.preview", {"languages": ", ".join(texts.native_name(each.locale) for each in shown)})
    for each in shown:
        yield verbatim(each.text, media_id=each.media_id, alternative=each.alternative)
    variants = [each.template for each in shown if each.template is not None and each.template != each.text]
    if variants:
        yield Reply("announce.preview_template")
    for variant in variants:
        yield verbatim(variant)


def _cautions(desk: Desk) -> list[Reply]:
    found = compose.cautions(desk.session, desk.draft, limits_of=registry.limits)
    told = [
        compose.explain(each, desk.talk.locale)
        for each in found
        if each.locale is None or each.locale in desk.written()
    ]
    return [Reply("announce.cautions", {"cautions": "\n".join(f"• {line}" for line in told)})] if told else []


def numbers(desk: Desk, counted: Count) -> Iterator[str]:
    """What it is, how many people get it by what and when, who is left out, and what it costs."""
    talk = desk.talk
    took = counting.estimate(desk.session, desk.draft, counted, limits_of=registry.limits, now=talk.now)
    yield talk.say(report.mark(desk.draft))
    yield texts.say_many("announce.people", counted.people, talk.locale, topic=desk.topic_name())
    if desk.draft.segment is not None:
        yield talk.say("announce.for_segment", words=desk.segment_words())
    if desk.draft.area_ids:
        yield talk.say("announce.for_areas", areas=desk.area_names())
    yield "\n".join(_channels(desk, counted, took))
    if counted.waiting:
        yield texts.say_many("announce.waiting", counted.waiting, talk.locale)
    left_out = list(_left_out(desk, counted))
    if left_out:
        yield "\n".join([talk.say("announce.left_out"), *left_out])
    by = texts.instant(talk.now + took.span, talk.agency.time_zone, talk.locale)
    key = "announce.takes.soon" if took.span < SOON else "announce.takes"
    yield talk.say(key, span=texts.span(took.span, talk.locale), by=by)
    if took.prices:
        yield "\n".join(_prices(desk, took))


def _channels(desk: Desk, counted: Count, took: Estimate) -> Iterator[str]:
    locale = desk.talk.locale
    for channel, people in counted.by_channel.items():
        senders = [sender for sender in counted.by_sender if counted.channels[sender] == channel]
        span = max(took.by_sender[sender] for sender in senders)
        values = {"channel": texts.channel(channel, locale), "span": texts.span(span, locale)}
        key = "announce.channel.soon" if span < SOON else "announce.channel"
        yield texts.say_many(key, people, locale, **values)
        for reader in sorted({reader for sender, reader in counted.cells if sender in senders}):
            number = sum(counted.cells.get((sender, reader), 0) for sender in senders)
            yield f"   {texts.native_name(reader)}: {texts.number(number, locale)}"


def _prices(desk: Desk, took: Estimate) -> Iterator[str]:
    for channel, price in took.prices.items():
        cost = f"{texts.number(price, desk.talk.locale)} {registry.limits(channel).paid_currency}"
        yield desk.talk.say("announce.paid", channel=texts.channel(channel, desk.talk.locale), cost=cost)


def _left_out(desk: Desk, counted: Count) -> Iterator[str]:
    left = counted.left_out
    for key in ("language", "cadence", "area", "paused", "unreachable", "gone"):
        if number := getattr(left, key):
            yield f"• {texts.say_many(f'announce.left_out.{key}', number, desk.talk.locale)}"
