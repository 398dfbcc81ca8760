"""What somebody sent is fetched, or it is not: the conversation goes on either way."""

from channels.contract import Attachment, Channel, MediaKind, Unavailable
from delivery.models import Sender
from tests.webhooks.gate import Gate
from webhooks import fetching


def test_a_file_whose_fetching_crashes_is_no_file_and_keeps_nobody_waiting(gate: Gate, bot: Sender) -> None:
    def crash(channel: Channel, attachment: Attachment) -> bytes:
        raise ValueError("not what the platform promised")

    wanted = fetching.Wanted(bot.id, "e1", Attachment(MediaKind.PHOTO, "file-1"))
    fetched = fetching.fetched(gate.sessions, gate.board, wanted, crash)
    assert isinstance(fetched, Unavailable)
    assert fetched.reason == "fetch_failed"
