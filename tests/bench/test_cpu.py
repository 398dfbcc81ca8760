"""What work cost: children count, ended ones too, and so does everything PostgreSQL did."""

import os
import subprocess
import sys
import time

from bench import cpu, servers
from bench.meter import Memory, Reading
from bench.servers import Servers

BURN = "import time\nwhile time.process_time() < {seconds}: pass"
PARENT = (
    "import subprocess, sys, time; subprocess.run([sys.executable, '-c', {burn!r}]); print('done', flush=True); input()"
)


def test_the_cpu_of_a_child_that_has_ended_still_counts() -> None:
    words = [sys.executable, "-c", PARENT.format(burn=BURN.format(seconds=0.3))]
    with subprocess.Popen(words, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        assert process.stdout.readline() == "done\n"
        assert cpu.family(process.pid) >= 0.28
        process.communicate("\n", timeout=20)


def test_a_living_child_is_found_and_counted() -> None:
    before = cpu.family(os.getpid())
    with subprocess.Popen(
        [sys.executable, "-c", BURN.format(seconds=0.3) + "\ninput()"], stdin=subprocess.PIPE
    ) as child:
        assert child.pid in cpu.children(os.getpid())
        deadline = time.monotonic() + 20
        while cpu.family(child.pid) < 0.28 and time.monotonic() < deadline:
            time.sleep(0.02)
        assert cpu.family(os.getpid()) - before >= 0.28
        child.communicate(b"\n", timeout=20)
    assert cpu.stat(child.pid) is None


def test_what_a_query_costs_is_postgresqls(pair: Servers) -> None:
    before = Reading.of(pair, {})
    with servers.connected(pair.database_url) as connection:
        connection.execute("SELECT sum(i) FROM generate_series(1, 3000000) i")
        used = Reading.of(pair, {}).since(before)
    assert used["postgresql"] >= 0.05
    assert used["redis"] < used["postgresql"]


def test_memory_is_looked_at_while_it_is_used() -> None:
    with Memory(os.getpid()) as memory:
        held = bytearray(80_000_000)
        held[::4096] = b"x" * len(held[::4096])
        time.sleep(0.6)
        with_it = cpu.resident(os.getpid())
        del held
    assert memory.peak * 1_000_000 >= with_it * 0.9
