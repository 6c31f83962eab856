"""The examples and the README's code run as they are written."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
import soundfile as sf

import coremusic as cm
from coremusic.audio.conversion import convert_file

ROOT = Path(__file__).parent.parent
README = (ROOT / "README.md").read_text()


def run(*command: str | Path, cwd: Path) -> str:
    package = str(Path(cm.__file__).parent.parent)
    done = subprocess.run(
        [*map(str, command)],
        cwd=cwd,
        text=True,
        capture_output=True,
        env={**os.environ, "PYTHONPATH": package},
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


@pytest.fixture
def recording(tmp_path: Path) -> Path:
    sound = 0.3 * np.random.default_rng(3).standard_normal((44100, 2)).cumsum(axis=0) / 100
    sf.write(tmp_path / "recording.wav", sound, 44100)
    return tmp_path / "recording.wav"


def test_demo(recording: Path, tmp_path: Path) -> None:
    out = run(sys.executable, ROOT / "examples/demo.py", recording, tmp_path / "out", cwd=tmp_path)
    assert "every frame came back" in out
    assert "every sample was heard" in out
    assert out.count("the same samples") == 5
    assert sf.info(tmp_path / "out/copy.flac").frames == 44100


def test_levels(recording: Path, tmp_path: Path) -> None:
    out = run(sys.executable, ROOT / "examples/speech_levels.py", recording, cwd=tmp_path)
    assert out.splitlines()[1].endswith(str(recording))


def test_live_stream(recording: Path, tmp_path: Path) -> None:
    convert_file(recording, tmp_path / "a.mp3")
    with cm.AudioFile(tmp_path / "a.mp3") as file:
        count = file.packet_count
    assert run(sys.executable, ROOT / "examples/live_stream.py", "a.mp3", cwd=tmp_path).endswith(
        f"{count} packets\n"
    )


def test_readme_python(tmp_path: Path) -> None:
    blocks = re.findall(r"```python\n(.*?)```", README, re.DOTALL)
    assert len(blocks) >= 4
    (tmp_path / "readme.py").write_text("\n".join(blocks))
    assert "True" in run(sys.executable, "readme.py", cwd=tmp_path).splitlines()  # what was played was heard


def test_readme_commands(tmp_path: Path) -> None:
    sf.write(tmp_path / "tone.wav", np.zeros(48000), 48000)
    for name in ("tone.m4a", "tone.flac"):
        convert_file(tmp_path / "tone.wav", tmp_path / name)
    commands = re.findall(r"^    coremusic (.*)$", README, re.MULTILINE)
    assert len(commands) >= 3
    for command in commands:
        run(sys.executable, "-m", "coremusic", *command.split(), cwd=tmp_path)
