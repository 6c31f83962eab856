"""No Python program can make sound stutter: another thread holds the GIL for 100 ms at a time, all the time.

What plays meanwhile needs no Python: a file through AudioPlayer, a queue that loops over its buffers, and a stream
whose callback is a C function. Buffers of 10 ms.
"""

from __future__ import annotations

import ctypes
import subprocess
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import soundfile
from audio_servers import PulseServer, pulse  # noqa: F401
from live_kit import noise

import coremusic as cm
from coremusic import capi, engine
from coremusic.audio.streaming import AudioOutputStream
from coremusic.engine import virtual

RATE, TEN_MS, HELD_US = 48000, 480, 100_000

COUNTING = """
#include <stdint.h>
/* A ramp that tells of every frame where it belongs: the left channel counts modulo 2^20, the right is silent. */
void count_up(float *samples, uint32_t frames, uint32_t channels, void *user)
{
    uint64_t *at = user;
    for (uint32_t i = 0; i < frames; i++)
        samples[i * channels] = (float)((*at)++ % (1u << 20)) / (1u << 20);
}
"""


@pytest.fixture(scope="module")
def counting(tmp_path_factory: pytest.TempPathFactory) -> Any:
    folder = tmp_path_factory.mktemp("c")
    (folder / "count.c").write_text(COUNTING)
    library = folder / "count.so"
    subprocess.run(["gcc", "-O2", "-shared", "-fPIC", "-o", library, folder / "count.c"], check=True)
    return ctypes.CDLL(str(library)).count_up


@contextmanager
def hog() -> Iterator[list[int]]:
    """Holds the GIL for HELD_US, lets go for an instant, and again; yields how often so far."""
    holding = ctypes.PyDLL(None).usleep  # a PyDLL keeps the GIL while it calls
    holding.argtypes = [ctypes.c_uint]
    rounds, going = [0], [True]

    def hold() -> None:
        while going[0]:
            holding(HELD_US)
            rounds[0] += 1

    thread = threading.Thread(target=hold)
    thread.start()
    try:
        yield rounds
    finally:
        going[0] = False
        thread.join()


@contextmanager
def overloads(device: cm.AudioDevice) -> Iterator[list[int]]:
    counted: list[int] = []

    def note(*_: int) -> None:
        counted.append(1)

    device.add_listener("over", note)
    try:
        yield counted
    finally:
        time.sleep(0.3)
        device.remove_listener("over", note)


class Playing:
    """A file, a queue and a C stream on one device."""

    def __init__(self, folder: Path, counting: Any) -> None:
        soundfile.write(folder / "a.wav", noise(44100 * 5) * np.float32(0.1), 44100, subtype="FLOAT")
        self.player = cm.AudioPlayer()
        self.player.load_file(str(folder / "a.wav"))
        self.player.set_looping(True)
        self.player.setup_output()
        self.queue = capi.audio_queue_new_output(
            {
                "sample_rate": float(RATE),
                "format_id": "lpcm",
                "channels_per_frame": 2,
                "bits_per_channel": 16,
            }
        )
        for _ in range(3):
            buffer = capi.audio_queue_allocate_buffer(self.queue, 4 * TEN_MS)
            capi.audio_queue_enqueue_buffer(self.queue, buffer)
        self.at = ctypes.c_uint64(0)
        self.stream = AudioOutputStream(sample_rate=float(RATE), buffer_size=TEN_MS)
        self.stream.set_generator(counting, user=ctypes.addressof(self.at))

    def run(self, seconds: float) -> tuple[int, int]:
        """Rounds of the hog, and underruns of the player."""
        self.stream.start()
        self.player.start()
        capi.audio_queue_start(self.queue)
        try:
            with hog() as rounds:
                end = time.monotonic() + seconds
                while time.monotonic() < end:
                    time.sleep(0.5)
                return rounds[0], self.player.underruns
        finally:
            self.stream.stop()
            self.player.stop()
            capi.audio_queue_stop(self.queue)
            capi.audio_queue_dispose(self.queue)


def check(folder: Path, counting: Any, device: cm.AudioDevice, seconds: float) -> list[int]:
    device.buffer_frame_size = TEN_MS
    assert device.buffer_frame_size == TEN_MS
    playing = Playing(folder, counting)
    with overloads(device) as counted:
        rounds, underruns = playing.run(seconds)
    assert rounds > seconds * 1e6 / HELD_US * 0.7, "the GIL was not held"
    assert underruns == 0
    assert playing.at.value >= (seconds - 0.5) * RATE
    return counted


def test_sound_goes_on(tmp_path: Path, counting: Any) -> None:
    """The short form, for machines that do other work, too: nobody waited for the GIL, or two of three were lost."""
    assert len(check(tmp_path, counting, virtual.device(), 3.0)) < 30


@pytest.mark.slow
def test_on_the_virtual_device(tmp_path: Path, counting: Any) -> None:
    assert check(tmp_path, counting, virtual.device(), 30.0) == []


@pytest.mark.slow
def test_on_pulseaudio(tmp_path: Path, counting: Any, pulse: PulseServer) -> None:  # noqa: F811
    with pulse.active():
        engine.select_driver("pulse")
        try:
            device = cm.AudioDeviceManager.get_default_output_device()
            assert device is not None
            assert check(tmp_path, counting, device, 30.0) == []
        finally:
            engine.select_driver("virtual")
