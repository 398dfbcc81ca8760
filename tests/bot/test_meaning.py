"""What `meaning` says of a text is what the conversation does with it."""

from sqlalchemy.orm import Session

from bot import meaning, topic_words
from bot.meaning import Meaning
from delivery.models import Sender
from subscribers import topics
from tests.bot.people import Person, subscribed

TEXTS = """stop|pls sotp|cancel|stop floods|停止水灾通知|stop the floods|tak nak banjir|how do I stop?|don't stop
help|bantuan|topics|தமிழ்|language|start|hello|asdf|/stop|/topics|/help please|/language|top|shop
settings|设置|/settings|pause|jeda|quiet hours|how often|area|latest|最新|latest floods|latest nonsense|verify B7K2
semak|is this real? B7K2|/verify B7K2|check what|join my apps|/join|合并|nyahgabung|delete my data|忘记我
my data|/history|sejarah saya""".replace("\n", "|").split("|")
SAID = {
    "stop": "You have been unsubscribed",
    "stop_topic": "no more messages about “Floods”",
    "ask": "Do you want to stop",
    "help": "This service sends you announcements",
    "topics": "Your topics from",
    "start": "You are subscribed",
    "settings": "Your settings",
    "pause": "For how long",
    "quiet": "would you like quiet",
    "often": "How often would you like",
    "area": "by area",
    "latest": "no announcements yet",
    "verify": "code",
    "join": "two apps",
    "leave_join": "not joined",
    "mydata": "holds about you",
    "history": "agreed",
    "deleteme": "delete everything it holds",
    "greeting": "Hello. This is",
    "nothing": "Sorry, we did not understand",
}


def test_the_conversation_does_what_the_meaning_says(session: Session, telegram: Sender) -> None:
    known = topics.list_for(session, telegram.agency_id)
    named = [topic_words.named(topic.id, (topic.key, *topic.names.values())) for topic in known]
    person = subscribed(Person(session, telegram), 1, 2)
    session.flush()
    for text in TEXTS:
        meant = meaning.of(text, named)
        with session.begin_nested() as said:  # taken back: each text is the first they say
            answer = person.says(text)
            if meant.intent == "language":
                assert person.subscriber.locale == (meant.language or "en"), text
            else:
                assert SAID[meant.intent] in answer, text
            said.rollback()


def test_a_name_in_passing_is_told_as_well() -> None:
    floods = topic_words.named(1, ["floods"])
    assert meaning.of("floods", [floods]) == Meaning("nothing", (1,))
    assert meaning.of("floods", []) == Meaning("nothing")
