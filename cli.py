"""The `loudhailer` command."""

import click

from commands import agencies, announcing, officers, operating, processes, senders
from simulator.cli import simulator


@click.group(context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 110})
@click.version_option("0.1.0", prog_name="loudhailer")
def main() -> None:
    """Loudhailer: a public agency speaks to its citizens on the apps they already use."""


for command in (
    processes.up,
    processes.web,
    processes.worker,
    processes.clock,
    simulator,
    operating.migrate,
    operating.doctor,
    agencies.agency,
    agencies.topic,
    agencies.bulletin,
    senders.sender,
    officers.officer,
    announcing.announce,
    announcing.pause,
    announcing.resume,
    announcing.cancel,
    operating.import_subscribers,
    operating.replay,
):
    main.add_command(command)


if __name__ == "__main__":
    main(prog_name="loudhailer")
