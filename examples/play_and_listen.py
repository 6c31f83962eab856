"""Plays an audio file through the default output, and listens to what was played.

python examples/play_and_listen.py FILE

Where a sound server is, the file is heard, and an input device that hears what the output plays (a monitor) tells
whether it really was. Elsewhere the virtual devices play it, and give back every sample.
"""

from __future__ import annotations

import sys
import time
from collections.abc import Iterator
from pathlib import Path

import numpy as np

import coremusic as cm
from coremusic.audio.streaming import AudioInputStream, AudioOutputStream

BLOCK = 1024


def blocks(file: cm.AudioFile) -> Iterator[np.ndarray]:
    while len(block := file.read(BLOCK)):
        yield block


def play(path: Path, device: cm.AudioDevice | None = None) -> None:
    """To the end, as it is heard."""
    with cm.AudioFile(path) as file:
        stream = AudioOutputStream(device, file.channels, file.sample_rate, BLOCK, buffers=32)
        stream.set_generator(blocks(file))
        with stream:
            while stream.is_active and not stream.is_finished:
                time.sleep(0.01)
            time.sleep(0.25)  # what the device still holds


def monitor_of(output: cm.AudioDevice) -> cm.AudioDevice | None:
    """The input that hears what an output plays."""
    wanted = {f"{output.uid}.monitor", f"{output.uid}:monitor"}
    return next((d for d in cm.AudioDeviceManager.get_input_devices() if d.uid in wanted), None)


def likeness(played: np.ndarray, heard: np.ndarray) -> float:
    """The largest correlation coefficient at any shift: 1 for the same sound."""
    size = 1 << (len(played) + len(heard)).bit_length()
    product = np.fft.irfft(np.fft.rfft(heard, size) * np.conj(np.fft.rfft(played, size)), size)
    energy = np.cumsum(np.concatenate(([0.0], heard.astype(np.float64) ** 2)))
    shifts = np.arange(max(len(heard) - len(played), 0) + 1)
    ends = np.minimum(shifts + len(played), len(heard))
    local = np.sqrt((energy[ends] - energy[shifts]) * np.sum(played.astype(np.float64) ** 2)) + 1e-12
    return float(np.max(product[: len(shifts)] / local))


def listen_to_monitor(path: Path, monitor: cm.AudioDevice) -> str:
    with cm.AudioFile(path) as file:
        original, rate = file.read()[:, 0], file.sample_rate
    heard: list[np.ndarray] = []
    stream = AudioInputStream(monitor, 1, rate, BLOCK, buffers=64)
    stream.add_callback(lambda data, _: heard.append(data.copy()))
    with stream:
        time.sleep(0.3)
        play(path)
    found = likeness(original, np.concatenate(heard)[:, 0]) if heard else 0.0
    return f"played; what the monitor heard is like it by {found:.3f}" + ("" if found > 0.9 else "  WRONG")


def listen_to_virtual(path: Path) -> str:
    from coremusic.engine import virtual

    with cm.AudioFile(path) as file:
        original, rate, channels = file.read(), file.sample_rate, file.channels
    device = virtual.device()
    before = device.sample_rate
    if rate in device.available_sample_rates:
        device.sample_rate = rate
    try:
        with virtual.capture(frames=len(original) + 4 * int(rate)) as captured:
            play(path, device)
    finally:
        device.sample_rate = before
    heard = captured.samples[:, :channels]
    places = np.flatnonzero((heard == original[0]).all(axis=1))
    same = any(np.array_equal(heard[at : at + len(original)], original) for at in places)
    return "played on the virtual device: " + (
        "every sample was heard" if same else "samples are missing  WRONG"
    )


def play_and_listen(path: Path) -> str:
    """Plays, and says what was heard."""
    output = cm.AudioDeviceManager.get_default_output_device()
    if output is None:
        return "there is no output device"
    if output.uid.startswith("coremusic:virtual:"):
        return listen_to_virtual(path)
    monitor = monitor_of(output)
    if monitor is None:
        play(path)
        return f"played on {output}; nothing listens to it here"
    return listen_to_monitor(path, monitor)


if __name__ == "__main__":
    said = play_and_listen(Path(sys.argv[1]))
    print(said)
    sys.exit("WRONG" in said)
