"""Nothing is left behind: memory, references, file descriptors, temporary files."""

from __future__ import annotations

import gc
import io
import struct
import sys
import warnings
import weakref
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from objects_kit import open_descriptors, resident_bytes, write_pcm

from coremusic import (
    AudioConverter,
    AudioConverterError,
    AudioFile,
    AudioFileError,
    AudioFileStream,
    AudioFormat,
    ExtendedAudioFile,
)

PCM = AudioFormat.pcm
ROUNDS, WARM, BATCHES = 300, 60, 3
ALLOWED = 600_000  # bytes; a leak of 2 KB a round would show


@pytest.fixture(scope="module")
def wav(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = write_pcm(tmp_path_factory.mktemp("leaks"), "s16.wav", 5000)
    with AudioFile(path, "r+") as f:
        f.metadata = {"title": "x" * 500, "artist": "y"}
        f.markers = [(10, "a" * 200), (20, "b")]
    return path


def expect(error: type[Exception] | tuple[type[Exception], ...], call: Callable[[], Any]) -> None:
    try:
        call()
    except error:
        return
    raise AssertionError("nothing was raised")


def fails(*_: Any) -> Any:
    raise KeyError("leak")


def operations(wav: Path, folder: Path) -> dict[str, Callable[[], Any]]:
    data, out = wav.read_bytes(), folder / "out.wav"
    sound = np.zeros((2000, 2), "float32")

    class Broken(io.BytesIO):
        def read(self, size: int | None = -1, /) -> bytes:
            if self.tell() > 5000:
                raise OSError("broken")
            return super().read(size)

    def read_all() -> None:
        with AudioFile(wav) as f:
            f.read()
            f.read(100, "int16", start=50)
            f.read(out=sound)
            f.read_as_numpy()
            f.read_packets(0, 100)
            f.read_packet_data(0, 10)
            f.read_frames(10, 10)
            list(f.blocks(1000))

    def facts() -> None:
        with AudioFile(wav) as f:
            for name in dir(f):
                if not name.startswith("_"):
                    getattr(f, name)
            assert f.metadata["artist"] == "y"
            assert len(f.markers) == 2

    def write() -> None:
        with AudioFile(out, "w", format=PCM()) as f:
            f.metadata = {"title": "t" * 300}
            f.markers = [(1, "m" * 100)]
            f.write(sound)
            f.set_user_data("Xtra", bytes(100))

    def write_flac() -> None:
        with AudioFile(folder / "out.flac", "w", format=AudioFormat.flac()) as f:
            f.write(sound)

    def change() -> None:
        with AudioFile(out, "r+") as f:
            f.metadata = {"title": "n" * 300}
            f.regions = [(1, "r" * 100, 0, [(5, "from")])] if f.file_type == "caff" else []
            f.write_packets(bytes(400), start=0)

    def give_up() -> None:
        try:
            with AudioFile(out, "w", format=PCM()) as f:
                f.write(sound)
                raise ZeroDivisionError
        except ZeroDivisionError:
            pass

    def failures() -> None:
        expect(AudioFileError, lambda: AudioFile(folder / "none.wav").open())
        expect(AudioFileError, lambda: AudioFile(b"nothing" * 100).open())
        expect(AudioFileError, lambda: AudioFile(folder / "a.nope", "w", format=PCM()).open())
        expect(OSError, lambda: AudioFile(Broken(data)).read())
        expect(TypeError, lambda: AudioFile(5))
        expect(TypeError, lambda: AudioFile(out, "w", format=object()))  # type: ignore[arg-type]
        with AudioFile(wav) as f:
            expect(AudioFileError, lambda: f.get_property("none"))
            expect(ValueError, lambda: f.read(out=np.zeros((5, 7), "float32")))
            expect(ValueError, lambda: f.read(dtype="int8"))
        with AudioFile(out, "w", format=PCM()) as f:
            expect(ValueError, lambda: f.write(np.zeros((5, 7), "float32")))
            expect(ValueError, lambda: f.write_packets(b"12345678", [(0, 99)]))
            expect(ValueError, lambda: setattr(f, "markers", [(1, "a"), (-1, "b")]))

    def sources() -> None:
        for source in (data, bytearray(data), io.BytesIO(data)):
            with AudioFile(source) as f:
                f.read(100)
            AudioFile(source).open()  # never closed
        memory = io.BytesIO()
        with AudioFile(memory, "w", format=PCM(), file_type="WAVE") as f:
            f.write(sound)

    def extended() -> None:
        with ExtendedAudioFile(wav) as e:
            e.client_format = AudioFormat.float32(22050, 1)
            e.read(500)
            assert e.file_format is not None
        with ExtendedAudioFile.create(out, "WAVE", PCM()) as e:
            e.client_format = AudioFormat.float32()
            e.write(2000, sound.tobytes())
        expect(AudioFileError, lambda: ExtendedAudioFile(folder / "none").open())
        expect(AudioFileError, lambda: ExtendedAudioFile(wav).write(1, b"1234"))

    def stream() -> None:
        got: list[int] = []
        with AudioFileStream(
            "WAVE",
            on_packets=lambda s, data, packets: got.append(len(data)),
            on_property=lambda s, id: got.append(id),
        ) as s:
            for at in range(0, len(data), 3000):
                s.parse_bytes(data[at : at + 3000])
            s.finish()
            assert s.format is not None
        assert got

    def converter() -> None:
        with AudioConverter(PCM(44100, 2), AudioFormat.float32(48000, 1)) as c:
            c.convert_with_callback(bytes(4000), 1000)
            c.convert_numpy(np.zeros((500, 2), "int16"))
            assert c.channel_map is not None
            expect(AudioConverterError, lambda: c.convert(bytes(8)))
            expect(ValueError, lambda: c.convert_numpy(np.zeros((5, 9), "int16")))
        AudioConverter(PCM(), PCM(bits=24)).convert(bytes(400))
        expect(AudioConverterError, lambda: AudioConverter(PCM(), AudioFormat(44100, "none")))

    return {
        f.__name__: f
        for f in (
            read_all,
            facts,
            write,
            write_flac,
            change,
            give_up,
            failures,
            sources,
            extended,
            stream,
            converter,
        )
    }


NAMES = [
    "read_all",
    "facts",
    "write",
    "write_flac",
    "change",
    "give_up",
    "failures",
    "sources",
    "extended",
    "stream",
    "converter",
]


@pytest.mark.filterwarnings("ignore::ResourceWarning")
@pytest.mark.parametrize("name", NAMES)
def test_memory_and_descriptors(wav: Path, tmp_path: Path, name: str) -> None:
    """A leak shows in every batch; caches and pools that fill up show in the first only."""
    operation = operations(wav, tmp_path)[name]
    operations(wav, tmp_path)["write"]()
    for _ in range(WARM):
        operation()
    gc.collect()
    open_files, objects = open_descriptors(), len(gc.get_objects())
    grown = []
    for _ in range(BATCHES):
        memory, blocks = resident_bytes(), sys.getallocatedblocks()
        for _ in range(ROUNDS):
            operation()
        gc.collect()
        grown.append((resident_bytes() - memory, sys.getallocatedblocks() - blocks))
        if grown[-1][0] < ALLOWED and grown[-1][1] < ROUNDS // 2:
            break
    else:
        raise AssertionError(f"bytes and blocks more after each {ROUNDS} rounds: {grown}")
    assert open_descriptors() == open_files
    assert abs(len(gc.get_objects()) - objects) < 100
    assert not [p for p in tmp_path.iterdir() if p.name.endswith(".part")]


def test_references(wav: Path, tmp_path: Path) -> None:
    """Counts of what is passed in and of shared objects do not move."""
    format, data, sound = PCM(), wav.read_bytes(), np.zeros((100, 2), "float32")
    callback = lambda *_: None  # noqa: E731
    watched = (format, data, sound, callback, AudioFormat, AudioFile, AudioFileError, None.__class__)

    def use() -> None:
        with AudioFile(data) as f:
            f.read(10)
            f.read(out=sound)
        with AudioFile(tmp_path / "a.wav", "w", format=format) as f:
            f.write(sound)
        with ExtendedAudioFile.create(tmp_path / "b.wav", "WAVE", format) as e:
            e.client_format = format
        with AudioConverter(format, format) as c:
            c.convert(data[:400])
        with AudioFileStream(on_packets=callback, on_property=callback) as s:
            s.parse_bytes(data)
        expect(AudioFileError, lambda: AudioFile("none").open())

    use()
    gc.collect()
    before = [sys.getrefcount(o) for o in watched]
    for _ in range(200):
        use()
    gc.collect()
    after = [sys.getrefcount(o) for o in watched]
    assert [b - a for a, b in zip(before, after, strict=True)] == pytest.approx([0] * len(watched), abs=3)


class KeptError(Exception):
    """An exception that can be watched."""


def test_exceptions_are_let_go(wav: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Neither a file object's exception, nor a callback's, nor one that was wrapped stays behind."""
    data, watched = wav.read_bytes(), []

    def fail(*_: Any) -> Any:
        error = KeptError("x")
        watched.append(weakref.ref(error))
        raise error

    class Broken(io.BytesIO):
        read = fail

    def read() -> None:
        AudioFile(Broken(data)).read()

    def write() -> None:
        class BrokenWriter(io.BytesIO):
            write = fail

        with AudioFile(BrokenWriter(), "w", format=PCM(), file_type="WAVE") as f:
            f.write(bytes(400))

    def stream() -> None:
        monkeypatch.setattr(sys, "unraisablehook", lambda _: None)
        with AudioFileStream(on_packets=fail, on_property=fail) as s:
            s.parse_bytes(data)

    def closed_with_an_error() -> None:
        with AudioFile(data):
            fail()

    def iterate() -> None:
        AudioFile(data).markers.__class__(fail() for _ in range(2))

    for operation in (read, write, stream, closed_with_an_error, iterate):
        before = len(watched)
        with suppress(KeptError, AudioFileError):
            operation()
        assert len(watched) > before, operation
        gc.collect()
        assert [w for w in watched if w() is not None] == [], operation


def test_no_warning_where_all_is_well(wav: Path, tmp_path: Path) -> None:
    """Files that were only read need no close(); written ones that were closed, or never opened, are silent too."""
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        AudioFile(wav).read(1)
        ExtendedAudioFile(wav).read(1)
        AudioFileStream().open()
        AudioConverter(PCM(), PCM(bits=24))
        AudioFile(tmp_path / "a.wav", "w", format=PCM())
        ExtendedAudioFile(tmp_path / "a.wav", "w", "WAVE", PCM())
        with AudioFile(tmp_path / "a.wav", "w", format=PCM()) as f:
            f.write(bytes(4))
        gc.collect()
        assert not caught
        AudioFile(tmp_path / "b.wav", "w", format=PCM()).write(bytes(4))
        ExtendedAudioFile.create(tmp_path / "c.wav", "WAVE", PCM())
        gc.collect()
    assert [w.category for w in caught] == [ResourceWarning] * 2
    assert "b.wav" in str(caught[0].message)
    assert [p.name for p in tmp_path.iterdir()] == ["a.wav"]


@pytest.mark.slow
def test_slices_of_a_huge_file_stay_small(tmp_path: Path) -> None:
    path = tmp_path / "huge.wav"
    frames = 2**30  # 4 GiB of 16-bit stereo: an RF64 file with a hole
    sizes = struct.pack("<4sIQQQI", b"ds64", 28, 72 + 4 * frames, 4 * frames, frames, 0)
    layout = struct.pack("<4sIHHIIHH", b"fmt ", 16, 1, 2, 44100, 176400, 4, 16)
    header = b"RF64\xff\xff\xff\xffWAVE" + sizes + layout + b"data\xff\xff\xff\xff"
    with path.open("wb") as file:
        file.write(header)
        file.truncate(len(header) + 4 * frames)
        file.seek(-4, io.SEEK_END)
        file.write(struct.pack("<hh", 1234, -1234))
    with AudioFile(path) as f:
        assert f.frame_count == frames
        f.read(1000)
        before = resident_bytes()
        for start in range(0, frames - 10000, frames // 200):
            assert f.read(10000, start=start).shape == (10000, 2)
        assert resident_bytes() - before < 50_000_000
        assert f.read(10, "int16", start=frames - 1).tolist() == [[1234, -1234]]
