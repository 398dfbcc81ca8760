"""The commands of a running simulator."""

import json
import subprocess
import sys

import pytest
from click.testing import CliRunner, Result
from twilio.rest import Client

from simulator.cli import simulator
from tests.simulated import ROOT, Simulator
from tests.simulator.test_telegram import started
from tests.simulator.test_twilio_content import TEXT, approve, make


def run(sim: Simulator, *words: str) -> Result:
    """Run `simulator fault ...` against the running one."""
    return CliRunner().invoke(simulator, ["fault", "--url", sim.url, *words])


def test_a_fault_is_put_in_force_listed_and_cleared(sim: Simulator) -> None:
    made = run(sim, "add", "throttle", "--channel", "telegram", "--probability", "0.2", "--seconds", "9")
    assert made.exit_code == 0
    fault = json.loads(made.output)
    assert (fault["kind"], fault["channel"], fault["probability"], fault["seconds"]) == ("throttle", "telegram", 0.2, 9)
    assert json.loads(run(sim, "list").output)["faults"] == [fault]
    run(sim, "clear", str(fault["id"]))
    assert json.loads(run(sim, "list").output)["faults"] == []


def test_a_phone_can_be_made_to_block_and_to_vanish(sim: Simulator, bot: str) -> None:
    phone = started(sim, bot)
    run(sim, "phone", phone["id"], "block", "--bot", bot)
    assert sim.phone(phone["id"])["blocked"] == [bot]
    run(sim, "phone", phone["id"], "unblock", "--bot", bot)
    run(sim, "phone", phone["id"], "deactivate")
    assert (sim.phone(phone["id"])["blocked"], sim.phone(phone["id"])["deactivated"]) == ([], True)


def test_what_the_simulator_refuses_is_told(sim: Simulator) -> None:
    refused = run(sim, "phone", "nobody", "deactivate")
    assert refused.exit_code == 1
    assert "no such phone" in refused.output


def test_a_template_is_decided_on_by_its_name_or_all_to_come(sim: Simulator, sender: str, twilio: Client) -> None:
    decided = CliRunner().invoke(simulator, ["decide", "pending", "--url", sim.url])
    assert decided.exit_code == 0
    sid = make(twilio, TEXT)
    approve(twilio, sid)
    words = ["decide", "rejected", "--template", "notice_v1", "--reason", "Too vague", "--url", sim.url]
    assert CliRunner().invoke(simulator, words).exit_code == 0
    said = twilio.content.v1.contents(sid).approval_fetch().fetch().whatsapp
    assert (said["status"], said["rejection_reason"]) == ("rejected", "Too vague")
    unknown = CliRunner().invoke(simulator, ["decide", "paused", "--template", "xyzzy", "--url", sim.url])
    assert (unknown.exit_code, "no such content" in unknown.output) == (1, True)


def test_a_simulator_that_is_not_there_is_told() -> None:
    result = CliRunner().invoke(simulator, ["fault", "--url", "http://127.0.0.1:9", "list"])
    assert (result.exit_code, "no simulator answers at http://127.0.0.1:9" in result.output) == (1, True)


@pytest.mark.parametrize("shell", [[], ["sh", "-c", "trap '' INT; exec \"$@\"", "sh"]], ids=["child", "background job"])
def test_it_ends_with_whoever_started_it(shell: list[str]) -> None:
    command = [*shell, sys.executable, "-m", "simulator", "--port", "0", "--until-input-ends"]
    process = subprocess.Popen(command, cwd=ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE)
    assert process.stdout is not None
    try:
        assert b"http" in process.stdout.readline()
        process.communicate(timeout=10)  # closes its input, as a killed parent would
    finally:
        process.kill()
    assert process.returncode == 0


def test_the_same_seed_invents_the_same_people() -> None:
    people = []
    for _ in range(2):
        with Simulator(seed=42) as sim:
            people.append(sim.new_phone("whatsapp", "ms"))
    assert people[0] == people[1]
