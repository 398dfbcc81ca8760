"""/audience and /estimate: whom an announcement that has not left would reach, and how long and dear that is."""

from collections.abc import Callable, Iterator, Mapping
from datetime import timedelta

from bot.dialogs.officer_desk import Desk, desk_of, kept_draft, writer
from bot.replies import Reply, verbatim
from bot.talk import Talk
from broadcast import compose, counting, portrait
from broadcast.audience import LANES
from broadcast.counting import Count, Estimate
from broadcast.models import Broadcast
from broadcast.portrait import Portrait, Somebody
from broadcast.states import State
from channels import registry
from delivery import quiet, senders
from locales import texts
from subscribers import areas, topics

LEFT_OUT = ("language", "cadence", "area", "paused", "unreachable")
TO_COME = (State.DRAFT, State.SUBMITTED, State.RETURNED, State.APPROVED, State.SCHEDULED)


def audience(talk: Talk, argument: str = "") -> list[Reply]:
    """By channel, language, topic and area, who is left out and why, and five of them without their names."""
    return _about(talk, argument, _audience)


def estimate(talk: Talk, argument: str = "") -> list[Reply]:
    """When each channel is done at today's rates, what it costs, whose quiet hours it meets, which tier it needs."""
    return _about(talk, argument, _estimate)


def split(talk: Talk, by_channel: Mapping[str, int], by_locale: Mapping[str, int]) -> Iterator[str]:
    """Numbers of people by app and by language."""
    channels = {texts.channel(key, talk.locale): number for key, number in by_channel.items()}
    languages = {_language(key): number for key, number in by_locale.items()}
    for key, each in (("numbers.by_channel", channels), ("numbers.by_language", languages)):
        if each:
            yield talk.say(key, counts=_counts(each, talk.locale))


def _about(talk: Talk, argument: str, say: Callable[[Desk, Count], Iterator[str]]) -> list[Reply]:
    if talk.officer is None:
        return []
    found = _found(talk, argument)
    if found is None:
        return [Reply("control.unknown" if argument else "numbers.no_draft")]
    if found.state not in TO_COME:
        return [Reply("announce.gone", {"code": found.code, "state": talk.say(f"broadcast.state.{found.state}")})]
    desk = Desk(talk, talk.officer, found)
    return [verbatim("\n".join(say(desk, counting.count(talk.session, found, now=talk.now))))]


def _found(talk: Talk, argument: str) -> Broadcast | None:
    """The announcement with this code, or the one being written; of others' drafts nobody learns anything."""
    assert talk.officer is not None, "only officers have these commands"
    if argument:
        found = compose.by_code(talk.session, talk.agency.id, argument)
        is_hidden = found is not None and found.state is State.DRAFT and not compose.may_touch(found, talk.officer)
        return None if is_hidden else found
    desk, officer = desk_of(talk), writer(talk)
    return desk.draft if desk is not None else kept_draft(talk, officer) if officer is not None else None


def _audience(desk: Desk, counted: Count) -> Iterator[str]:
    talk = desk.talk
    yield from _title(desk)
    seen = portrait.of(talk.session, desk.draft, limits_of=registry.limits, now=talk.now, seed=desk.draft.id)
    yield texts.say_many("numbers.people", counted.people, talk.locale)
    yield from split(talk, counted.by_channel, counted.by_locale)
    yield from _left_out(talk, counted)
    yield from _by_topic(desk, seen)
    if seen.sample:
        yield talk.say("numbers.sample")
        yield from (_somebody(talk, each) for each in seen.sample)


def _by_topic(desk: Desk, seen: Portrait) -> Iterator[str]:
    talk, agency_id = desk.talk, desk.talk.agency.id
    held = {
        topic.name_in(talk.locale): seen.topics[topic.id]
        for topic in topics.list_for(talk.session, agency_id)
        if topic.id in seen.topics
    }
    chosen = {
        area.name_in(talk.locale): seen.areas[area.id]
        for area in areas.list_for(talk.session, agency_id)
        if area.id in seen.areas
    }
    if held:
        yield talk.say("numbers.by_topic", counts=_counts(held, talk.locale))
    if chosen:
        everywhere = {talk.say("numbers.everywhere"): seen.areas.get(0, 0)}
        yield talk.say("numbers.by_area", counts=_counts(chosen | everywhere, talk.locale))


def _estimate(desk: Desk, counted: Count) -> Iterator[str]:
    talk, draft = desk.talk, desk.draft
    yield from _title(desk)
    yield texts.say_many("numbers.people", counted.people, talk.locale)
    took = counting.estimate(talk.session, draft, counted, limits_of=registry.limits, now=talk.now)
    yield from _channels(desk, counted, took)
    yield from _cost(desk, took)
    yield from _quiet(desk, counted, took)
    yield from _tiers(desk)


def _title(desk: Desk) -> Iterator[str]:
    yield desk.talk.say("numbers.title", code=desk.draft.code, topic=desk.topic_name())
    if desk.draft.segment is not None:
        yield desk.talk.say("announce.for_segment", words=desk.segment_words())
    if desk.draft.area_ids:
        yield desk.talk.say("announce.for_areas", areas=desk.area_names())


def _channels(desk: Desk, counted: Count, took: Estimate) -> Iterator[str]:
    """Each sender by itself: two numbers of one channel have a pace each."""
    talk, lane = desk.talk, LANES[desk.draft.kind]
    rates = counting.rates_of(talk.session, talk.agency.id, lane, registry.limits, now=talk.now)
    for sender_id, people in counted.by_sender.items():
        span = max(took.by_sender[sender_id], timedelta(seconds=1))  # nothing is done in 0 seconds
        yield talk.say(
            "numbers.channel",
            channel=texts.channel(counted.channels[sender_id], talk.locale),
            people=people,
            span=texts.span(span, talk.locale),
            by=texts.instant(talk.now + span, talk.agency.time_zone, talk.locale),
            rate=texts.number(round(rates[sender_id], 1), talk.locale),
        )


def _cost(desk: Desk, took: Estimate) -> Iterator[str]:
    for channel, price in took.prices.items():
        cost = f"{texts.number(price, desk.talk.locale)} {registry.limits(channel).paid_currency}"
        yield desk.talk.say("announce.paid", channel=texts.channel(channel, desk.talk.locale), cost=cost)
    if not took.prices:
        yield desk.talk.say("numbers.unpaid")


def _quiet(desk: Desk, counted: Count, took: Estimate) -> Iterator[str]:
    """Who is in quiet hours now, and who will be when the last message leaves."""
    talk, ends_at = desk.talk, desk.talk.now + took.span
    then = counted.waiting_at(quiet.minute_of(ends_at, talk.agency.time_zone))
    if counted.waiting:
        yield texts.say_many("announce.waiting", counted.waiting, talk.locale)
    if then > counted.waiting:
        at = texts.instant(ends_at, talk.agency.time_zone, talk.locale)
        yield texts.say_many("numbers.waiting_then", then, talk.locale, at=at)
    if not counted.waiting and not then:
        yield talk.say("numbers.no_quiet")


def _tiers(desk: Desk) -> Iterator[str]:
    """Which of the platform's tiers is large enough for those who get approved wording."""
    talk = desk.talk
    tiered = [each for each in senders.of_agency(talk.session, talk.agency.id) if registry.limits(each.channel).tiers]
    if not tiered:
        return
    seen = portrait.of(talk.session, desk.draft, limits_of=registry.limits, now=talk.now, seed=0)
    for sender in tiered:
        tiers, outside = registry.limits(sender.channel).tiers, seen.outside.get(sender.id, 0)
        if not outside:
            continue
        values = {"channel": texts.channel(sender.channel, talk.locale)}
        enough = next((tier for tier in tiers if outside <= tier), None)
        if enough is None:
            yield texts.say_many("numbers.no_tier", outside, talk.locale, largest=tiers[-1], **values)
        else:
            yield texts.say_many("numbers.tier", outside, talk.locale, tier=enough, **values)


def _left_out(talk: Talk, counted: Count) -> Iterator[str]:
    lines = [
        f"• {texts.say_many(f'announce.left_out.{why}', number, talk.locale)}"
        for why in LEFT_OUT
        if (number := getattr(counted.left_out, why))
    ]
    if lines:
        yield talk.say("announce.left_out")
        yield from lines


def _somebody(talk: Talk, each: Somebody) -> str:
    at = each.joined_at or talk.now
    return talk.say(
        "numbers.somebody",
        language=_language(each.locale),
        channel=texts.channel(each.channel, talk.locale),
        ending=each.ending,
        at=texts.instant(at, talk.agency.time_zone, talk.locale),
    )


def _language(locale: str) -> str:
    """A language as it calls itself; one that no catalog is left of by its key."""
    return texts.native_name(locale) if locale in texts.locales() else locale


def _counts(numbers: Mapping[str, int], locale: str) -> str:
    return ", ".join(f"{name} {texts.number(number, locale)}" for name, number in numbers.items())
