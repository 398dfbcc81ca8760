"""A kept call, read again."""

from channels.contract import Event, Hook
from delivery.models import Sender
from delivery.switchboard import Switchboard
from webhooks.models import Call


def event_of(switchboard: Switchboard, sender: Sender, call: Call) -> Event | None:
    """The event again, from the raw call: what was kept is the truth, not what we once made of it."""
    hook = Hook(url=call.url, headers={"content-type": call.content_type}, body=call.body)
    events = switchboard.channel(sender).parse(hook)
    return next((event for event in events if event.event_id == call.event_id), None)
