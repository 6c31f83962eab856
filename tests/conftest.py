"""No test finds a sound server by chance: devices are the virtual ones, and MIDI stays in the process, unless a test
starts a server of its own."""

from __future__ import annotations

import os
import signal

os.environ["COREMUSIC_DRIVER"] = "virtual"
os.environ["COREMUSIC_MIDI_DRIVERS"] = "none"

# In the background, or under nohup, a shell has programs ignore these, and theirs too: tests send them.
if signal.getsignal(signal.SIGINT) == signal.SIG_IGN:
    signal.signal(signal.SIGINT, signal.default_int_handler)
if signal.getsignal(signal.SIGHUP) == signal.SIG_IGN:
    signal.signal(signal.SIGHUP, signal.SIG_DFL)
