"""The command line, run as a user runs it, and its pieces."""

from __future__ import annotations

import io
import json
import os
import pty
import shutil
import signal
import subprocess
import sys
import time
from contextlib import suppress
from pathlib import Path
from typing import Any

import mutagen
import numpy as np
import pytest
import soundfile as sf
from objects_kit import RATE, music, needs_ffprobe, probe

import coremusic
from coremusic import AudioFile
from coremusic.cli import main
from coremusic.cli.report import Progress, clock

JPEG = b"\xff\xd8\xff\xe0\x00\x10JFIF" + bytes(40) + b"\xff\xd9"
CONTAINERS = [
    "wav",
    "rf64",
    "bw64",
    "w64",
    "aiff",
    "aifc",
    "caf",
    "au",
    "flac",
    "mp2",
    "mp3",
    "aac",
    "m4a",
    "m4b",
    "mp4",
    "3gp",
    "ogg",
    "opus",
    "ac3",
]
TAGGABLE = [c for c in CONTAINERS if c != "ac3"]


@pytest.fixture
def wav(tmp_path: Path) -> Path:
    path = tmp_path / "in.wav"
    sf.write(path, music(RATE // 2), RATE, subtype="PCM_16")
    return path


def coremusic_command(*arguments: str | Path, **options: Any) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "coremusic", *map(str, arguments)]
    return subprocess.run(command, capture_output=True, text=True, timeout=60, check=False, **options)


def run_json(capsys: pytest.CaptureFixture[str], *arguments: str | Path) -> Any:
    assert main([*map(str, arguments), "--json"]) == 0
    captured = capsys.readouterr()
    assert captured.err == ""
    return json.loads(captured.out, parse_constant=lambda name: pytest.fail(f"{name} is not JSON"))


# ---- as a program


def test_a_whole_session(wav: Path) -> None:
    done = coremusic_command("convert", wav, wav.with_name("out.flac"))
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout == f"{wav.with_name('out.flac')}: 0:00.500, {RATE // 2} frames\n"
    done = coremusic_command("info", wav.with_name("out.flac"))
    assert (done.returncode, done.stderr) == (0, "")
    facts = dict(line.strip().split(":", 1) for line in done.stdout.splitlines()[1:])
    assert facts["sample rate"].strip() == "44100 Hz"
    assert facts["duration"].strip() == f"0:00.500 ({RATE // 2} frames)"
    assert "FLAC" in facts["type"]
    assert coremusic_command("--version").stdout == f"coremusic {coremusic.__version__}\n"
    assert coremusic_command("info", "none.wav").returncode == 1
    for wrong in ([], ["dance"], ["convert", "a"], ["info"], ["convert", "a", "b", "--bits", "7"]):
        done = coremusic_command(*wrong)
        assert done.returncode == 2
        assert done.stderr.startswith("usage: coremusic")


def test_the_installed_program(wav: Path) -> None:
    program = Path(sys.executable).with_name("coremusic")
    if not program.exists():
        pytest.skip("the package is not installed, only built")
    assert subprocess.run([program, "info", wav], check=False, capture_output=True).returncode == 0


@pytest.mark.parametrize("shell", ["bash", "zsh", "tcsh"])
def test_completion(tmp_path: Path, shell: str) -> None:
    pytest.importorskip("shtab")
    done = coremusic_command("--print-completion", shell)
    assert done.returncode == 0
    for word in ("convert", "metadata", "--bits"):
        assert word in done.stdout
    if shutil.which(shell):
        script = tmp_path / "completion"
        script.write_text(done.stdout)
        assert subprocess.run([shell, "-n", script], check=False).returncode == 0


def test_completion_completes(tmp_path: Path) -> None:
    pytest.importorskip("shtab")
    (tmp_path / "c.bash").write_text(coremusic_command("--print-completion", "bash").stdout)
    ask = (
        f"source {tmp_path / 'c.bash'}; COMP_WORDS=(coremusic con); COMP_CWORD=1; COMP_LINE='coremusic con';"
        ' _shtab_coremusic; echo "${COMPREPLY[@]}"'
    )
    done = subprocess.run(["bash", "-c", ask], capture_output=True, text=True, check=False)
    assert done.stdout.split() == ["convert"]


def test_completion_without_its_package(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, "shtab", None)
    with pytest.raises(SystemExit) as stopped:
        main(["--print-completion", "bash"])
    assert stopped.value.code == 1
    assert "pip install 'coremusic[cli]'" in capsys.readouterr().err


def test_output_that_nobody_reads(wav: Path) -> None:
    command = f"{sys.executable} -m coremusic info {' '.join([str(wav)] * 200)} | head -1"
    done = subprocess.run(["bash", "-c", command], capture_output=True, text=True, check=False, timeout=60)
    assert done.stdout == f"{wav}\n"
    assert "Traceback" not in done.stderr


@pytest.mark.parametrize("more", [[], ["--json"]])
@pytest.mark.parametrize("buffered", [True, False])
def test_output_that_has_no_room(wav: Path, more: list[str], buffered: bool) -> None:
    environment = {**os.environ, "PYTHONUNBUFFERED": "" if buffered else "1"}
    with Path("/dev/full").open("w") as full:
        done = subprocess.run(
            [sys.executable, "-m", "coremusic", "info", str(wav), *more],
            stdout=full,
            stderr=subprocess.PIPE,
            text=True,
            env=environment,
            check=False,
            timeout=60,
        )
    assert done.returncode == 1
    assert done.stderr == "coremusic: [Errno 28] No space left on device\n"


@pytest.mark.parametrize("more", ["", "--json"])
def test_output_that_is_closed(wav: Path, more: str) -> None:
    command = f"{sys.executable} -m coremusic info {wav} {more} >&-"
    done = subprocess.run(["bash", "-c", command], capture_output=True, text=True, check=False, timeout=60)
    assert (done.returncode, done.stderr) == (0, "")


def test_names_that_are_no_text(tmp_path: Path, wav: Path) -> None:
    odd = os.fsencode(tmp_path) + b"/\xff\xe9.wav"
    shutil.copy(wav, odd)
    for more in ([], ["--json"]):
        done = subprocess.run(
            [sys.executable, "-m", "coremusic", "info", odd, *more],
            capture_output=True,
            check=False,
            timeout=60,
        )
        assert (done.returncode, done.stderr) == (0, b"")
        assert b"\\udcff\\udce9.wav" in done.stdout
    assert json.loads(done.stdout)["path"].encode("utf-8", "surrogateescape") == odd


@pytest.mark.parametrize(
    ("number", "code", "words"),
    [
        (signal.SIGINT, 130, "coremusic: stopped; no file was changed half-way\n"),
        (signal.SIGTERM, 143, ""),
        (signal.SIGHUP, 129, ""),
    ],
)
@pytest.mark.parametrize("extension", ["flac", "m4a"])  # m4a: an encoder with packets left when it is closed
def test_stopped_by_the_user(
    tmp_path: Path, number: signal.Signals, code: int, words: str, extension: str
) -> None:
    source, target = tmp_path / "long.wav", tmp_path / f"out.{extension}"
    with sf.SoundFile(source, "w", 44100, 2) as file:
        for _ in range(60):
            file.write(np.random.default_rng(0).uniform(-0.5, 0.5, (10 * RATE, 2)))
    target.write_bytes(b"what was here")
    command = [sys.executable, "-m", "coremusic", "convert", str(source), str(target)]
    process = subprocess.Popen(command, stderr=subprocess.PIPE, text=True)
    while len(list(tmp_path.iterdir())) < 3 and process.poll() is None:  # until the new file is being written
        time.sleep(0.01)
    process.send_signal(number)
    _, error = process.communicate(timeout=30)
    assert process.returncode == code
    assert error == words
    assert sorted(p.name for p in tmp_path.iterdir()) == ["long.wav", target.name]
    assert target.read_bytes() == b"what was here"


def all_that_came(leader: int) -> str:
    """Through a terminal whose other end is closed: in pieces, and EIO after the last."""
    pieces = []
    with suppress(OSError):
        while piece := os.read(leader, 100_000):
            pieces.append(piece)
    return b"".join(pieces).decode()


@pytest.mark.parametrize(("worth_showing_after", "shown"), [(3600.0, False), (0.0, True)])
def test_progress_on_a_terminal(
    tmp_path: Path, wav: Path, monkeypatch: pytest.MonkeyPatch, worth_showing_after: float, shown: bool
) -> None:
    """A whole command with a terminal as its standard error; a short job shows nothing, a long one takes it away."""
    monkeypatch.setattr(Progress, "DELAY", worth_showing_after)
    monkeypatch.setattr(Progress, "INTERVAL", 0.0)
    leader, follower = pty.openpty()
    try:
        with os.fdopen(follower, "w") as terminal:
            monkeypatch.setattr(sys, "stderr", terminal)
            assert main(["convert", str(wav), str(tmp_path / "o.flac")]) == 0
        written = all_that_came(leader)
    finally:
        os.close(leader)
    assert ("o.flac [" in written) == shown
    assert not written or (shown and written.endswith("\r\x1b[K"))


class Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


def test_progress_line(monkeypatch: pytest.MonkeyPatch) -> None:
    terminal = Terminal()
    monkeypatch.setattr(sys, "stderr", terminal)
    monkeypatch.setattr(Progress, "DELAY", 0.0)
    monkeypatch.setattr(Progress, "INTERVAL", 0.0)
    progress = Progress("song.flac")
    for done in (0, 250, 500, 1000):
        progress(done, 1000)
    progress.close()
    lines = terminal.getvalue().split("\r")
    assert lines[0] == ""
    assert "song.flac [" + "-" * 30 + "]   0%" in lines[1]
    assert "[" + "#" * 15 + "-" * 15 + "]  50%" in lines[3]
    assert "[" + "#" * 30 + "] 100%, 0 s left" in lines[4]
    assert lines[-1] == "\x1b[K"
    progress(5, 0)  # of nothing
    silent = Progress("x", enabled=False)
    silent(5, 10)
    silent.close()
    assert terminal.getvalue().split("\r") == lines


def test_progress_is_for_terminals_only(monkeypatch: pytest.MonkeyPatch) -> None:
    log = io.StringIO()
    monkeypatch.setattr(sys, "stderr", log)
    monkeypatch.setattr(Progress, "DELAY", 0.0)
    monkeypatch.setattr(Progress, "INTERVAL", 0.0)
    progress = Progress("song.flac")
    progress(5, 10)
    progress.close()
    assert log.getvalue() == ""


@pytest.mark.parametrize(
    ("seconds", "text"),
    [
        (0, "0:00.000"),
        (59.9996, "1:00.000"),
        (61.5, "1:01.500"),
        (3723.004, "1:02:03.004"),
        (36000, "10:00:00.000"),
    ],
)
def test_clock(seconds: float, text: str) -> None:
    assert clock(seconds) == text


# ---- info


@needs_ffprobe
@pytest.mark.parametrize("extension", CONTAINERS)
def test_info_of_every_container(
    tmp_path: Path, wav: Path, capsys: pytest.CaptureFixture[str], extension: str
) -> None:
    path = tmp_path / f"out.{extension}"
    done = run_json(capsys, "convert", wav, path)
    facts = run_json(capsys, "info", path)
    assert facts["file_type"] == done["file_type"] == AudioFile.type_for_extension(extension)
    assert facts["bytes"] == path.stat().st_size
    format = facts["format"]
    assert str(int(format["sample_rate"])) == probe(path, "stream=sample_rate")
    assert str(format["channels_per_frame"]) == probe(path, "stream=channels")
    assert facts["duration"] == pytest.approx(float(probe(path, "format=duration")), abs=0.06)
    assert facts["frames"] == pytest.approx(facts["duration"] * format["sample_rate"], abs=2)
    assert facts["packets"] > 0
    assert facts["bit_rate"] > 10000
    assert facts["type_name"]
    assert facts["format_name"]
    assert main(["info", str(path)]) == 0
    text = capsys.readouterr().out
    assert f"type: {facts['type_name']} ({facts['file_type']})" in " ".join(text.split())


def test_info_of_several(tmp_path: Path, wav: Path, capsys: pytest.CaptureFixture[str]) -> None:
    facts = run_json(capsys, "info", wav, wav)
    assert [f["path"] for f in facts] == [str(wav)] * 2
    (tmp_path / "bad.wav").write_bytes(b"RIFF")
    assert main(["info", str(tmp_path / "bad.wav"), str(wav), str(tmp_path), "--json"]) == 1
    captured = capsys.readouterr()
    assert len(json.loads(captured.out)) == 1
    assert captured.err.count("coremusic: ") == 2
    assert "bad.wav" in captured.err


def test_levels(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = tmp_path / "tone.wav"
    tone = np.sin(2 * np.pi * 997 * np.arange(5 * 48000) / 48000)
    sf.write(path, np.stack([tone, tone], 1) * 10 ** (-23 / 20), 48000, subtype="FLOAT")
    levels = run_json(capsys, "info", path, "--levels")["levels"]
    assert levels["peak"] == pytest.approx(10 ** (-23 / 20), rel=1e-3)
    assert levels["rms"] == pytest.approx(10 ** (-23 / 20) / np.sqrt(2), rel=1e-3)
    assert levels["true_peak_dbtp"] == pytest.approx(-23, abs=0.1)
    assert levels["loudness_lufs"] == pytest.approx(-23, abs=0.1)  # EBU Tech 3341, case 1
    sf.write(path, np.zeros((5000, 2)), 48000)
    levels = run_json(capsys, "info", path, "--levels")["levels"]
    assert levels["peak"] == 0
    assert levels["true_peak_dbtp"] is None  # minus infinity, which JSON does not have
    assert main(["info", str(path), "--levels"]) == 0
    assert "-inf" in capsys.readouterr().out


# ---- convert


def test_convert_options(tmp_path: Path, wav: Path, capsys: pytest.CaptureFixture[str]) -> None:
    target = tmp_path / "out.aiff"
    done = run_json(
        capsys,
        *("convert", wav, target, "--rate", "22050", "--channels", "1", "--bits", "24", "--start", "0.1"),
        *("--end", "0.3"),
    )
    info = sf.info(target)
    assert (info.samplerate, info.channels, info.subtype, info.frames) == (22050, 1, "PCM_24", 4410)
    assert (done["frames"], done["duration"], done["file_type"]) == (4410, 0.2, "AIFF")
    run_json(capsys, "convert", wav, target, "--float")
    assert sf.info(target).subtype == "FLOAT"
    run_json(capsys, "convert", wav, tmp_path / "out.m4a", "--codec", "alac")
    assert probe(tmp_path / "out.m4a", "stream=codec_name") == "alac"
    run_json(capsys, "convert", wav, tmp_path / "out.mp3", "--bit-rate", "64", "--quality", "127")
    assert mutagen.File(tmp_path / "out.mp3").info.bitrate == pytest.approx(64000, rel=0.15)


def test_convert_many(tmp_path: Path, wav: Path, capsys: pytest.CaptureFixture[str]) -> None:
    other, out = tmp_path / "b.wav", tmp_path / "new" / "folder"
    shutil.copy(wav, other)
    done = run_json(capsys, "convert", wav, other, "--to", "flac", "--out-dir", out)
    assert [Path(d["target"]).name for d in done] == ["in.flac", "b.flac"]
    np.testing.assert_array_equal(sf.read(out / "b.flac")[0], sf.read(wav)[0])
    assert len(run_json(capsys, "convert", wav, "--to", ".caf")) == 1
    assert (tmp_path / "in.caf").exists()
    assert main(["convert", str(tmp_path / "none.wav"), str(wav), "--to", "au"]) == 1
    captured = capsys.readouterr()
    assert "none.wav" in captured.err
    assert "in.au: " in captured.out
    (tmp_path / "new" / "in.wav").write_bytes(b"")
    with pytest.raises(SystemExit):
        main(["convert", str(wav), str(tmp_path / "new" / "in.wav"), "--to", "flac", "--out-dir", str(out)])
    assert "more than one file" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("options", "message"),
    [
        (["out.xyz"], "file type"),
        (["out"], "extension"),
        (["out.wav", "--codec", "opus"], "hold"),
        (["out.wav", "--bits", "20"], "20 bits"),
        (["out.wav", "--quality", "1000"], "quality"),
        (["out.wav", "--start", "9"], "nothing lies between"),
        (["in.wav"], "to itself"),
        (["there.wav", "--no-overwrite"], "exists"),
        (["none/out.xyz"], "file type"),
        (["none/out.flac"], "No such file or directory"),
        (["none/../in.wav"], "No such file or directory"),
    ],
)
def test_convert_refuses(
    wav: Path,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
    options: list[str],
    message: str,
) -> None:
    monkeypatch.chdir(wav.parent)
    Path("there.wav").write_bytes(b"what was here")
    before = sorted(Path().iterdir())
    assert main(["convert", "in.wav", *options]) == 1
    error = capsys.readouterr().err
    assert error.startswith("coremusic: in.wav: ")
    assert message in error
    assert sorted(Path().iterdir()) == before
    assert Path("there.wav").read_bytes() == b"what was here"


@pytest.mark.parametrize(
    "line",
    [
        "convert in.wav out.wav --rate 0",
        "convert in.wav out.wav --rate nan",
        "convert in.wav out.wav --channels -2",
        "convert in.wav out.mp3 --bit-rate -5",
        "convert in.wav out.wav --start -1",
        "play in.wav --volume nan",
        "play in.wav --volume=-1",
        "play in.wav --end inf",
        "record out.wav --seconds -1",
        "record out.wav --seconds nan",
        "record out.wav --rate 0",
        "monitor --channels 0",
        "midi monitor --seconds=-0.1",
        "midi receive --count 0",
    ],
)
def test_numbers_that_mean_nothing(
    wav: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, line: str
) -> None:
    monkeypatch.chdir(wav.parent)
    with pytest.raises(SystemExit) as ended:
        main(line.split())
    assert ended.value.code == 2
    assert "invalid" in capsys.readouterr().err
    assert not list(Path().glob("out.*"))


# ---- metadata


@pytest.mark.parametrize("extension", TAGGABLE)
def test_metadata_of_every_container(
    tmp_path: Path, wav: Path, capsys: pytest.CaptureFixture[str], extension: str
) -> None:
    path = tmp_path / f"out.{extension}"
    run_json(capsys, "convert", wav, path)
    before = AudioFile(path).read()
    shown = run_json(capsys, "metadata", path, "--set", "title=Ein Stück = gut", "--set", "artist=Ana")
    assert shown["metadata"]["title"] == "Ein Stück = gut"
    assert shown["metadata"]["artist"] == "Ana"
    shown = run_json(capsys, "metadata", path, "--remove", "artist", "--remove", "absent", "--set", "album=B")
    assert "artist" not in shown["metadata"]
    assert shown["metadata"]["album"] == "B"
    assert shown["metadata"]["title"] == "Ein Stück = gut"
    shown = run_json(capsys, "metadata", path, "--clear", "--set", "title=Z")
    assert shown["metadata"].get("album") is None
    assert shown["metadata"]["title"] == "Z"
    np.testing.assert_array_equal(AudioFile(path).read(), before)
    assert main(["metadata", str(path)]) == 0
    assert " title: Z " in " ".join(capsys.readouterr().out.split() + [""])


def test_levels_of_a_long_file_take_no_more_memory(tmp_path: Path) -> None:
    """200 MB of 16-bit samples, 400 MB as floats, read in blocks; most of it is a hole."""
    path, frames = tmp_path / "a.wav", 100_000_000
    sf.write(path, np.full(1000, 0.25), 48000)
    with path.open("r+b") as file:
        header = bytearray(file.read(44))
        header[4:8] = (36 + 2 * frames).to_bytes(4, "little")
        header[40:44] = (2 * frames).to_bytes(4, "little")
        file.seek(0)
        file.write(header)
        file.truncate(44 + 2 * frames)
    script = (
        "import resource, sys\nfrom coremusic import cli\nfrom coremusic.dsp import LevelMeter\n"
        "before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss\n"
        "assert cli.main(['info', sys.argv[1], '--levels', '--json']) == 0\n"
        "print(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before, file=sys.stderr)\n"
    )
    done = subprocess.run([sys.executable, "-c", script, str(path)], capture_output=True, text=True)
    assert json.loads(done.stdout)["levels"]["peak"] == 0.25
    assert int(done.stderr) < 20_000  # KiB


@pytest.mark.parametrize(("rate", "channels"), [(48000, 8), (500, 1)])
def test_levels_without_a_loudness(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], rate: int, channels: int
) -> None:
    """BS.1770 says nothing of these; the rest is told."""
    path = tmp_path / "a.wav"
    sf.write(path, np.full((1000, channels), 0.25), rate, format="WAVEX", subtype="FLOAT")
    levels = run_json(capsys, "info", path, "--levels")["levels"]
    assert levels["loudness_lufs"] is None and levels["peak"] == levels["rms"] == 0.25
    assert main(["info", str(path), "--levels"]) == 0
    assert "not defined" in capsys.readouterr().out


def test_paths_are_completed(tmp_path: Path) -> None:
    pytest.importorskip("shtab")
    (tmp_path / "in.wav").touch()
    (tmp_path / "folder").mkdir()
    (tmp_path / "c.bash").write_text(coremusic_command("--print-completion", "bash").stdout)

    def complete(*words: str) -> list[str]:
        ask = (
            f"source ./c.bash; COMP_WORDS=(coremusic {' '.join(words)}); COMP_CWORD={len(words)};"
            ' _shtab_coremusic; echo "${COMPREPLY[@]}"'
        )
        done = subprocess.run(["bash", "-c", ask], capture_output=True, text=True, check=False, cwd=tmp_path)
        return [word.rstrip("/") for word in done.stdout.split()]

    assert complete("convert", "i") == complete("metadata", "in.wav", "--artwork", "i") == ["in.wav"]
    assert complete("convert", "--out-dir", "f") == ["folder"]
    assert complete("convert", "--out-dir", "i") == []
    assert ":_files" in coremusic_command("--print-completion", "zsh").stdout


def test_completion_into_a_pipe_that_ends_early() -> None:
    pytest.importorskip("shtab")
    read, write = os.pipe()
    os.close(read)
    command = [sys.executable, "-m", "coremusic", "--print-completion", "bash"]
    done = subprocess.run(command, stdout=write, stderr=subprocess.PIPE, timeout=60, check=False)
    os.close(write)
    assert done.returncode == 1 and b"Traceback" not in done.stderr


@pytest.mark.parametrize("extension", ["mp3", "m4a", "flac"])
def test_artwork(tmp_path: Path, wav: Path, capsys: pytest.CaptureFixture[str], extension: str) -> None:
    path, picture, copy = tmp_path / f"out.{extension}", tmp_path / "in.jpg", tmp_path / "copy.jpg"
    run_json(capsys, "convert", wav, path)
    picture.write_bytes(JPEG)
    assert run_json(capsys, "metadata", path, "--artwork", picture)["artwork_bytes"] == len(JPEG)
    run_json(capsys, "metadata", path, "--extract-artwork", copy)
    assert copy.read_bytes() == JPEG
    assert run_json(capsys, "info", path)["artwork_bytes"] == len(JPEG)
    assert run_json(capsys, "metadata", path, "--artwork", "")["artwork_bytes"] == 0
    assert main(["metadata", str(path), "--extract-artwork", str(copy)]) == 1
    assert "no artwork" in capsys.readouterr().err
    assert main(["metadata", str(path), "--artwork", str(tmp_path / "none.jpg")]) == 1
    assert "none.jpg" in capsys.readouterr().err
    assert main(["metadata", str(path), "--artwork", str(wav)]) == 1
    assert "is no picture" in capsys.readouterr().err


def test_metadata_refuses(tmp_path: Path, wav: Path, capsys: pytest.CaptureFixture[str]) -> None:
    for wrong in (["--set", "title"], ["--set", "=x"], [str(wav), "--extract-artwork", "x"]):
        with pytest.raises(SystemExit) as stopped:
            main(["metadata", str(wav), *wrong])
        assert stopped.value.code == 2
    capsys.readouterr()
    ac3 = tmp_path / "out.ac3"
    run_json(capsys, "convert", wav, ac3)
    raw = ac3.read_bytes()
    assert main(["metadata", str(ac3), "--set", "title=x"]) == 1
    assert capsys.readouterr().err.startswith(f"coremusic: {ac3}: ")
    assert ac3.read_bytes() == raw
    assert main(["metadata", str(tmp_path / "none.wav"), str(wav)]) == 1
    captured = capsys.readouterr()
    assert "none.wav" in captured.err
    assert str(wav) in captured.out
