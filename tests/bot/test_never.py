"""What no sequence of words and taps can ever do, found by trying many."""

import itertools

from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule, run_state_machine_as_test
from sqlalchemy import select
from sqlalchemy.orm import Session

from bot.keywords import Intent, understand
from bot.wordbook import present
from broadcast import audience
from broadcast.audience import Rule
from delivery.models import Sender
from subscribers.models import Cadence, ConsentKind
from tests.bot import people
from tests.bot.people import Person

WORDS = """hi
/start|/start x|start|开始|mula|தொடங்கு|/help|help|/language|english|中文|melayu|தமிழ்|/topics|topik|1|2 3|99
/settings|/pause 7|暂停|/quiet 22:00-7:00|/area bedok|/often|7|none
done|siap|yes|setuju|同意|ஆம்|no|不用了|more|asdf|stop|请停止|berhenti|நிறுத்து|/stop|cancel|how do I stop?|don't stop
stop floods
/latest|latest floods|verify B7K2|/join|K7F3 P2QM|/leave_join|/mydata|/history|/deleteme|DELETE|/answers|/inbox
When does the office open?|how do I get a sandbag pls
sotp|alerts only|ringkasan harian|come back|恢复订阅|🛑|👍|/announce||Yes, subscribe|Subscribe|Floods|  """.replace(
    "\n", "|"
).split("|")
KEYS = """onboarding:begin|onboarding:set:ta|onboarding:toggle:1|onboarding:done|onboarding:topics|onboarding:yes
onboarding:no|onboarding:page:1|topics:begin|topics:toggle:1|topics:toggle:2|topics:done|topics:often|topics:cadence:1
settings:begin|settings:pause:7|settings:resume|settings:media:off|settings:quiet:1320:420|settings:cadence:all:daily
language:begin|language:set:ms|leaving:stop|leaving:stay|leaving:topic:1|leaving:return:1|leaving:daily|leaving:alerts
leaving:back|help:begin|latest:begin|verify:begin|joining:begin|joining:part|joining:prefer:0|deleting:yes|deleting:no
mydata:begin|asking:pass|asking:drop|inbox:show:1|answers:show:1|arriving:add:1|rubbish|topics:toggle:zz""".replace(
    "\n", "|"
).split("|")
RETURNS = ("onboarding:yes", "leaving:daily", "leaving:alerts", "leaving:back")
_values = itertools.count(1000)


def test_nobody_is_left_without_an_answer_or_subscribed_without_their_word(
    session: Session, telegram: Sender, whatsapp: Sender
) -> None:
    class Talks(RuleBasedStateMachine):
        """Somebody who says and taps anything at all."""

        person: Person
        was_subscribed = False
        said_yes = False

        @initialize(sender=st.sampled_from([telegram, whatsapp]))
        def meet(self, sender: Sender) -> None:
            self.person = Person(session, sender, value=str(next(_values)))
            self.person.says("hi")

        @rule(text=st.sampled_from(WORDS))
        def say(self, text: str) -> None:
            understood = understand(text)
            offered = {choice.label: choice.key for draft in self.person.seen for choice in draft.choices}
            self.said_yes = (
                offered.get(text) in RETURNS
                or present().way_back(text) is not None
                or (understood is not None and understood.intent in (Intent.YES, Intent.START))
            )
            self.person.says(text)
            if understood is not None and understood.intent is Intent.STOP:
                assert not self.person.is_subscribed

        @rule(place=st.integers(1, 3))
        def come_to_the_question(self, place: int) -> None:
            for text in ("/start", "English", str(place), "done"):
                self.person.says(text)
            self.said_yes = False

        @rule(key=st.sampled_from(KEYS))
        def tap_something_old(self, key: str) -> None:
            self.said_yes = key in RETURNS
            self.person.taps(key)

        @rule(place=st.integers(0, 9))
        def tap_something_shown(self, place: int) -> None:
            choices = [choice for draft in self.person.seen for choice in draft.choices]
            if choices:
                chosen = choices[place % len(choices)]
                self.said_yes = chosen.key in RETURNS
                self.person.taps(chosen.key, chosen.label)

        @invariant()
        def nobody_is_subscribed_without_their_word(self) -> None:
            is_subscribed = self.person.is_subscribed
            if is_subscribed and not self.was_subscribed:
                assert self.said_yes
            if is_subscribed:
                assert self.person.record[-1].kind is ConsentKind.GRANTED
                assert self.person.record[-1].wording
            elif self.person.is_known and self.person.record:
                assert self.person.record[-1].kind is ConsentKind.WITHDRAWN
            self.was_subscribed = is_subscribed

        @invariant()
        def nobody_is_addressed_who_has_not_agreed(self) -> None:
            everybody = Rule(self.person.sender.agency_id, None, tuple(Cadence), people.LOCALES)
            addressed = select(audience.people(session, everybody, 1, 2**40).c.id)
            if not self.person.is_subscribed and self.person.is_known:
                assert self.person.subscriber.id not in set(session.scalars(addressed))

        @invariant()
        def there_is_always_an_answer_that_fits(self) -> None:
            for draft in self.person.seen:
                assert draft.text.strip()
                assert self.person.limits.measure(draft.text) <= self.person.limits.text_length
                assert len(draft.choices) <= max(self.person.limits.buttons, self.person.limits.list_items)
                assert all(len(choice.key.encode()) <= 64 for choice in draft.choices)

    quick = settings(
        max_examples=20, stateful_step_count=15, deadline=None, suppress_health_check=list(HealthCheck), database=None
    )
    run_state_machine_as_test(Talks, settings=quick)
