"""The private servers that other tests stand on: they start, answer, die, come back and leave nothing behind."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
import pytest
from audio_servers import jack, jack_server, pipewire, pulse, pulse_server  # noqa: F401


def test_pulse_has_its_sink(pulse):  # noqa: F811
    assert pulse.pactl("get-default-sink").strip() == "out"
    module = pulse.load_sink("second")
    assert "second.monitor" in pulse.pactl("list", "short", "sources")
    pulse.pactl("unload-module", str(module))
    assert "second" not in pulse.pactl("list", "short", "sources")


def test_pulse_comes_back(pulse):  # noqa: F811
    pulse.kill()
    with pytest.raises(subprocess.CalledProcessError):
        pulse.pactl("info")
    pulse.launch()
    assert "Default Sink: out" in pulse.pactl("info")


def test_pulse_records_what_is_played_bit_for_bit(pulse, tmp_path):  # noqa: F811
    noise = np.random.default_rng(1).uniform(-1, 1, (4800, 2)).astype("<f4")
    played = np.concatenate([np.zeros((24000, 2), "<f4"), noise, np.zeros((9600, 2), "<f4")])
    played.tofile(tmp_path / "sound.f32")
    with pulse.record() as recording:
        pulse.run(
            "pacat", "--playback", "--raw", "--format=float32le", "--rate=48000", str(tmp_path / "sound.f32")
        )
        time.sleep(0.2)
    heard = recording.frames()
    start = np.flatnonzero(heard[:, 0] == noise[0, 0])
    assert len(start) == 1
    np.testing.assert_array_equal(heard[start[0] :][:4800], noise)


def test_several_sinks():
    with pulse_server({"a": "rate=44100 channels=1", "b": "rate=96000 channels=6"}) as server:
        listed = [line.split("\t") for line in server.pactl("list", "short", "sinks").splitlines()]
    assert [(name, spec) for _, name, _, spec, _ in listed] == [
        ("a", "s16le 1ch 44100Hz"),
        ("b", "s16le 6ch 96000Hz"),
    ]


def test_pipewire_has_its_sink(pipewire):  # noqa: F811
    assert "PipeWire" in pipewire.pactl("info")
    assert pipewire.default_sink() == "out"
    with pipewire.record() as recording:
        time.sleep(0.3)
    assert len(recording.frames()) > 4800


def test_jack_has_its_ports(jack):  # noqa: F811
    assert sorted(jack.run("jack_lsp").split()) == [
        f"system:{kind}_{n}" for kind in ("capture", "playback") for n in (1, 2)
    ]


def test_two_jacks_at_once():
    with jack_server(channels=1) as one, jack_server(rate=44100, channels=4) as four:
        assert len(one.run("jack_lsp").split()) == 2
        assert len(four.run("jack_lsp").split()) == 8


def test_active_puts_the_environment_back(pulse):  # noqa: F811
    before = dict(os.environ)
    with pulse.active(COREMUSIC_DRIVER="pulse"):
        assert os.environ["PULSE_SERVER"] == pulse.variables["PULSE_SERVER"]
    assert dict(os.environ) == before


def test_a_server_dies_with_a_killed_test():
    program = (
        "import os, sys; sys.path.insert(0, sys.argv[1]); from audio_servers import PulseServer\n"
        "s = PulseServer({}); print(s.processes[0].pid, s.folder, flush=True); os.kill(os.getpid(), 9)"
    )
    here = str(Path(__file__).parent)
    done = subprocess.run([sys.executable, "-c", program, here], capture_output=True, text=True, check=False)
    pid, folder = done.stdout.split()
    end = time.monotonic() + 5
    state = ""
    while time.monotonic() < end and state not in ("gone", "Z"):
        try:
            state = Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()[0]
        except OSError:
            state = "gone"
    for path in sorted(Path(folder).rglob("*"), reverse=True):
        path.rmdir() if path.is_dir() else path.unlink()
    Path(folder).rmdir()
    assert state in ("gone", "Z")
