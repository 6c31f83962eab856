"""How steady, cheap and quick is live sound in Python, on one PulseAudio server?"""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
from harness import Row, main, text_of

sys.path.append(str(Path(__file__).resolve().parent.parent / "tests"))

QUESTION = __doc__
PROBE = Path(__file__).with_name("live_probe.py")
PEERS = ("sounddevice", "miniaudio", "pedalboard")
TEN_MS, SECONDS = 480, 6.0
SMALLER = (96, 144, 192, 240, 336, 480, 960)

# ALSA, which sounddevice and pedalboard speak, reaches the server by its plug-in.
ASOUNDRC = "pcm.!default { type pulse }\nctl.!default { type pulse }\npcm.pulse { type pulse }\n"


def run(server: Any, library: str, frames: int, seconds: float = SECONDS) -> dict[str, Any] | None:
    """What the probe found, and the gaps that parec heard; None where the library is not installed or does not play
    here."""
    with server.record() as heard:
        done = subprocess.run(
            [sys.executable, PROBE, library, str(frames), str(seconds)],
            env=server.environment(COREMUSIC_DRIVER="pulse"),
            capture_output=True,
            text=True,
            timeout=60,
        )
    lines = done.stdout.strip().splitlines()
    if done.returncode or not lines:
        return None
    return {**json.loads(lines[-1]), "gaps": gaps(heard.frames(), seconds)}


def gaps(heard: Any, seconds: float) -> int:
    """Silences in the middle of what was heard, its first and last quarter of a second left out."""
    sounds = np.flatnonzero(heard.any(axis=1))
    if len(sounds) < seconds * 48000 / 2:
        return 1
    inner = sounds[(sounds > sounds[0] + 12000) & (sounds < sounds[-1] - 12000)]
    return int((np.diff(inner) > 1).sum())


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


def smallest_stable(server: Any, library: str) -> dict[str, Any] | None:
    """At the shortest buffer without a gap in three seconds."""
    for frames in SMALLER:
        found = run(server, library, frames, 3.0)
        if found and found["gaps"] == 0 and found["trips"] >= 4:
            return {**found, "frames": frames}
    return None


def rows() -> Iterator[Row]:
    from audio_servers import missing, pulse_server

    if missing("pulseaudio", "pactl"):
        yield Row("live sound", "-", missing("pulseaudio", "pactl"))
        return
    with pulse_server() as server:
        (server.home / ".asoundrc").write_text(ASOUNDRC)
        found = {n: f for n in ("coremusic", *PEERS) if (f := run(server, n, TEN_MS))}
        for name, share in (("p50", 0.5), ("p99", 0.99), ("max", 1.0)):
            yield row(
                f"callback jitter at 10 ms, {name}", found, lambda f, s=share: percentile(f["jitter"], s)
            )
        yield row("processor time per second of a duplex stream at 10 ms", found, lambda f: f["cpu"])
        yield row("round trip through the monitor at 10 ms", found, lambda f: f["round_trip"])
        stable = {n: f for n in found if (f := smallest_stable(server, n))}
        if "coremusic" in stable:
            frames = ", ".join(f"{n} {f['frames']}" for n, f in stable.items())
            yield row(
                f"round trip at the smallest stable buffer (frames: {frames})",
                stable,
                lambda f: f["round_trip"],
            )


if __name__ == "__main__":
    main(str(QUESTION), rows)
