"""coremusic's own engine, where Apple's frameworks are not: its drivers, and its virtual devices.

Devices come from a driver: PulseAudio (and PipeWire), JACK, ALSA, or the virtual devices of
:mod:`coremusic.engine.virtual`, which are there whatever is chosen. The first use of a device tries them in this
order, unless the environment variable COREMUSIC_DRIVER names one. Not importable on macOS.
"""

from __future__ import annotations

from .._engine import drivers, get_driver, select_driver
from . import virtual

__all__ = ["drivers", "get_driver", "select_driver", "virtual"]
