"""What every channel promises, over real HTTP against the simulator. A channel's test class inherits ChannelContract.

To add a channel: inherit, say how its sender is registered with the simulator and what its addresses look like, done.
"""

from tests.channels.contract_base import TWO, refused, with_channel
from tests.channels.contract_hearing import HearingContract
from tests.channels.contract_media import MediaContract
from tests.channels.contract_sending import SendingContract

__all__ = ["TWO", "ChannelContract", "refused", "with_channel"]


class ChannelContract(SendingContract, HearingContract, MediaContract):
    """All of it."""
