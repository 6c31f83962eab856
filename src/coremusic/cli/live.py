"""What the commands for live sound share: choosing a device, level meters, elapsed time."""

from __future__ import annotations

import shutil
import sys
import time
from typing import Any

from ..audio_device import AudioDevice, AudioDeviceManager
from ..dsp import peak, to_db
from .report import Failed, clock

FLOOR_DB = -60.0


def find_device(wanted: str | None, scope: str) -> AudioDevice | None:
    """The device of a side whose uid, name, number or part of the name is `wanted`; None for the default one."""
    if wanted is None:
        return None
    manager = AudioDeviceManager
    devices = manager.get_input_devices() if scope == "input" else manager.get_output_devices()
    for fits in (
        lambda d: d.uid == wanted,
        lambda d: d.name.casefold() == wanted.casefold(),
        lambda d: str(d.object_id) == wanted,
        lambda d: wanted.casefold() in d.name.casefold(),
    ):
        for device in devices:
            if fits(device):
                return device
    raise Failed(f"there is no {scope} device {wanted!r}; coremusic devices lists them")


class Meter:
    """A line on a terminal's standard error with the time that has passed and the peak of each channel."""

    INTERVAL = 0.05
    WIDTH = 20  # of a bar, in characters
    NARROW = 3

    def __init__(self, enabled: bool = True) -> None:
        self.enabled = enabled and sys.stderr.isatty()
        self._shown = 0.0
        self._peaks: list[float] = []

    def add(self, samples: Any) -> None:
        """Takes a block of samples, shape (frames, channels), into what is shown next."""
        if not self.enabled or not len(samples):
            return
        peaks = list(peak(samples, per_channel=True))
        if len(self._peaks) == len(peaks):
            peaks = [max(pair) for pair in zip(self._peaks, peaks, strict=True)]
        self._peaks = peaks

    def show(self, seconds: float, total: float | None = None) -> None:
        """Draws the line again if it is time to."""
        now = time.monotonic()
        if not self.enabled or now - self._shown < self.INTERVAL:
            return
        length = f" / {clock(total)}" if total is not None else ""
        self._draw(self.line(f"{clock(seconds)}{length}", shutil.get_terminal_size().columns - 1))
        self._shown, self._peaks = now, []

    def line(self, elapsed: str, columns: int) -> str:
        """The time and as many meters as there is room for; a line that is too long would not be drawn over."""
        peaks = self._peaks[:8]
        while peaks and (room := (columns - len(elapsed)) // len(peaks) - len("  [] -60.0 dB")) < self.NARROW:
            peaks = peaks[:-1]
        return "".join([elapsed, *(f"  {self._bar(one, min(room, self.WIDTH))}" for one in peaks)])[:columns]

    def _bar(self, highest: float, width: int) -> str:
        level = max(float(to_db(highest)), FLOOR_DB) if highest > 0 else FLOOR_DB
        filled = round((1 - level / FLOOR_DB) * width)
        return f"[{'#' * min(filled, width):<{width}}] {level:5.1f} dB"

    def _draw(self, line: str) -> None:
        try:
            sys.stderr.write(f"\r{line}\x1b[K")
            sys.stderr.flush()
        except OSError:  # a terminal that was closed must not end what it shows
            self.enabled = False

    def close(self) -> None:
        """Takes the line away."""
        if self.enabled and self._shown:
            self._draw("")
