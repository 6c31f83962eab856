"""How steady, cheap and quick is live sound in Python, on one PulseAudio server?"""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from harness import Row, main, text_of

sys.path.append(str(Path(__file__).resolve().parent.parent / "tests"))

QUESTION = __doc__
NOTES = """
The queue of an output grows when the machine was late, and the round trip with it. Each probe has a PulseAudio of
its own, and `/dev/cpu_dma_latency` keeps the processors awake, for all libraries alike: virtual ones can take 15 ms
to wake up. (Idle-priority loops would, too, but the kernel lets one run on for a tick of 4 ms when a real-time
thread wakes another.)

What is played counts its frames. A buffer is stable when the library's own recording of the monitor has every one of
them, three times in a row for 5 s, of which the first second is not judged. Below 10 ms ours keeps 4 ms ahead (one
block at least), for a thread of Python that wakes up late. pedalboard's AudioStream has no callbacks: two threads
write and read blocks, and a turn of theirs counts as one; its wheel brings an ALSA of its own that reaches the server
only with ALSA_PLUGIN_DIR set to the system's plug-ins.

On PipeWire's pulse server (0.3.65), which takes 1024 frames at once, the round trip through the monitor is 26.7 ms at
buffers of 10 ms (sounddevice 32.3 ms), 26.6 ms at 5 ms (21.4 ms), and 48 ms at 20 ms (74.7 ms); measured by hand.

PulseAudio 16.1 ends now and then when a client goes whose sound somebody records: an assertion of its own about
imported blocks (`memblock_replace_import`), with miniaudio as with ours, 8 times in 2,100 closes, never without
shared memory. Such a probe is run again.
"""
PROBE = Path(__file__).with_name("live_probe.py")
PEERS = ("sounddevice", "miniaudio", "pedalboard")
RATE, TEN_MS, SECONDS = 48000, 480, 6.0
SMALLER = (64, 96, 144, 192, 240, 336, 480, 960)
STABLE_SECONDS, STABLE_RUNS = 5.0, 3
SERVERS = 3  # to try, where one ends by itself
SLEEP = Path("/dev/cpu_dma_latency")

# ALSA, which sounddevice and pedalboard speak, reaches the server by its plug-in.
ASOUNDRC = "pcm.!default { type pulse }\nctl.!default { type pulse }\npcm.pulse { type pulse }\n"


@contextmanager
def awake() -> Iterator[None]:
    """Keeps the processors from sleeping, for all libraries alike, where this user may: a virtual one can take
    milliseconds to wake up. Busy programs would keep them awake, too, but are in the way of threads that wake up."""
    try:
        wish = SLEEP.open("wb", buffering=0)
    except OSError:
        yield
        return
    with wish:
        wish.write(bytes(4))  # microseconds
        yield


def run(library: str, frames: int, seconds: float = SECONDS) -> dict[str, Any] | None:
    """What the probe found with a server of its own; None where the library is not installed or does not play here.

    PulseAudio 16 sometimes ends when a client goes that shares memory with it (an assertion about imported blocks,
    whatever the library): then it is tried again.
    """
    for _ in range(SERVERS):
        done, ended = probe(library, frames, seconds)
        lines = done.stdout.strip().splitlines()
        if not ended:
            return None if done.returncode or not lines else dict(json.loads(lines[-1]))
    return None


def probe(library: str, frames: int, seconds: float) -> tuple[subprocess.CompletedProcess[str], bool]:
    """One run, and whether the server ended with it."""
    from audio_servers import pulse_server

    with pulse_server() as server, awake():
        (server.home / ".asoundrc").write_text(ASOUNDRC)
        done = subprocess.run(
            [sys.executable, PROBE, library, str(frames), str(seconds)],
            env=server.environment(COREMUSIC_DRIVER="pulse"),
            capture_output=True,
            text=True,
            timeout=60,
        )
        return done, server.processes[0].poll() is not None


def percentile(values: list[float], share: float) -> float:
    return values[min(len(values) - 1, int(len(values) * share))] if values else 0.0


def row(what: str, found: dict[str, dict[str, Any]], value: Any, target: float | None = None) -> Row:
    mine = value(found["coremusic"])
    others = {n: v for n in PEERS if n in found and (v := value(found[n])) is not None}
    if mine is None or not others:
        return Row(what, text_of(mine) if mine else "-", "peers do not play here")
    best = min(others, key=lambda n: others[n])
    shown = ", ".join(f"{n} {text_of(v)}" for n, v in others.items())
    return Row(what, text_of(mine), shown, others[best] / mine if mine else None, target)


def is_whole(found: dict[str, Any] | None) -> bool:
    return bool(
        found and found["breaks"] == 0 and found["heard"] > RATE * STABLE_SECONDS / 2 and found["trips"]
    )


def smallest_stable(library: str) -> dict[str, Any] | None:
    """At the shortest buffer with which all comes back whole, run after run: the one with the median round trip."""
    for frames in SMALLER:
        found = []
        while len(found) < STABLE_RUNS and is_whole(one := run(library, frames, STABLE_SECONDS)):
            found.append(one)
        if len(found) == STABLE_RUNS:
            found.sort(key=lambda f: f["round_trip"])
            return {**found[STABLE_RUNS // 2], "frames": frames}
    return None


def rows() -> Iterator[Row]:
    from audio_servers import missing

    if missing("pulseaudio", "pactl"):
        yield Row("live sound", "-", missing("pulseaudio", "pactl"))
        return
    found = {n: f for n in ("coremusic", *PEERS) if (f := run(n, TEN_MS))}
    for name, share in (("p50", 0.5), ("p99", 0.99), ("max", 1.0)):
        yield row(f"callback jitter at 10 ms, {name}", found, lambda f, s=share: percentile(f["jitter"], s))
    yield row("processor time per second of a duplex stream at 10 ms", found, lambda f: f["cpu"])
    yield row("round trip through the monitor at 10 ms", found, lambda f: f["round_trip"])
    stable = {n: f for n in found if (f := smallest_stable(n))}
    if "coremusic" in stable:
        frames = ", ".join(f"{n} {f['frames']}" for n, f in stable.items())
        yield row(
            f"round trip at the smallest stable buffer (frames: {frames})", stable, lambda f: f["round_trip"]
        )


if __name__ == "__main__":
    main(str(QUESTION), rows)
