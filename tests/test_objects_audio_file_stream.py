"""AudioFileStream: files that arrive in pieces, against the same files opened whole."""

from __future__ import annotations

import gc
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import soundfile as sf
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from objects_kit import RATE, ffmpeg, needs_ffmpeg, write_pcm

from coremusic import AudioFile, AudioFileError, AudioFileStream

HINTS = {"s16.wav": "WAVE", "s24.aiff": "AIFF", "s16.caf": "caff", "s16.au": "NeXT"}


class Catcher:
    """What a stream says."""

    def __init__(self) -> None:
        self.properties: list[int] = []
        self.data = b""
        self.sizes: list[int] = []
        self.frames = 0

    def on_property(self, stream: AudioFileStream, property_id: int) -> None:
        self.properties.append(property_id)

    def on_packets(self, stream: AudioFileStream, data: bytes, packets: list[tuple[int, int, int]]) -> None:
        assert stream.is_ready
        assert stream.format is not None
        for offset, size, frames in packets:
            self.data += data[offset : offset + size]
            self.sizes.append(size)
            self.frames += frames or stream.format.frames_per_packet


def feed(data: bytes, hint: Any = 0, piece: int = 1000) -> Catcher:
    catcher = Catcher()
    with AudioFileStream(hint, on_property=catcher.on_property, on_packets=catcher.on_packets) as s:
        for at in range(0, len(data), piece):
            s.parse_bytes(data[at : at + piece])
        s.finish()
        assert s.ready_to_produce_packets
        assert s.get_property("redy") == (1).to_bytes(4, "little")
    return catcher


@pytest.fixture(scope="module")
def files(tmp_path_factory: pytest.TempPathFactory) -> dict[str, bytes]:
    folder = tmp_path_factory.mktemp("stream")
    return {name: write_pcm(folder, name, 3000).read_bytes() for name in HINTS}


@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(name=st.sampled_from(sorted(HINTS)), piece=st.integers(1, 5000), hinted=st.booleans())
def test_linear_pcm(files: dict[str, bytes], name: str, piece: int, hinted: bool) -> None:
    caught = feed(files[name], HINTS[name] if hinted else 0, max(piece, 1 if len(files[name]) < 5000 else 37))
    with AudioFile(files[name]) as f:
        assert caught.data == f.read_packets(0, 3000)[0]
        assert len(caught.sizes) == 3000
        assert caught.frames == 3000
    codes = {p.to_bytes(4, "big") for p in caught.properties}
    assert {b"ffmt", b"dfmt", b"redy"} <= codes
    assert caught.properties[-1].to_bytes(4, "big") == b"redy"


@needs_ffmpeg
@pytest.mark.parametrize(
    ("name", "hint"),
    [("a.mp3", "MPG3"), ("a.aac", "adts"), ("a.flac", "flac"), ("a.ac3", "ac-3"), ("a.m4a", "m4af")],
)
@pytest.mark.parametrize("piece", [64, 4096])
def test_compressed(tmp_path: Path, name: str, hint: str, piece: int) -> None:
    how = ("-movflags", "+faststart") if name.endswith("m4a") else ()
    path = ffmpeg(write_pcm(tmp_path, "s16.wav", RATE), tmp_path / name, *how)
    caught = feed(path.read_bytes(), hint, piece)
    with AudioFile(path) as f:
        data, packets = f.read_packet_data()
        assert len(caught.sizes) == len(packets)
        assert caught.sizes == [size for _, size, _ in packets]
        assert caught.data == data


@needs_ffmpeg
@pytest.mark.parametrize(
    ("name", "hint", "how"),
    [
        (
            "a.m4a",
            0,
            ("-movflags", "+frag_keyframe+empty_moov+default_base_moof", "-frag_duration", "200000"),
        ),
        ("a.flac", 0, ()),
        ("a.eac3", "ac-3", ()),
        ("a.aac", "adts", ()),
    ],
)
def test_packets_come_with_their_bytes(tmp_path: Path, name: str, hint: Any, how: tuple[str, ...]) -> None:
    path = ffmpeg(write_pcm(tmp_path, "s16.wav", RATE), tmp_path / name, *how)
    data = path.read_bytes()
    caught = Catcher()
    with AudioFileStream(hint, on_packets=caught.on_packets) as s, AudioFile(path) as f:
        sizes = [size for _, size, _ in f.read_packet_data()[1]]
        s.parse_bytes(data[: len(data) // 2])
        assert len(sizes) // 3 <= len(caught.sizes) < len(sizes)
        s.parse_bytes(data[len(data) // 2 :])
        assert caught.sizes == sizes


def test_format_becomes_known(files: dict[str, bytes]) -> None:
    s = AudioFileStream("WAVE")
    assert s.format is None
    assert not s.ready_to_produce_packets
    assert repr(s) == "AudioFileStream('WAVE', closed)"
    s.parse_bytes(files["s16.wav"][:20])
    assert s.format is None
    s.parse_bytes(files["s16.wav"][20:100])
    assert s.format is not None
    assert s.format.sample_rate == RATE
    assert s.format is s.format
    assert s.is_ready
    assert s.file_type_hint == int.from_bytes(b"WAVE", "big")
    s.close()


def test_seek(files: dict[str, bytes]) -> None:
    s = AudioFileStream()
    with pytest.raises(AudioFileError, match="Stream not open"):
        s.seek(0)
    with pytest.raises(AudioFileError, match="Stream not open"):
        s.get_property("dfmt")
    s.open()
    with pytest.raises(AudioFileError):
        s.seek(10)
    s.parse_bytes(files["s16.wav"][:200])
    where = s.seek(100)
    assert set(where) == {"byte_offset", "flags", "is_estimated"}
    assert where["byte_offset"] == 400
    assert where["is_estimated"] is False
    with pytest.raises((AudioFileError, OverflowError)):
        s.seek(2**70)


def test_jump(files: dict[str, bytes]) -> None:
    data = files["s16.wav"]
    start = len(data) - 12000
    caught = Catcher()
    with AudioFileStream("WAVE", on_packets=caught.on_packets) as s:
        s.parse_bytes(data[:start])
        offset = s.seek(2000)["byte_offset"]
        s.parse_bytes(data[start + offset : start + offset + 400], discontinuity=True)
    sound = np.frombuffer(data[start:], "<i2").reshape(-1, 2)
    np.testing.assert_array_equal(np.frombuffer(caught.data, "<i2").reshape(-1, 2), sound[2000:2100])


def test_exceptions_in_callbacks(files: dict[str, bytes], monkeypatch: pytest.MonkeyPatch) -> None:
    seen: list[Any] = []
    monkeypatch.setattr(sys, "unraisablehook", lambda info: seen.append(info.exc_value))

    def bad(*_: Any) -> None:
        raise KeyError("mine")

    caught = Catcher()
    with AudioFileStream(on_property=bad, on_packets=caught.on_packets) as s:
        s.parse_bytes(files["s16.wav"])
    assert caught.frames == 3000
    assert seen
    assert all(isinstance(e, KeyError) for e in seen)


def test_a_callback_may_ask_but_not_feed(files: dict[str, bytes]) -> None:
    refused: list[str] = []
    answers: list[Any] = []

    def curious(stream: AudioFileStream, *_: Any) -> None:
        answers.append((stream.get_property("dfmt"), stream.seek(1), stream.is_ready))
        for use in (lambda: stream.parse_bytes(b"x"), stream.close, stream.finish, stream.dispose):
            try:
                use()
            except RuntimeError as error:
                refused.append(str(error))

    with AudioFileStream(on_packets=curious) as s:
        s.parse_bytes(files["s16.wav"])
        s.finish()
    assert answers
    assert len(refused) == 4 * len(answers)
    assert "inside" in refused[0]


def test_callbacks_must_be_callable() -> None:
    for keywords in ({"on_property": 5}, {"on_packets": "x"}):
        with pytest.raises(TypeError, match="callable"):
            AudioFileStream(**keywords)  # type: ignore[arg-type]


def test_what_is_no_audio() -> None:
    with AudioFileStream("WAVE") as s, pytest.raises(AudioFileError, match="parse"):
        for _ in range(100):
            s.parse_bytes(b"this is no audio at all " * 100)
    with AudioFileStream() as s:
        s.parse_bytes(b"")
        for wrong in (None, "text", 5, [1]):
            with pytest.raises(TypeError):
                s.parse_bytes(wrong)  # type: ignore[arg-type]


def test_callbacks_are_let_go() -> None:
    class Owner:
        stream: Any = None

        def on_packets(self, *_: Any) -> None: ...

    import weakref

    owner = Owner()
    owner.stream = AudioFileStream(on_packets=owner.on_packets).open()
    watch = weakref.ref(owner)
    del owner
    gc.collect()
    assert watch() is None


def test_round_trip_of_samples(tmp_path: Path) -> None:
    path = write_pcm(tmp_path, "f32.wav", 5000)
    caught = feed(path.read_bytes(), piece=333)
    np.testing.assert_array_equal(
        np.frombuffer(caught.data, "<f4").reshape(-1, 2), sf.read(path, dtype="float32")[0]
    )
