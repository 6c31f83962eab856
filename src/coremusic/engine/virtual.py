"""Virtual devices: an output, an input and a loopback that need no hardware and do what they are told.

Their clock is a thread, or the caller: with the clock in hand, advance() renders as fast as the machine can, and
everything is the same in each run. What an output plays can be captured, what an input hears can be fed, and what goes
wrong with real devices can be made to happen.

>>> from coremusic.engine import virtual
>>> with virtual.manual_clock():
...     virtual.advance(48000)
"""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from importlib.machinery import PathFinder

from .. import _engine
from .._engine import virtual_add_device as add_device
from .._engine import virtual_advance as advance
from .._engine import virtual_capture_loss as capture_loss
from .._engine import virtual_feed_left as feed_left
from .._engine import virtual_inject_overload as inject_overload
from .._engine import virtual_is_manual_clock as is_manual_clock
from .._engine import virtual_remove_device as remove_device
from .._engine import virtual_set_drift as set_drift
from .._engine import virtual_set_manual_clock as set_manual_clock
from .._engine import virtual_set_plugged as set_plugged
from .._engine import virtual_start_capture as start_capture
from .._engine import virtual_stop_capture as stop_capture
from ..audio_device import AudioDevice, AudioDeviceManager

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

__all__ = [
    "INPUT",
    "LOOPBACK",
    "OUTPUT",
    "add_device",
    "advance",
    "capture",
    "capture_loss",
    "device",
    "feed",
    "feed_left",
    "inject_overload",
    "is_manual_clock",
    "manual_clock",
    "read_capture",
    "remove_device",
    "set_drift",
    "set_manual_clock",
    "set_plugged",
    "start_capture",
    "stop_capture",
]

#: The uids of the devices that are always there.
OUTPUT = "coremusic:virtual:output"
INPUT = "coremusic:virtual:input"
LOOPBACK = "coremusic:virtual:loopback"

# Of one read of the captured sound.
PIECE_FRAMES = 1 << 16


def device(uid: str = OUTPUT) -> AudioDevice:
    """The AudioDevice of a uid. LookupError when it is not there."""
    found = AudioDeviceManager.find_device_by_uid(uid)
    if found is None:
        raise LookupError(f"there is no device {uid!r}")
    return found


@contextlib.contextmanager
def manual_clock() -> Iterator[None]:
    """Has the clock of the virtual devices in hand; gives it back at the end."""
    before = is_manual_clock()
    set_manual_clock(True)
    try:
        yield
    finally:
        set_manual_clock(before)


def read_capture(uid: str = OUTPUT, frames: int | None = None) -> Any:
    """Takes what was captured: float32 of shape (frames, channels), or bytes where NumPy is not installed.

    frames: how many at most; None: all there are.
    """
    channels = device(uid).output_channels
    parts, left = [], frames
    while left is None or left > 0:
        wanted = PIECE_FRAMES if left is None else min(left, PIECE_FRAMES)
        part = _engine.virtual_read_capture(uid, wanted, channels)
        parts.append(part)
        if len(part) < 4 * channels * wanted:
            break
        left = None if left is None else left - wanted
    data = b"".join(parts)
    if PathFinder.find_spec("numpy") is None:
        return data
    import numpy as np

    return np.frombuffer(data, np.float32).reshape(-1, channels)


def feed(samples: Any, uid: str = INPUT) -> None:
    """Lets an input hear samples, after all that were fed before; silence follows.

    samples: float32 of shape (frames, channels), or bytes of interleaved ones, as many channels as the device has.
    """
    _engine.virtual_feed(uid, samples, device(uid).input_channels)


class capture:
    """Captures what an output plays while a ``with`` block runs.

    >>> with capture() as captured:                                       # doctest: +SKIP
    ...     advance(48000)
    >>> captured.samples.shape                                            # doctest: +SKIP
    (48000, 2)
    """

    def __init__(self, uid: str = OUTPUT, frames: int = 1 << 20) -> None:
        self.uid = uid
        self.frames = frames
        #: What was played: float32 of shape (frames, channels); set at the end of the block.
        self.samples: Any = None

    def __enter__(self) -> capture:
        start_capture(self.uid, self.frames)
        return self

    def __exit__(self, *_: object) -> None:
        self.samples = read_capture(self.uid)
        stop_capture(self.uid)
