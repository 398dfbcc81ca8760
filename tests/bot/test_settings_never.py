"""What no sequence of taps and words about settings can ever do, found by trying many."""

import itertools

from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule, run_state_machine_as_test
from sqlalchemy.orm import Session

from bot.hours import DAY
from delivery.models import Sender
from subscribers import areas, topics, wishes
from tests.bot import people
from tests.bot.people import Person, subscribed
from tests.bot.test_settings import add_areas
from tests.bot.test_topics import nest

WORDS = """/settings|settings|设置|tetapan|அமைப்புகள்|/topics|topik|/often|how often|/quiet|quiet|10pm to 7am
/quiet 22:00-7:00|免打扰|25:00-99:00|none|tiada|/area|/area bedok|地区|bedok|裕廊|/pause|/pause 7|pause for a month
暂停7天|jeda|3 days|0|1|2|1 3|7|30|99|௭|more|lagi|done|完成|yes|no|back|start|/start|/help|hello|english|தமிழ்
daily summary|asdf||🙂|floods""".replace("\n", "|").split("|")
KEYS = """settings:begin|settings:often|settings:often:9|settings:topic:1|settings:topic:all|settings:cadence:1:weekly
settings:cadence:all:alerts|settings:cadence:99:daily|settings:quiet|settings:quiet:1320:420|settings:quiet:none
settings:quiet:1440:0|settings:areas|settings:areas:7|settings:area:1:0|settings:area:99:0|settings:everywhere
settings:media:on|settings:media:off|settings:pause|settings:pause:1|settings:pause:365|settings:resume|settings:x|settings
topics:begin|topics:toggle:1:0|topics:toggle:4:1|topics:done|topics:often|topics:cadence:1|topics:page:3
language:begin|language:set:ms|leaving:stay|onboarding:yes|onboarding:done|help:begin""".replace("\n", "|").split("|")
_values = itertools.count(5000)


def test_settings_always_answer_and_never_touch_consent(session: Session, telegram: Sender, whatsapp: Sender) -> None:
    for sender in (telegram, whatsapp):
        add_areas(session, sender, "bedok", *(f"ward-{number}" for number in range(11)))
        nest(session, sender, "floods", *(f"river-{number}" for number in range(11)))

    class Chooses(RuleBasedStateMachine):
        """Somebody subscribed, who changes their mind about everything but that."""

        person: Person

        @initialize(sender=st.sampled_from([telegram, whatsapp]), locale=st.sampled_from(people.LOCALES))
        def arrive(self, sender: Sender, locale: str) -> None:
            self.person = subscribed(Person(session, sender, value=str(next(_values))))
            self.person.taps(f"language:set:{locale}")
            self.record = len(self.person.record)

        @rule(text=st.sampled_from(WORDS))
        def say(self, text: str) -> None:
            self.person.says(text)

        @rule(key=st.sampled_from(KEYS))
        def tap_something_old(self, key: str) -> None:
            self.person.taps(key)

        @rule(place=st.integers(0, 9))
        def tap_something_shown(self, place: int) -> None:
            choices = [choice for draft in self.person.seen for choice in draft.choices]
            choices = [choice for choice in choices if choice.key != "leaving:stop"]
            if choices:
                chosen = choices[place % len(choices)]
                self.person.taps(chosen.key, chosen.label)

        @rule(place=st.integers(0, 9))
        def type_a_label_that_is_shown(self, place: int) -> None:
            choices = [choice for draft in self.person.seen for choice in draft.choices]
            choices = [choice for choice in choices if choice.key != "leaving:stop"]
            if choices:
                self.person.says(choices[place % len(choices)].label)

        @invariant()
        def there_is_an_answer_that_fits(self) -> None:
            limits = self.person.limits
            for draft in self.person.seen:
                assert draft.text.strip()
                assert limits.measure(draft.text) <= limits.text_length
                assert 1 <= len(draft.choices) <= max(limits.buttons, limits.list_items)
                assert len({choice.key for choice in draft.choices}) == len(draft.choices)
                assert all(len(choice.key.encode()) <= 64 for choice in draft.choices)

        @invariant()
        def consent_is_as_it_was(self) -> None:
            assert self.person.is_subscribed
            assert len(self.person.record) == self.record

        @invariant()
        def every_wish_is_one_that_can_be_kept(self) -> None:
            person = self.person.subscriber
            hours = wishes.quiet_hours(person)
            assert hours is None or (0 <= hours.start < DAY and 0 <= hours.end < DAY and hours.start != hours.end)
            assert person.paused_until is None or (person.paused_until - self.person.now).days <= max(wishes.PAUSES)
            assert areas.chosen(session, person) <= {area.id for area in areas.list_for(session, person.agency_id)}
            ours = {topic.id for topic in topics.list_for(session, person.agency_id)}
            assert set(topics.held(session, person)) <= ours

    quick = settings(
        max_examples=20, stateful_step_count=20, deadline=None, suppress_health_check=list(HealthCheck), database=None
    )
    run_state_machine_as_test(Chooses, settings=quick)
