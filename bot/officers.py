"""What only officers can say: the commands and dialogs that exist for nobody else."""

from bot.protocol import Command, Dialog

COMMANDS: tuple[Command, ...] = ()
DIALOGS: tuple[Dialog, ...] = ()
