"""Children made by os.fork() while other threads of the parent work: they can do the same work, and end."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import midi_kit  # noqa: F401  (a MIDI server of the test's own)
import numpy as np
import pytest
import soundfile as sf
from fork_kit import needs_allocator_in_child, needs_threads_in_child

# The threads begin together with the first children, when codecs are loaded and tables grow.
PROGRAM = """
import os, signal, sys, threading, time
import numpy as np
import coremusic as cm
from coremusic import capi
from coremusic.audio import AudioOutputStream

path, which, children = sys.argv[1], sys.argv[2], int(sys.argv[3])

def read():
    with cm.AudioFile(path) as file:
        file.read_packets(0, 100)
    with cm.ExtendedAudioFile(path) as file:
        file.client_format = cm.AudioFormat(48000, "lpcm", 9, 8, 1, 8, 2, 32)
        file.read(5000)

def play():
    shared.stop()  # in a child it may be running, without the parent's threads
    shared.start()
    shared.stop()

def make_stream():
    stream = AudioOutputStream()
    stream.set_generator(lambda frames: np.zeros((frames, 2), np.float32))
    return stream

def stream():
    made = make_stream()
    made.start()
    made.stop()

def queue():
    made = cm.AudioQueue.new_output(cm.AudioFormat(44100, "lpcm", 9, 8, 1, 8, 2, 32))
    made.enqueue_buffer(made.allocate_buffer(8192))
    made.start()
    made.dispose()

def midi():
    client = capi.midi_client_create("client")
    port = capi.midi_destination_create(client, "synth")
    capi.midi_send(capi.midi_output_port_create(client, "out"), port, b"\\x90\\x3c\\x02")
    assert capi.midi_receive(port, 10)[0][1] == b"\\x90\\x3c\\x02"
    capi.midi_client_dispose(client)

shared = make_stream()
work = {"files": [read], "streams": [play, stream, queue], "midi": [midi]}[which]

def keep_on(first):
    while True:
        for number in range(len(work)):
            try:
                work[(first + number) % len(work)]()
            except RuntimeError:  # two threads start one stream
                pass

for number in range(3):
    threading.Thread(target=keep_on, args=(number,), daemon=True).start()
failed = []
for number in range(children):
    child = os.fork()
    if child == 0:
        signal.alarm(20)
        work[number % len(work)]()
        sys.exit(7)
    if os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) != 7:
        failed.append(number)
    time.sleep(0.002 * (number % 3))
print("failed:", failed, flush=True)
os._exit(0)
"""


def run(program: str, *arguments: str) -> tuple[str, str, int]:
    # From 3.12 on Python warns of any fork() beside threads, which is what this is about.
    command = [sys.executable, "-W", "ignore::DeprecationWarning", "-c", program, *arguments]
    environment = {**os.environ, "COREMUSIC_DRIVER": "virtual"}
    done = subprocess.run(command, capture_output=True, text=True, timeout=120, check=False, env=environment)
    return done.stdout, done.stderr, done.returncode


@needs_allocator_in_child
@needs_threads_in_child
@pytest.mark.parametrize(
    ("which", "children", "times"), [("files", 3, 6), ("streams", 40, 1), ("midi", 30, 1)]
)
def test_a_child_works_as_its_parents_threads_do(
    which: str, children: int, times: int, tmp_path: Path
) -> None:
    path = tmp_path / "noise.flac"
    sf.write(path, np.random.default_rng(0).uniform(-0.5, 0.5, (20000, 2)), 44100)
    for _ in range(times):
        assert run(PROGRAM, str(path), which, str(children)) == ("failed: []\n", "", 0)


WAITING = """
import os, sys, time
import coremusic as cm

client = cm.MIDIClient("parent")
began = time.monotonic()
for number in range(20):
    port = client.create_input_port(f"in {number}", callback=lambda *message: None)  # its thread waits for the GIL
    child = os.fork()
    if child == 0:
        sys.exit(7)
    assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 7
print(time.monotonic() - began)
"""


@needs_allocator_in_child
def test_a_child_does_not_wait_for_callbacks_of_its_parent() -> None:
    """Each would for three seconds, if one was under way: 20 children take about one second in all."""
    out, errors, status = run(WAITING)
    assert (errors, status) == ("", 0)
    assert float(out) < 20
