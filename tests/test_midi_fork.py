"""A child of os.fork(): what its parent made is gone there, nothing hangs, and new clients can be made."""

from __future__ import annotations

import subprocess
import sys

import midi_kit  # noqa: F401  (a MIDI server of the test's own)
from fork_kit import needs_allocator_in_child

PROGRAM = """
import os, signal, sys, threading
import coremusic as cm

client = cm.MIDIClient("parent", on_change=lambda change: None)
heard = threading.Event()
port = client.create_input_port("in", callback=lambda *message: heard.set())
source = client.create_virtual_source("source")
port.connect_source(source)
child = os.fork()
if child == 0:
    signal.alarm(20)
    try:
        source.send(b"\\x90\\x3c\\x01")
    except cm.MIDIError as error:
        assert "kMIDIUnknownEndpoint" in str(error), error
    else:
        sys.exit("the parent's source was used")
    with cm.MIDIClient("child") as own:
        assert [name for _, name in own.get_sources()] == ["coremusic Bus 1"]
        destination = own.create_virtual_destination("synth")
        own.create_output_port("out").send(destination, b"\\x90\\x3c\\x02")
        assert destination.receive(10).data == b"\\x90\\x3c\\x02"
    sys.exit(7)  # everything is finalized, the parent's objects too
assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 7
source.send(b"\\x90\\x3c\\x01")
assert heard.wait(10)
client.dispose()
print("well")
"""


@needs_allocator_in_child
def test_a_child_starts_anew() -> None:
    # From 3.12 on Python warns of any fork() beside threads, which is what this is about.
    command = [sys.executable, "-W", "ignore::DeprecationWarning", "-c", PROGRAM]
    done = subprocess.run(command, capture_output=True, text=True, timeout=60, check=False)
    assert (done.stdout, done.stderr, done.returncode) == ("well\n", "", 0)
