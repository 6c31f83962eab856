"""Audio files that are broken, missing, forbidden or used wrongly: a clear error with its code, no crash, no hang,
nothing left behind, and the file that was there before is still there."""

from __future__ import annotations

import gc
import os
import resource
import shutil
import signal
import socket
import struct
import subprocess
import sys
import tempfile
import textwrap
import threading
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from abuse_kit import (
    DISK_FULL,
    FILE_NOT_FOUND,
    FRAMES,
    LINEAR,
    NOT_OPEN,
    TYPES,
    check_clear,
    code,
    huge_header,
    opens_or_is_refused,
    run_code,
    specimen,
    use,
)
from objects_kit import open_descriptors, resident_bytes

from coremusic import AudioFile, AudioFileError, AudioFormat, ExtendedAudioFile, capi

INVALID, UNKNOWN, FORBIDDEN = code("dta?"), code("typ?"), code("prm?")
EXTENSIONS = list(TYPES)
KEEP_TEXTS = ["wav", "caf", "flac", "m4a", "mp3", "ogg"]


@pytest.fixture(scope="module")
def files(tmp_path_factory: pytest.TempPathFactory) -> dict[str, bytes]:
    folder = tmp_path_factory.mktemp("abuse")
    return {extension: specimen(folder, extension).read_bytes() for extension in EXTENSIONS}


def status_of(source: Any, *arguments: Any, **keywords: Any) -> int:
    f = AudioFile(source, *arguments, **keywords)
    with pytest.raises(AudioFileError) as raised:
        f.open()
    check_clear(raised.value)
    assert not f.is_disposed
    return raised.value.status_code


# ---- bytes that are no audio file, or only half of one


@pytest.mark.parametrize("extension", EXTENSIONS)
@pytest.mark.parametrize("size", [0, 1, 3, 4, 11])
def test_hardly_any_bytes(tmp_path: Path, extension: str, size: int, files: dict[str, bytes]) -> None:
    path = tmp_path / f"a.{extension}"
    path.write_bytes(files[extension][:size])
    assert status_of(path) in (INVALID, UNKNOWN)


@pytest.mark.parametrize("extension", EXTENSIONS)
def test_cut_at_every_byte(extension: str, files: dict[str, bytes]) -> None:
    """Of the header; and every now and then in what comes behind."""
    data = files[extension]
    with AudioFile(data) as f:
        header = int.from_bytes(f.get_property("doff"), sys.byteorder)
    cuts = [*range(min(header + 20, 600)), *range(600, header, 61), *range(header, len(data), 397)]
    opened = [cut for cut in cuts if opens_or_is_refused(data[:cut])]
    assert 0 not in opened
    assert opens_or_is_refused(data)


@pytest.mark.parametrize("extension", EXTENSIONS)
def test_cut_while_something_is_in_it(tmp_path: Path, extension: str, files: dict[str, bytes]) -> None:
    """A linear file that lost its end gives the frames that are there."""
    data = files[extension]
    path = tmp_path / f"a.{extension}"
    path.write_bytes(data[: len(data) * 2 // 3])
    try:
        with AudioFile(path) as f:
            assert len(f.read()) <= FRAMES + 4096
    except AudioFileError as error:
        check_clear(error)
        assert extension not in LINEAR


def lies(data: bytes, at: int) -> list[bytes]:
    """The file with absurd numbers at a place: 2^32-1, 2^31, 2^63-1, 2^63, -1, 0, and nearly 2^32."""
    numbers = [
        struct.pack(order + kind, value)
        for order in "<>"
        for kind, value in (("I", 2**32 - 1), ("I", 2**31), ("I", 2**32 - 9), ("Q", 2**63 - 1), ("Q", 2**63))
    ]
    numbers += [bytes(4), bytes(8), b"\xff" * 8]
    return [data[:at] + number + data[at + len(number) :] for number in numbers]


@pytest.mark.parametrize("extension", EXTENSIONS)
def test_lying_sizes(extension: str, files: dict[str, bytes]) -> None:
    data = files[extension]
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    for at in range(4, min(len(data), 330), 2):
        for lie in lies(data, at):
            opens_or_is_refused(lie)
    grown = (resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before) * 1024
    assert grown < 200_000_000


@pytest.mark.parametrize("extension", EXTENSIONS)
def test_random_bytes(extension: str, files: dict[str, bytes]) -> None:
    """Nothing but noise, noise behind the type's first bytes, and files with a few bytes changed."""
    random = np.random.default_rng(7)
    data = files[extension]
    for _ in range(60):
        noise = random.integers(0, 256, 2000, dtype=np.uint8).tobytes()
        opens_or_is_refused(noise, file_type=TYPES[extension][0])
        opens_or_is_refused(data[: random.integers(4, 64)] + noise)
        changed = bytearray(data)
        for at in random.integers(0, min(len(data), 5000), 8):
            changed[at] = random.integers(0, 256)
        opens_or_is_refused(bytes(changed))


def nested(kind: str) -> bytes:
    """Chunks in chunks in chunks, or one behind the other without an end."""
    depth = 20000
    if kind == "riff":
        inner = b"".join(struct.pack("<4sI4s", b"LIST", 12 * (depth - i), b"LIST") for i in range(depth))
        return struct.pack("<4sI4s", b"RIFF", len(inner) + 4, b"WAVE") + inner
    if kind == "aiff":
        return b"".join(struct.pack(">4sI4s", b"FORM", 12 * (depth - i) - 8, b"AIFF") for i in range(depth))
    if kind == "mp4":
        inner = b"".join(struct.pack(">I4s", 8 * (depth - i), b"moov") for i in range(depth))
        return struct.pack(">I4s4sI", 16, b"ftyp", b"M4A ", 0) + inner
    if kind == "mp4-endless":
        return struct.pack(">I4s4sI", 16, b"ftyp", b"M4A ", 0) + struct.pack(">I4sQ", 1, b"moov", 0) * depth
    if kind == "caf":
        return struct.pack(">4sHH", b"caff", 1, 0) + struct.pack(">4sq", b"free", 0) * depth * 5
    if kind == "wave":
        return (
            struct.pack("<4sI4s", b"RIFF", 2**32 - 1, b"WAVE") + struct.pack("<4sI", b"junk", 0) * depth * 5
        )
    if kind == "id3":
        return (b"ID3\x03\x00\x00" + bytes((0, 0, 0, 10))) * depth
    if kind == "flac":
        return b"fLaC" + struct.pack(">I", 4 << 24) * depth
    raise ValueError(kind)


@pytest.mark.parametrize("kind", ["riff", "aiff", "mp4", "mp4-endless", "caf", "wave", "id3", "flac"])
def test_chunks_without_end(kind: str) -> None:
    assert not opens_or_is_refused(nested(kind))


def test_id3_tag_in_an_id3_chunk_of_itself(files: dict[str, bytes]) -> None:
    tag = b"ID3\x03\x00\x00\x00\x00\x0f\x7f" + b"CHAP\x00\x00\x07\x00\x00\x00" * 300
    body = files["wav"][12:] + struct.pack("<4sI", b"id3 ", len(tag)) + tag
    assert opens_or_is_refused(b"RIFF" + struct.pack("<I", len(body) + 4) + b"WAVE" + body)


# ---- what stands at a path


@pytest.mark.parametrize("extension", EXTENSIONS)
def test_wrong_extension(tmp_path: Path, extension: str, files: dict[str, bytes]) -> None:
    """The bytes decide, whatever the name or the caller says."""
    expected = AudioFile(files[extension]).read()
    for wrong in ("wav", "mp3", "m4a", "txt", "caf"):
        path = tmp_path / f"a.{wrong}"
        path.write_bytes(files[extension])
        with AudioFile(path) as f:
            np.testing.assert_array_equal(f.read(), expected)
        with AudioFile(path, file_type=TYPES["flac" if extension != "flac" else "aiff"][0]) as f:
            assert f.frame_count == len(expected)


def test_paths_that_are_no_files(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe.wav")
    (tmp_path / "dangling.wav").symlink_to(tmp_path / "nothing")
    (tmp_path / "loop.wav").symlink_to(tmp_path / "loop.wav")
    (tmp_path / "text.wav").write_text("no audio at all\n" * 100)
    (tmp_path / "file").write_bytes(b"x")
    with socket.socket(socket.AF_UNIX) as server:
        server.bind(str(tmp_path / "s.wav"))
        expected = {
            tmp_path: UNKNOWN,
            tmp_path / "pipe.wav": UNKNOWN,
            tmp_path / "s.wav": UNKNOWN,
            tmp_path / "text.wav": UNKNOWN,
            tmp_path / "missing.wav": FILE_NOT_FOUND,
            tmp_path / "missing" / "a.wav": FILE_NOT_FOUND,
            tmp_path / "file" / "a.wav": FILE_NOT_FOUND,
            tmp_path / "dangling.wav": FILE_NOT_FOUND,
            tmp_path / "loop.wav": code("!pth"),
            tmp_path / ("x" * 300 + ".wav"): code("!pth"),
            Path("/dev/zero"): UNKNOWN,
            Path("/dev/full"): UNKNOWN,
        }
        found = {path: status_of(path) for path in expected}
    assert found == expected


def test_names_that_are_odd_but_right(tmp_path: Path, files: dict[str, bytes]) -> None:
    for name in (
        "a b.wav",
        "a\nb.wav",
        "%41%2f.wav",
        "ä愛🎵.wav",
        "-v.wav",
        "x" * 240 + ".wav",
        "file:a.wav",
    ):
        (tmp_path / name).write_bytes(files["wav"])
        with AudioFile(tmp_path / name) as f:
            assert f.frame_count == FRAMES
    raw = os.fsencode(tmp_path) + b"/\xff\xfe.wav"  # no UTF-8
    Path(os.fsdecode(raw)).write_bytes(files["wav"])
    opens_or_is_refused(os.fsdecode(raw))


@pytest.mark.parametrize("path", ["missing/a.wav", "folder", "file/a.wav", "loop/a.wav"])
def test_places_that_cannot_be_written(tmp_path: Path, path: str) -> None:
    (tmp_path / "folder").mkdir()
    (tmp_path / "file").write_bytes(b"x")
    (tmp_path / "loop").symlink_to(tmp_path / "loop")
    status = status_of(tmp_path / path, "w", format=AudioFormat.pcm(), file_type="WAVE")
    assert status in (FILE_NOT_FOUND, UNKNOWN, code("!pth"))
    assert sorted(p.name for p in tmp_path.iterdir()) == ["file", "folder", "loop"]


@pytest.fixture
def public_folder() -> Iterator[Path]:
    """One that another user may look into, which those of pytest are not."""
    with tempfile.TemporaryDirectory() as name:
        Path(name).chmod(0o755)
        yield Path(name)


@pytest.mark.skipif(os.geteuid() != 0, reason="needs root to become somebody else")
def test_no_permission(public_folder: Path, files: dict[str, bytes]) -> None:
    """Another user may neither read, change nor replace what is not his."""
    secret, visible = public_folder / "secret.wav", public_folder / "visible.wav"
    closed = public_folder / "closed"
    closed.mkdir(mode=0o700)
    for path, mode in ((secret, 0o600), (visible, 0o644), (closed / "a.wav", 0o644)):
        path.write_bytes(files["wav"])
        path.chmod(mode)
    done = run_code(
        """
        import os, sys
        from coremusic import AudioFile, AudioFileError, AudioFormat
        AudioFile(sys.argv[2]).open().close()
        os.setgid(65534); os.setuid(65534)
        tries = [(sys.argv[2],), (sys.argv[1],), (sys.argv[3] + "/a.wav",), (sys.argv[2], "r+")]
        pcm = AudioFormat.pcm()
        for arguments, keywords in (
            *(((*t,), {}) for t in tries),
            ((sys.argv[2], "w"), {"format": pcm}),
            ((os.path.dirname(sys.argv[2]) + "/new.wav", "w"), {"format": pcm}),
        ):
            try:
                AudioFile(*arguments, **keywords).open()
                print("opened")
            except AudioFileError as error:
                print(error.status_code)
        """,
        secret,
        visible,
        closed,
    )
    assert done.stdout.split() == ["opened", *[str(FORBIDDEN)] * 5], done.stderr
    assert visible.read_bytes() == files["wav"]


# ---- writing that does not come to its end

WRITER = """
    import os, resource, signal, sys
    import numpy as np
    from coremusic import AudioFile, AudioFileError, AudioFormat
    sys.path.insert(0, {tests!r})
    from abuse_kit import TYPES
    sound = np.random.default_rng(1).uniform(-1, 1, (20000, 2)).astype("float32")

    def write(path, extension, more=lambda: True):
        file_type, make = TYPES[extension]
        with AudioFile(path, "w", format=make(44100, 2), file_type=file_type) as f:
            while more():
                f.write(sound)

    def retag(path, text):
        with AudioFile(path, "r+") as f:
            f.metadata = {{"title": text}}

    def status(work, *arguments):
        try:
            work(*arguments)
        except AudioFileError as error:
            return error.status_code
"""


def writer(text: str) -> str:
    return textwrap.dedent(WRITER.format(tests=str(Path(__file__).parent))) + textwrap.dedent(text)


def test_disk_full(tmp_path: Path) -> None:
    paths = [tmp_path / f"a.{extension}" for extension in EXTENSIONS]
    for path in paths:
        path.write_bytes(b"precious")
    done = run_code(
        writer(
            """
            signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
            resource.setrlimit(resource.RLIMIT_FSIZE, (100_000, 100_000))
            for path in sys.argv[1:]:
                print(status(write, path, path.split(".")[-1]))
            """
        ),
        *paths,
    )
    assert done.stdout.split() == [str(DISK_FULL)] * len(paths), done.stderr
    assert all(path.read_bytes() == b"precious" for path in paths)
    assert sorted(tmp_path.iterdir()) == sorted(paths)


def test_disk_full_while_tags_are_changed(tmp_path: Path, files: dict[str, bytes]) -> None:
    paths = [tmp_path / f"a.{extension}" for extension in KEEP_TEXTS]
    for path in paths:
        path.write_bytes(files[path.suffix[1:]])
    done = run_code(
        writer(
            """
            signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
            resource.setrlimit(resource.RLIMIT_FSIZE, (60_000, 60_000))
            for path in sys.argv[1:]:
                print(status(retag, path, "x" * 100_000))
            """
        ),
        *paths,
    )
    assert done.stdout.split() == [str(DISK_FULL)] * len(paths), done.stderr
    assert all(path.read_bytes() == files[path.suffix[1:]] for path in paths)
    assert sorted(tmp_path.iterdir()) == sorted(paths)


def test_a_disk_that_is_full(tmp_path: Path) -> None:
    """A file system of 256 KB."""
    prefix = ("unshare", "--mount", "--map-root-user")
    mount = ["sh", "-c", 'mount -t tmpfs -o size=256k none "$1"', "sh", str(tmp_path)]
    if not shutil.which("unshare") or subprocess.run([*prefix, *mount], capture_output=True).returncode:
        pytest.skip("no file system can be mounted here")
    done = run_code(
        writer(
            """
            import subprocess
            path = sys.argv[1]
            subprocess.run(["mount", "-t", "tmpfs", "-o", "size=256k", "none", os.path.dirname(path)], check=True)
            with open(path, "wb") as old:
                old.write(b"precious")
            print(status(write, path, "wav"), open(path, "rb").read(), os.listdir(os.path.dirname(path)))
            """
        ),
        tmp_path / "a.wav",
        prefix=prefix,
    )
    assert done.stdout.strip() == f"{DISK_FULL} b'precious' ['a.wav']", done.stderr


@pytest.mark.parametrize(
    ("work", "extension"),
    [
        *(("write", extension) for extension in EXTENSIONS),
        *(("retag", extension) for extension in KEEP_TEXTS),
    ],
)
def test_killed_while_writing(tmp_path: Path, extension: str, work: str, files: dict[str, bytes]) -> None:
    path = tmp_path / f"a.{extension}"
    path.write_bytes(files[extension])
    text = writer(
        """
        path, extension, work = sys.argv[1:]
        beat = lambda: print("x", flush=True) is None
        if work == "write":
            write(path, extension, beat)
        f = AudioFile(path, "r+").open()
        while beat():
            f.metadata = {"title": "y" * 30000}
        """
    )
    child = subprocess.Popen([sys.executable, "-c", text, path, extension, work], stdout=subprocess.PIPE)
    assert child.stdout is not None
    for _ in range(3):
        assert child.stdout.readline() == b"x\n"
    child.send_signal(signal.SIGKILL)
    child.wait()
    child.stdout.close()
    assert path.read_bytes() == files[extension]


# ---- used wrongly


@pytest.mark.parametrize("extension", EXTENSIONS)
def test_closed_twice_and_used_after(tmp_path: Path, extension: str, files: dict[str, bytes]) -> None:
    path = tmp_path / f"a.{extension}"
    path.write_bytes(files[extension])
    for opened in (AudioFile(path).open(), AudioFile(path, "r+").open(), ExtendedAudioFile(path).open()):
        opened.close()
        opened.close()
        opened.dispose()
        for use_again in (lambda o=opened: o.read(10), lambda o=opened: o.seek(0), opened.open):
            with pytest.raises((AudioFileError, RuntimeError), match="dispos|clos|open"):
                use_again()
    assert path.read_bytes() == files[extension]


def test_stale_handles(tmp_path: Path, files: dict[str, bytes]) -> None:
    path = tmp_path / "a.wav"
    path.write_bytes(files["wav"])
    handle = capi.audio_file_open_url(str(path), 1, 0)
    assert capi.audio_file_close(handle) == 0
    for stale in (handle, 0, 1, -1, 2**31, 2**62, handle ^ 1):
        for call in (
            lambda h: capi.audio_file_close(h),
            lambda h: capi.audio_file_read_packets(h, 0, 10),
            lambda h: capi.audio_file_get_property(h, code("dfmt")),
        ):
            with pytest.raises((RuntimeError, ValueError, OverflowError)) as raised:
                call(stale)
            if isinstance(raised.value, RuntimeError):
                assert str(NOT_OPEN) in str(raised.value)


def in_threads(*work: Callable[[], Any]) -> None:
    """Runs all at once; what one of them raises comes out."""
    errors: list[BaseException] = []

    def run(function: Callable[[], Any]) -> None:
        try:
            function()
        except BaseException as error:
            errors.append(error)

    threads = [threading.Thread(target=run, args=(w,)) for w in work]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
        assert not thread.is_alive()
    for error in errors:
        raise error


@pytest.mark.parametrize("extension", KEEP_TEXTS)
def test_two_threads_on_one_file(extension: str, files: dict[str, bytes]) -> None:
    expected = AudioFile(files[extension]).read()
    with AudioFile(files[extension]) as f:

        def read(seed: int) -> None:
            for start in np.random.default_rng(seed).integers(0, FRAMES - 100, 100):
                got = f.read(100, start=start)
                assert np.abs(got - expected[start : start + 100]).max() < 0.02
                assert f.metadata.get("title") in ("a title", None)

        in_threads(lambda: read(1), lambda: read(2))


def test_a_handle_closed_while_another_thread_reads(tmp_path: Path, files: dict[str, bytes]) -> None:
    path = tmp_path / "a.wav"
    path.write_bytes(files["wav"])
    for _ in range(100):
        handle = capi.audio_file_open_url(str(path), 1, 0)

        def read(handle: int = handle) -> None:
            try:
                while True:
                    data, packets = capi.audio_file_read_packets(handle, 0, FRAMES)
                    assert (len(data), packets) == (FRAMES * 4, FRAMES)
            except RuntimeError as error:
                assert str(NOT_OPEN) in str(error)

        in_threads(read, read, lambda handle=handle: capi.audio_file_close(handle))


# ---- nothing is left behind


def test_descriptors_and_memory_come_back(tmp_path: Path, files: dict[str, bytes]) -> None:
    paths = []
    for extension, data in files.items():
        for size in (len(data), len(data) // 2, 60, 0):
            paths.append(tmp_path / f"{size}.{extension}")
            paths[-1].write_bytes(data[:size])

    def once() -> None:
        for path in (*paths, tmp_path, tmp_path / "missing.wav"):
            opens_or_is_refused(path)

    for _ in range(3):
        once()
    gc.collect()
    descriptors, memory = open_descriptors(), resident_bytes()
    for _ in range(8):
        once()
    gc.collect()
    assert open_descriptors() == descriptors
    assert resident_bytes() - memory < 8_000_000


def test_too_many_files(tmp_path: Path, files: dict[str, bytes]) -> None:
    path = tmp_path / "a.wav"
    path.write_bytes(files["wav"])
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (open_descriptors() + 20, hard))
    opened = []
    try:
        with pytest.raises(AudioFileError) as raised:
            for _ in range(100):
                opened.append(AudioFile(path).open())
    finally:
        resource.setrlimit(resource.RLIMIT_NOFILE, (soft, hard))
        for f in opened:
            f.close()
    assert raised.value.status_code == -42  # kAudio_TooManyFilesOpenError
    use(path)


HUGE = {"wav": 2**32 - 2**16, "rf64": 2**32 + 2**20, "w64": 2**32 + 2**20, "caf": 2**33}


@pytest.mark.parametrize("kind", HUGE)
def test_slices_of_huge_files(tmp_path: Path, kind: str) -> None:
    """More than 4 GB with a hole: any slice is right, and none brings the rest into memory."""
    path, size = tmp_path / f"huge.{kind}", HUGE[kind]
    header = huge_header(kind, size)
    marks = np.arange(2000, dtype="<i2").reshape(-1, 2)
    with path.open("wb") as file:
        file.write(header + marks.tobytes())
        file.seek(len(header) + size - marks.nbytes)
        file.write(marks[::-1].tobytes())
    frames = size // 4
    with AudioFile(path) as f:
        assert f.frame_count == frames
        assert f.duration == pytest.approx(frames / f.sample_rate)
        f.read(1000)
        before = resident_bytes()
        for start in range(0, frames - 20000, frames // 100):
            f.read(20000, start=start)
        np.testing.assert_array_equal(f.read(1000, "int16", start=0), marks)
        np.testing.assert_array_equal(f.read(1000, "int16", start=frames - 1000), marks[::-1])
        np.testing.assert_array_equal(f.read(10**9, "int16", start=frames - 1), marks[:1])
        assert not f.read(2000, "int16", start=frames // 2).any()
        assert len(f.read(10, start=frames)) == 0
        assert resident_bytes() - before < 50_000_000
