"""How many MIDI messages a second, how punctual, and beside python-rtmidi?"""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from harness import Row, main, text_of

ROOT = Path(__file__).resolve().parent.parent
sys.path.append(str(ROOT / "tests"))

QUESTION = __doc__
WINDOWS = (100, 400, 1000)  # messages that may be under way at once; the best rate counts
WAYS = {"callback": "by callback", "poll": "by asking"}
SECONDS = 1.5
MILLION = 1e6
ALONE = {"COREMUSIC_MIDI_DRIVERS": "none"}


def build(folder: Path) -> Path:
    """The C program, linked with the engine as any program for Core MIDI would be."""
    import coremusic

    library = Path(coremusic.get_library())
    sources = [ROOT / "benchmarks/midi_probe.c", *sorted((ROOT / "csrc/engine/midi").glob("ump*.c"))]
    command = ["cc", "-O3", "-std=c11", "-D_GNU_SOURCE", "-Wno-multichar", f"-I{coremusic.get_include()}"]
    command += [f"-I{ROOT / 'csrc/engine'}", *map(str, sources), str(library)]
    command += [f"-Wl,-rpath,{library.parent}", "-lpthread", "-lm", "-o", str(folder / "probe")]
    subprocess.run(command, check=True)
    return folder / "probe"


def ask(program: Path, mode: str) -> dict[str, Any]:
    environment = {**os.environ, **ALONE}
    done = subprocess.run([program, mode], check=True, capture_output=True, text=True, env=environment)
    found: dict[str, Any] = json.loads(done.stdout)
    return found


def rates(what: str, found: dict[str, float], names: dict[str, str], target: float) -> Iterator[Row]:
    for key, name in names.items():
        rate = found[key] / MILLION
        yield Row(f"{what}, {name}: million a second", f"{rate:.3g}", "the limit", rate, target)


def from_c(program: Path) -> Iterator[Row]:
    ways = {"single": "one in a list", "lists": "32 in a list"}
    yield from rates("messages through a port into C", ask(program, "send"), ways, 5)
    ways = {"to_2": "from 1.0", "to_1": "to 1.0"}
    yield from rates("UMP words of MIDI 2.0 translated", ask(program, "ump"), ways, 50)
    found = ask(program, "schedule")
    for name in ("p50", "p99", "max"):
        limit = 1.0 if name == "p99" else None
        late = text_of(max(found[name], 1e-9))
        what = f"lateness of scheduled messages, two busy threads, {name}: ms"
        yield Row(what, late, "the limit", found[name] * 1e3, limit, at_most=True)
    found = ask(program, "sysex")
    what = "SysEx of 100,000 bytes" + (" arrives intact" if found["intact"] else " does not arrive intact")
    yield Row(what, text_of(found["seconds"]), "", float(found["intact"]), 1)


def into_python(library: str, way: str, environment: dict[str, str]) -> dict[str, Any] | None:
    """The best of a few windows; None where the library does not work here."""
    tries = []
    for window in WINDOWS:
        command = [sys.executable, ROOT / "benchmarks/midi_probe.py", library, way, str(window), str(SECONDS)]
        done = subprocess.run(command, capture_output=True, text=True, env=environment, timeout=60)
        lines = done.stdout.strip().splitlines()
        if done.returncode == 0 and lines:
            tries.append(json.loads(lines[-1]))
    return max(tries, key=lambda found: found["rate"], default=None)


def beside_rtmidi(way: str) -> Iterator[Row]:
    from audio_servers import jack_server, missing

    ours = into_python("coremusic", way, {**os.environ, **ALONE})
    if ours is None or ours["lost"]:
        raise SystemExit(f"coremusic did not get all of its own messages: {ours}")
    what, shown = f"messages a second into Python, {WAYS[way]}", f"{ours['rate']:.3g}"
    if missing("jackd", "jack_lsp"):
        yield Row(what, shown, missing("jackd", "jack_lsp"))
        return
    with jack_server(period=64) as server:
        theirs = into_python("python-rtmidi", way, server.environment())
    if theirs is None:
        yield Row(what, shown, "python-rtmidi is not installed, or without JACK")
        return
    peer = "python-rtmidi through JACK, "
    lost = f", {theirs['lost']} lost" if theirs["lost"] else ""
    yield Row(what, shown, f"{peer}{theirs['rate']:.3g}{lost}", ours["rate"] / theirs["rate"], 10)
    times = text_of(ours["latency"]), peer + text_of(theirs["latency"])
    yield Row(f"from send into Python, {WAYS[way]}, median", *times, theirs["latency"] / ours["latency"])


def rows() -> Iterator[Row]:
    if shutil.which("cc"):
        with tempfile.TemporaryDirectory() as folder:
            yield from from_c(build(Path(folder)))
    else:
        yield Row("MIDI in C", "-", "needs a C compiler")
    for way in WAYS:
        yield from beside_rtmidi(way)


if __name__ == "__main__":
    main(str(QUESTION), rows)
