"""`python -m simulator`: the same commands as `loudhailer simulator`."""

from simulator.cli import simulator

simulator(prog_name="python -m simulator")
