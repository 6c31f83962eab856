"""MIDIClient and other programs, through a real JACK server."""

from __future__ import annotations

import re
import shutil
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from audio_servers import patient_jack  # noqa: F401

TOOLS = ("jack_midiseq", "jack_midi_dump", "stdbuf")
MISSING = [tool for tool in TOOLS if not shutil.which(tool)]
pytestmark = pytest.mark.skipif(bool(MISSING), reason=f"not installed: {MISSING} (Debian: jackd2)")

# Sends back what it hears, a semitone higher.
ECHO = """
import coremusic as cm
with cm.MIDIClient("echo") as client:
    source, here = client.create_virtual_source("echo out"), client.create_virtual_destination("echo in")
    print("ready", flush=True)
    for message in here:
        data = message.data
        source.send(bytes([data[0], data[1] + 1, *data[2:]]) if data[0] < 0xF0 else data)
"""

ASK = """
import time
import coremusic as cm
with cm.MIDIClient("ask") as client:
    port, out = client.create_input_port("in"), client.create_output_port("out")
    end = time.monotonic() + 10
    while not (client.find_source("echo out") and client.find_destination("echo in")):
        assert time.monotonic() < end, (client.get_sources(), client.get_destinations())
        time.sleep(0.01)
    port.connect_source("echo out")
    sysex = b"\\xf0" + bytes(i % 128 for i in range({sysex})) + b"\\xf7"
    for data in (b"\\x90\\x3c\\x64", b"\\xb0\\x07\\x40", b"\\xe3\\x00\\x40", sysex, b"\\x80\\x3c\\x00"):
        out.send_data("echo in", data)
        message = port.receive(10)
        if message is None:
            print("nothing", port.dropped)
        else:
            print("whole" if message.data == sysex else message.data.hex(), flush=True)
"""

# Says when the peer comes, plays, and comes again.
RETURN = """
import coremusic as cm
with cm.MIDIClient("listener") as client:
    port = client.create_input_port("in")
    port.connect_source("seq out", wait=True)
    print("ready", flush=True)
    for message in port:
        print(message.data.hex(), flush=True)
"""

SEND = """
import time
import coremusic as cm
with cm.MIDIClient("sender") as client:
    end = time.monotonic() + 10
    while not client.find_destination("midi-monitor") and time.monotonic() < end:
        time.sleep(0.01)
    out = client.create_output_port("out")
    for data in (b"\\x90\\x3c\\x64", b"\\xb1\\x07\\x40", b"\\xc2\\x05", b"\\x80\\x3c\\x00"):
        out.send_data("midi-monitor", data)
    time.sleep(0.5)
"""


SEND_SYSEX = """
import sys
import time
import coremusic as cm
with cm.MIDIClient("sender") as client:
    end = time.monotonic() + 10
    while not client.find_destination("midi-monitor") and time.monotonic() < end:
        time.sleep(0.01)
    sysex = b"\\xf0" + bytes(i * 7 // 3 % 128 for i in range(99_998)) + b"\\xf7"
    client.create_output_port("out").send_data("midi-monitor", sysex)
    sys.stdin.readline()
"""


@contextmanager
def running(*command: str, **options: Any) -> Iterator[subprocess.Popen[str]]:
    process = subprocess.Popen(command, text=True, **options)
    try:
        yield process
    finally:
        process.kill()
        process.communicate()


@contextmanager
def python(code: str, environment: dict[str, str]) -> Iterator[Callable[[], str]]:
    """A program; gives what reads its next line."""
    with running(sys.executable, "-c", code, env=environment, stdout=subprocess.PIPE) as process:
        assert process.stdout
        yield process.stdout.readline


@pytest.fixture
def environment(patient_jack: Any) -> dict[str, str]:  # noqa: F811
    found: dict[str, str] = patient_jack.environment(COREMUSIC_MIDI_DRIVERS="jack")
    return found


@pytest.mark.parametrize("sysex", [10, 100_000])
def test_two_processes_exchange_messages(sysex: int, environment: dict[str, str]) -> None:
    with python(ECHO, environment) as echo:
        assert echo() == "ready\n"
        code = ASK.replace("{sysex}", str(sysex))
        done = subprocess.run(
            [sys.executable, "-c", code],
            env=environment,
            capture_output=True,
            text=True,
            timeout=60,
            check=False,
        )
    assert done.stdout.split() == ["903d64", "b00840", "e30140", "whole", "803d00"], done.stderr


def test_a_program_of_jacks_hears_us(environment: dict[str, str], tmp_path: Path) -> None:
    log = tmp_path / "dump.txt"
    with log.open("w") as out, running("stdbuf", "-oL", "jack_midi_dump", env=environment, stdout=out):
        subprocess.run([sys.executable, "-c", SEND], env=environment, timeout=60, check=True)
        end = time.monotonic() + 10
        while "80 3c" not in log.read_text() and time.monotonic() < end:
            time.sleep(0.01)
    heard = re.findall(r": ([0-9a-f]{2}(?: [0-9a-f]{2})+)", log.read_text())
    assert heard == ["90 3c 64", "b1 07 40", "c2 05", "80 3c 00"]


def test_a_program_of_jacks_hears_a_long_sysex(environment: dict[str, str], tmp_path: Path) -> None:
    sysex = b"\xf0" + bytes(i * 7 // 3 % 128 for i in range(99_998)) + b"\xf7"
    log = tmp_path / "dump.txt"
    with (
        log.open("w") as out,
        running("stdbuf", "-oL", "jack_midi_dump", env=environment, stdout=out),
        running(sys.executable, "-c", SEND_SYSEX, env=environment, stdin=subprocess.PIPE),
    ):
        end = time.monotonic() + 20
        while not log.read_text().endswith("f7\n") and time.monotonic() < end:
            time.sleep(0.01)
    lines = log.read_text().splitlines()
    assert bytes.fromhex("".join(line.partition(":")[2] for line in lines)) == sysex


def test_a_device_that_comes_back_is_heard_again(environment: dict[str, str]) -> None:
    sequencer = ("jack_midiseq", "seq", "6000", "0", "60", "3000")
    with python(RETURN, environment) as line:
        assert line() == "ready\n"
        for _ in range(2):
            with running(*sequencer, env=environment, stdout=subprocess.DEVNULL):
                assert {line().strip() for _ in range(6)} == {"903c40", "803c40"}
