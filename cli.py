"""The `loudhailer` command. Each subcommand's code is imported when it is asked for: a worker needs no simulator."""

import gc
import sys
from importlib import import_module
from types import ModuleType

import click

COMMANDS = {
    "up": "commands.processes:up",
    "web": "commands.processes:web",
    "worker": "commands.processes:worker",
    "clock": "commands.processes:clock",
    "simulator": "simulator.cli:simulator",
    "top": "commands.watching:top",
    "migrate": "commands.operating:migrate",
    "doctor": "commands.operating:doctor",
    "agency": "commands.agencies:agency",
    "topic": "commands.topics:topic",
    "area": "commands.topics:area",
    "segment": "commands.segments:segment",
    "bulletin": "commands.topics:bulletin",
    "feed": "commands.feeds:feed",
    "link": "commands.links:link",
    "sender": "commands.senders:sender",
    "officer": "commands.officers:officer",
    "audit": "commands.audit:audit",
    "answer": "commands.answers:answer",
    "announce": "commands.announcing:announce",
    "pause": "commands.announcing:pause",
    "resume": "commands.announcing:resume",
    "cancel": "commands.announcing:cancel",
    "who": "commands.outcomes:outcome_file",
    "understand": "commands.understanding:understand",
    "import": "commands.operating:import_subscribers",
    "replay": "commands.operating:replay",
    "unstick": "commands.operating:unstick",
}


class Lazy(click.Group):
    """A group whose subcommands are looked up in COMMANDS (click's documentation, "Lazily Loading Subcommands")."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        """In the order of the table: what one needs first stands first."""
        return list(COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        """Import it, if there is one of this name."""
        if cmd_name not in COMMANDS:
            return None
        module, _, name = COMMANDS[cmd_name].partition(":")
        found: click.Command = getattr(_imported(module), name)
        return found


def _imported(module: str) -> ModuleType:
    """A module whose objects, and those of all that it imports, are never looked through for garbage.

    They stay as long as the process does; looking through them, again and again while importing and once more at the
    end, took a third of a short command's time.
    """
    if module in sys.modules:
        return sys.modules[module]
    gc.disable()
    try:
        return import_module(module)
    finally:
        gc.freeze()
        gc.enable()


@click.command(
    cls=Lazy,
    context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 110},
)
@click.version_option("0.1.0", prog_name="loudhailer")
def main() -> None:
    """Loudhailer: a public agency speaks to its citizens on the apps they already use."""


if __name__ == "__main__":
    main(prog_name="loudhailer")
