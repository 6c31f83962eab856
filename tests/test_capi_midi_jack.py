"""A thru connection between two other programs, through a real JACK server."""

from __future__ import annotations

import re
import shutil
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from audio_servers import patient_jack  # noqa: F401

TOOLS = ("jack_midiseq", "jack_midi_dump", "stdbuf")
MISSING = [tool for tool in TOOLS if not shutil.which(tool)]

PROGRAM = """
import sys, time
from coremusic import capi

def named(word, count, get):
    end = time.monotonic() + 10
    while time.monotonic() < end:
        for i in range(count()):
            if word in capi.midi_object_get_string_property(get(i), "displayName"):
                return get(i)
        time.sleep(0.01)
    raise LookupError(word)

client = capi.midi_client_create("test")
params = capi.midi_thru_connection_params_initialize()
params["sources"] = [{"endpointRef": named("seq", capi.midi_get_number_of_sources, capi.midi_get_source)}]
destination = named("midi-monitor", capi.midi_get_number_of_destinations, capi.midi_get_destination)
params["destinations"] = [{"endpointRef": destination}]
params["channelMap"][0] = 4
params["noteNumber"] = {"transform": capi.get_midi_transform_add(), "param": 12}
connection = capi.midi_thru_connection_create_with_params(params)
print("connected", flush=True)
sys.stdin.readline()
params["noteNumber"]["param"] = -12
capi.midi_thru_connection_set_params(connection, params)
print("changed", flush=True)
sys.stdin.readline()
capi.midi_thru_connection_dispose(connection)
print("disposed", flush=True)
"""


@contextmanager
def running(*command: str, **options: Any) -> Iterator[subprocess.Popen[str]]:
    process = subprocess.Popen(command, text=True, **options)
    try:
        yield process
    finally:
        process.kill()
        process.communicate()


def notes(log: Path) -> list[tuple[int, int]]:
    """Status and note number of all that jack_midi_dump printed in whole lines."""
    lines = log.read_text().rpartition("\n")[0]
    return [(int(s, 16), int(n, 16)) for s, n in re.findall(r": ([89][0-9a-f]) ([0-9a-f]{2}) 40 note", lines)]


def wait_for(log: Path, note: tuple[int, int]) -> None:
    end = time.monotonic() + 15
    while note not in notes(log) and time.monotonic() < end:
        time.sleep(0.01)
    assert note in notes(log), log.read_text()


@pytest.mark.skipif(bool(MISSING), reason=f"not installed: {MISSING} (Debian: jackd2)")
def test_between_two_programs(patient_jack: Any, tmp_path: Path) -> None:  # noqa: F811
    environment = patient_jack.environment(COREMUSIC_MIDI_DRIVERS="jack")
    log = tmp_path / "dump.txt"
    # Note 60 on channel 0 for 3000 frames, again and again every 6000.
    with (
        log.open("w") as out,
        running("jack_midiseq", "seq", "6000", "0", "60", "3000", env=environment, stdout=subprocess.DEVNULL),
        running("stdbuf", "-oL", "jack_midi_dump", env=environment, stdout=out),
        running(
            sys.executable,
            "-c",
            PROGRAM,
            env=environment,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
        ) as ours,
    ):
        assert ours.stdin and ours.stdout
        assert ours.stdout.readline() == "connected\n"
        wait_for(log, (0x94, 72))
        wait_for(log, (0x84, 72))
        print(file=ours.stdin, flush=True)
        assert ours.stdout.readline() == "changed\n"
        wait_for(log, (0x94, 48))
        wait_for(log, (0x84, 48))
        print(file=ours.stdin, flush=True)
        assert ours.stdout.readline() == "disposed\n"
    heard = notes(log)
    assert set(heard) == {(0x94, 72), (0x84, 72), (0x94, 48), (0x84, 48)}
    assert heard == sorted(
        heard, key=lambda note: -note[1]
    )  # first all of one transposition, then of the other
