"""No test finds a sound server by chance: devices are the virtual ones, and MIDI stays in the process, unless a test
starts a server of its own."""

from __future__ import annotations

import os

os.environ["COREMUSIC_DRIVER"] = "virtual"
os.environ["COREMUSIC_MIDI_DRIVERS"] = "none"
