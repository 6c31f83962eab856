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
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import soundfile
from audio_servers import PulseServer, pulse  # noqa: F401
from live_kit import awake, noise  # noqa: F401

import coremusic as cm
from coremusic import capi, engine
from coremusic.audio.streaming import AudioOutputStream
from coremusic.engine import virtual

RATE, TEN_MS, HELD_US = 48000, 480, 100_000

NATIVE = """
#include <stdint.h>
#include <time.h>
/* A ramp that tells of every frame where it belongs: the left channel counts modulo 2^20, the right is silent. */
void count_up(float *samples, uint32_t frames, uint32_t channels, void *user)
{
    uint64_t *at = user;
    for (uint32_t i = 0; i < frames; i++)
        samples[i * channels] = (float)((*at)++ % (1u << 20)) / (1u << 20);
}
/* When a device told of overloads; a listener of the HAL's, which needs no GIL either. */
struct told { uint32_t count; double at[1024]; };
int32_t note_overload(uint32_t device, uint32_t count, const void *addresses, struct told *told)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    if (told->count < 1024)
        told->at[told->count++] = (double)now.tv_sec + 1e-9 * (double)now.tv_nsec;
    return 0;
}
"""


class Address(ctypes.Structure):
    """AudioObjectPropertyAddress."""

    _fields_ = [("selector", ctypes.c_uint32), ("scope", ctypes.c_uint32), ("element", ctypes.c_uint32)]


class Told(ctypes.Structure):
    _fields_ = [("count", ctypes.c_uint32), ("at", ctypes.c_double * 1024)]


OVERLOAD = Address(*(int.from_bytes(code, "big") for code in (b"over", b"glob", b"\0\0\0\0")))


STALLS = """
#define _GNU_SOURCE
#include <pthread.h>
#include <sched.h>
#include <stdio.h>
#include <time.h>
#include <unistd.h>
/* On every processor a thread that nothing but the machine itself can keep from running: when it slept a millisecond
   and woke up much later, the processor stood still. Prints from when until when, on the monotonic clock. */
enum { NAP_NS = 1000000, LATE_NS = 4000000 };
static double seconds(struct timespec t) { return (double)t.tv_sec + 1e-9 * (double)t.tv_nsec; }
static void *watch(void *cpu)
{
    cpu_set_t set;
    CPU_ZERO(&set);
    CPU_SET((int)(long)cpu, &set);
    sched_setaffinity(0, sizeof set, &set);
    struct sched_param high = { .sched_priority = sched_get_priority_max(SCHED_FIFO) };
    sched_setscheduler(0, SCHED_FIFO, &high);
    for (;;) {
        struct timespec before, after, nap = { 0, NAP_NS };
        clock_gettime(CLOCK_MONOTONIC, &before);
        nanosleep(&nap, NULL);
        clock_gettime(CLOCK_MONOTONIC, &after);
        if (seconds(after) - seconds(before) > 1e-9 * (NAP_NS + LATE_NS))
            printf("%.6f %.6f\\n", seconds(before), seconds(after));
    }
}
int main(void)
{
    pthread_t thread;
    setvbuf(stdout, NULL, _IOLBF, 0);
    for (long cpu = 0; cpu < sysconf(_SC_NPROCESSORS_CONF); cpu++)
        pthread_create(&thread, NULL, watch, (void *)cpu);
    pause();
}
"""
ECHO = 0.1  # seconds in which a stall is heard of: what was lost is told with the next buffer


class Stalls:
    """When the processors of this machine, a guest perhaps, stood still: whoever measured it was kept from it, too."""

    def __init__(self, folder: Path) -> None:
        self.path = folder / "stalls.txt"
        (folder / "stalls.c").write_text(STALLS)
        program = folder / "stalls"
        subprocess.run(["gcc", "-O2", "-pthread", "-o", program, folder / "stalls.c"], check=True)
        with self.path.open("wb") as file:
            self.process = subprocess.Popen([program], stdout=file)

    def close(self) -> None:
        self.process.kill()
        self.process.wait()

    def found(self) -> list[tuple[float, float]]:
        lines = self.path.read_text().splitlines()
        return [(float(a), float(b)) for a, b in (line.split() for line in lines)]

    def explain(self, moment: float) -> bool:
        return any(began <= moment <= ended + ECHO for began, ended in self.found())


@pytest.fixture
def stalls(tmp_path: Path, awake: None) -> Iterator[Stalls]:  # noqa: F811
    watch = Stalls(tmp_path)
    yield watch
    watch.close()


@pytest.fixture(scope="module")
def native(tmp_path_factory: pytest.TempPathFactory) -> Any:
    folder = tmp_path_factory.mktemp("c")
    (folder / "native.c").write_text(NATIVE)
    library = folder / "native.so"
    subprocess.run(["gcc", "-O2", "-shared", "-fPIC", "-o", library, folder / "native.c"], check=True)
    return ctypes.CDLL(str(library))


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
def overloads(device: cm.AudioDevice, native: Any) -> Iterator[list[float]]:
    """When the device told of one; filled in at the end."""
    counted: list[float] = []
    engine_library, told = ctypes.CDLL(cm.get_library()), Told()
    listener = (device.object_id, ctypes.byref(OVERLOAD), native.note_overload, ctypes.byref(told))
    assert engine_library.AudioObjectAddPropertyListener(*listener) == 0
    try:
        yield counted
    finally:
        time.sleep(0.3)
        assert engine_library.AudioObjectRemovePropertyListener(*listener) == 0
        counted += told.at[: told.count]


class Playing:
    """A file, a queue and a C stream on one device."""

    def __init__(self, folder: Path, native: Any) -> None:
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
        self.stream.set_generator(native.count_up, user=ctypes.addressof(self.at))

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


@dataclass
class Played:
    overloads: list[float]  # when they were told
    missing: float  # seconds that the C stream was not asked for


def check(folder: Path, native: Any, device: cm.AudioDevice, seconds: float) -> Played:
    device.buffer_frame_size = TEN_MS
    assert device.buffer_frame_size == TEN_MS
    playing = Playing(folder, native)
    with overloads(device, native) as counted:
        rounds, underruns = playing.run(seconds)
    assert rounds > seconds * 1e6 / HELD_US * 0.7, "the GIL was not held"
    assert underruns == 0
    return Played(counted, seconds - playing.at.value / RATE)


def test_sound_goes_on(tmp_path: Path, native: Any, awake: None) -> None:  # noqa: F811
    """The short form, for machines that do other work, too: who waited for the GIL would miss two of three seconds."""
    assert check(tmp_path, native, virtual.device(), 3.0).missing < 1


def judge(played: Played, stalls: Stalls, seconds: float) -> None:
    """Nothing was lost but when the machine itself stood still, which must not be half of the time."""
    times = len(stalls.found())
    print(f"{len(played.overloads)} overloads; the processors stood still {times} times")
    if played.overloads and times * ECHO > seconds / 2:
        pytest.skip(f"{len(played.overloads)} overloads, but the processors stood still {times} times")
    assert [at for at in played.overloads if not stalls.explain(at)] == []
    assert played.missing < 0.5 + sum(2 * (ended - began) for began, ended in stalls.found())


@pytest.mark.slow
def test_on_the_virtual_device(tmp_path: Path, native: Any, stalls: Stalls) -> None:
    judge(check(tmp_path, native, virtual.device(), 30.0), stalls, 30.0)


def longest_gap(heard: Any) -> int:
    """Frames of digital silence in a row, in the middle of sound."""
    sounds = np.flatnonzero(heard.any(axis=1))
    return int(np.diff(sounds).max()) - 1 if len(sounds) > 1 else len(heard)


@pytest.mark.slow
def test_on_pulseaudio(tmp_path: Path, native: Any, pulse: PulseServer, stalls: Stalls) -> None:  # noqa: F811
    with pulse.active():
        engine.select_driver("pulse")
        try:
            device = cm.AudioDeviceManager.get_default_output_device()
            assert device is not None
            with pulse.record() as heard:
                played = check(tmp_path, native, device, 30.0)
        finally:
            engine.select_driver("virtual")
    judge(played, stalls, 30.0)
    frames = heard.frames()
    assert len(frames) > 29 * RATE
    assert played.overloads or longest_gap(frames) < RATE // 1000
