"""One library plays and records through the sound server that the environment points at, and tells how it went.

Run by bench_live.py: python benchmarks/live_probe.py LIBRARY FRAMES SECONDS. Prints JSON:
jitter (seconds between callbacks, less the time that their frames last), cpu (processor time per second of sound),
round_trip (seconds from the callback that made an impulse to the one that hears it; the median), trips (how many),
heard (frames that came back, less what is not judged at both ends), breaks (frames among them that are not the
successor of the one before: silence, a piece lost or played twice).
"""

from __future__ import annotations

import json
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np

RATE = 48000
EVERY = 0.25  # seconds between impulses
LOST_AFTER = 1.0  # seconds; one that was not heard by then never will be

# What is played counts its frames, in steps that 16 bits hold exactly; an impulse stands on top of it.
LOWEST, STEP, COUNTS = 2.0**-4, 2.0**-15, 4096
IMPULSE, LOUD = 0.75, 0.5
SETTLING, ENDING = RATE, RATE // 4  # frames at both ends that nobody judges


class Probe:
    """What every library's callbacks do."""

    def __init__(self) -> None:
        self.calls: list[tuple[float, int]] = []
        self.sent: list[float] = []
        self.heard: list[float] = []
        self.recorded: list[Any] = []
        self.played = 0
        self.armed = False
        self.cpu = 0.0

    def watch(self, seconds: float) -> None:
        """Lets it run; what is measured is this, without loading and starting."""
        before = time.process_time()
        time.sleep(seconds)
        self.cpu = (time.process_time() - before) / seconds

    def play(self, frames: int) -> Any:
        now = time.monotonic()
        self.calls.append((now, frames))
        counts = np.arange(self.played, self.played + frames) % COUNTS
        self.played += frames
        block = np.repeat((LOWEST + STEP * counts).astype(np.float32)[:, None], 2, axis=1)
        if not self.sent or now - self.sent[-1] > (LOST_AFTER if self.armed else EVERY):
            block[0] += IMPULSE
            self.sent.append(now)
            self.armed = True
        return block

    def record(self, data: Any) -> None:
        """Samples of two channels, of which the first is looked at."""
        now = time.monotonic()
        self.recorded.append(np.array(data, np.float32).reshape(-1, 2)[:, 0])
        if self.armed and self.recorded[-1].max() > LOUD:
            self.heard.append(now - self.sent[-1])
            self.armed = False

    def judged(self) -> Any:
        """The counts that came back, -1 for what is none."""
        samples = np.concatenate([np.zeros(0, np.float32), *self.recorded])
        sounds = np.flatnonzero(samples)
        first, end = (sounds[0], sounds[-1] + 1) if len(sounds) else (0, 0)
        inner = samples[first + SETTLING : max(first + SETTLING, end - ENDING)].astype(float)
        counts = (inner - IMPULSE * (inner > LOUD) - LOWEST) / STEP
        return np.where((counts >= 0) & (counts < COUNTS), np.rint(counts), -1)

    def facts(self) -> dict[str, Any]:
        calls = self.calls[len(self.calls) // 4 :]  # without what fills the buffers at first
        gaps = [b - a - n / RATE for (a, n), (b, _) in zip(calls, calls[1:], strict=False)]
        trips = sorted(self.heard[4:])
        counts = self.judged()
        return {
            "jitter": sorted(abs(g) for g in gaps),
            "block": calls[-1][1] if calls else 0,
            "cpu": self.cpu,
            "round_trip": trips[len(trips) // 2] if trips else None,
            "trips": len(trips),
            "heard": len(counts),
            "breaks": int((np.diff(counts) % COUNTS != 1).sum()),
        }


def with_coremusic(probe: Probe, frames: int, seconds: float) -> int:
    import coremusic as cm
    from coremusic.audio.streaming import AudioInputStream, AudioOutputStream

    monitor = next(d for d in cm.AudioDeviceManager.get_input_devices() if "monitor" in d.uid)
    # For a thread of Python that wakes up late: blocks of 4 ms in all, one at least.
    spare = -(-RATE // 250 // frames) if frames < RATE // 100 else 0
    out = AudioOutputStream(None, 2, RATE, frames, buffers=1 + spare)
    source = AudioInputStream(monitor, 2, RATE, frames)
    out.set_generator(probe.play)
    source.add_callback(lambda data, _: probe.record(data))
    with source, out:
        probe.watch(seconds)
    return out.underruns + source.overruns


def with_sounddevice(probe: Probe, frames: int, seconds: float) -> int:
    import sounddevice

    gaps = [0]

    def play(out: Any, count: int, _: Any, status: Any) -> None:
        gaps[0] += bool(status)
        out[:] = probe.play(count)

    def record(data: Any, count: int, _: Any, status: Any) -> None:
        gaps[0] += bool(status)
        probe.record(data)

    settings: dict[str, Any] = {
        "samplerate": RATE,
        "blocksize": frames,
        "channels": 2,
        "dtype": "float32",
        "latency": "low",
        "device": "pulse",
    }
    with (
        sounddevice.InputStream(callback=record, **settings),
        sounddevice.OutputStream(callback=play, **settings),
    ):
        probe.watch(seconds)
    return gaps[0]


def with_miniaudio(probe: Probe, frames: int, seconds: float) -> int:
    import miniaudio

    def stream() -> Any:
        wanted = yield b""
        while True:
            wanted = yield probe.play(wanted).tobytes()

    def listen() -> Any:
        while True:
            data = yield
            probe.record(np.frombuffer(data, np.float32))

    monitor = next(d for d in miniaudio.Devices().get_captures() if "onitor" in d["name"])
    common: dict[str, Any] = {
        "nchannels": 2,
        "sample_rate": RATE,
        "buffersize_msec": max(1, round(frames * 1000 / RATE)),
    }
    player = miniaudio.PlaybackDevice(output_format=miniaudio.SampleFormat.FLOAT32, **common)
    recorder = miniaudio.CaptureDevice(
        input_format=miniaudio.SampleFormat.FLOAT32, device_id=monitor["id"], **common
    )
    playing, listening = stream(), listen()
    next(playing)
    next(listening)
    recorder.start(listening)
    player.start(playing)
    probe.watch(seconds)
    player.close()
    recorder.close()
    return 0


def with_pedalboard(probe: Probe, frames: int, seconds: float) -> int:
    """It has no callbacks: two threads write and read blocks, and what is a callback elsewhere is a turn here."""
    import os
    import threading

    # Its ALSA is its own, and does not look for plug-ins where Debian has them.
    folders = Path("/usr/lib").glob("*/alsa-lib")
    os.environ.setdefault("ALSA_PLUGIN_DIR", str(next(folders, "")))
    from pedalboard.io import AudioStream

    name = "PulseAudio Sound Server"
    settings: dict[str, Any] = {"sample_rate": RATE, "buffer_size": frames}
    out = AudioStream(output_device_name=name, **settings)
    source = AudioStream(input_device_name=name, num_input_channels=2, **settings)
    source.ignore_dropped_input = True
    going = True

    def play() -> None:
        while going:
            out.write(probe.play(frames).T, RATE)

    def record() -> None:
        while going:
            probe.record(source.read(frames).T)

    threads = [threading.Thread(target=play), threading.Thread(target=record)]
    with source, out:
        for thread in threads:
            thread.start()
        probe.watch(seconds)
        going = False
        for thread in threads:
            thread.join()
        return int(source.dropped_input_frame_count)


LIBRARIES: dict[str, Callable[[Probe, int, float], int]] = {
    "coremusic": with_coremusic,
    "sounddevice": with_sounddevice,
    "miniaudio": with_miniaudio,
    "pedalboard": with_pedalboard,
}


def main() -> None:
    library, frames, seconds = sys.argv[1], int(sys.argv[2]), float(sys.argv[3])
    probe = Probe()
    gaps = LIBRARIES[library](probe, frames, seconds)
    print(json.dumps({**probe.facts(), "told": gaps}))


if __name__ == "__main__":
    main()
