"""What AudioFileGetPropertyInfo, GetProperty and SetProperty answer for every property of files of every type, with and
without tags, open for reading and for writing: the rules that AudioFile.h states, and nothing else."""

from __future__ import annotations

import ctypes
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from abuse_kit import FRAMES, RATE, TYPES, specimen
from test_file_properties import CHUNKED, PROPERTIES, TAGGED

import coremusic
from coremusic import AudioFile
from coremusic.utils.fourcc import fourcc_to_int

pytestmark = pytest.mark.skipif(sys.platform == "darwin", reason="the rules of libcoremusic")

OK = 0
UNSUPPORTED, FIXED, DENIED, SIZE = (fourcc_to_int(code) for code in ("pty?", "op??", "prm?", "!siz"))
READ, READ_WRITE = 1, 3

ALL = set(TYPES)
CODED = {"flac", "m4a", "mp4", "ogg", "opus", "mp3", "mp2", "aac", "loas", "ac3"}
FILM = {"m4a", "mp4", "ogg", "opus"}
PICTURED = {*CHUNKED, *TAGGED, "flac", *FILM}
# mp2 and aac keep their length in an ID3 tag that they always have
WITH_ID3 = {*CHUNKED, *TAGGED}

# property -> types that have a place, those that have it without tags, those that have it with tags, those in which it
# can be set. What is in no row is a fact that all types have.
ROWS: dict[str, tuple[set[str], set[str], set[str], set[str]]] = {
    "MagicCookieData": (
        {"caf", "flac", *FILM, "aac", "loas"},
        {"flac", *FILM, "aac", "loas"},
        {"flac", *FILM, "aac", "loas"},
        {"caf", "aac"},
    ),
    "ChannelLayout": ({*CHUNKED, "caf", *CODED}, CODED, CODED, {*CHUNKED, "caf"}),
    "MarkerList": ({*CHUNKED, "caf"},) * 4,
    "RegionList": ({*CHUNKED, "caf"},) * 4,
    "InfoDictionary": (ALL, ALL, ALL, ALL - {"loas", "ac3"}),
    "PacketTableInfo": (
        ALL - {"aiff", "au", "loas", "ac3"},
        {"aifc", "flac", *FILM, *TAGGED},
        {"aifc", "flac", *FILM, *TAGGED},
        ALL - {"aiff", "au", "loas", "ac3"} - FILM,
    ),
    "ID3Tag": (WITH_ID3, {"mp2", "aac"}, WITH_ID3, WITH_ID3),
    "ID3TagOffset": (WITH_ID3, {"mp2", "aac"}, WITH_ID3, set()),
    "SourceBitDepth": (
        {*CHUNKED, "caf", "au", "flac", "m4a"} - {"aifc"},
        {*CHUNKED, "caf", "au", "flac", "m4a"} - {"aifc"},
        {*CHUNKED, "caf", "au", "flac", "m4a"} - {"aifc"},
        set(),
    ),
    "AlbumArtwork": (PICTURED,) * 4,
    "DeferSizeUpdates": (ALL,) * 4,
    "AudioDataByteCount": (ALL, ALL, ALL, ALL - CODED),
}
FACT = (ALL, ALL, ALL, set[str]())
SET_ONLY = {"ReserveDuration", "UseAudioTrack"}
STRUCTS = {"PacketTableInfo": 16}


@pytest.fixture(scope="module")
def files(tmp_path_factory: pytest.TempPathFactory) -> dict[tuple[str, str], Path]:
    folder = tmp_path_factory.mktemp("rules")
    made = {}
    for extension, (file_type, make) in TYPES.items():
        made[extension, "full"] = specimen(folder, extension)
        made[extension, "bare"] = folder / f"bare.{extension}"
        with AudioFile(made[extension, "bare"], "w", format=make(RATE, 2), file_type=file_type) as f:
            f.write(np.zeros((FRAMES, 2), np.float32))
    return made


@pytest.fixture(scope="module")
def library() -> Any:
    loaded = ctypes.CDLL(coremusic.get_library())
    loaded.CFURLCreateFromFileSystemRepresentation.restype = ctypes.c_void_p
    return loaded


class Opened:
    """A file, by the functions of AudioFile.h."""

    def __init__(self, library: Any, path: Path, permissions: int) -> None:
        name = bytes(path)
        url = ctypes.c_void_p(library.CFURLCreateFromFileSystemRepresentation(None, name, len(name), False))
        self.library, self.file = library, ctypes.c_void_p()
        assert library.AudioFileOpenURL(url, ctypes.c_int8(permissions), 0, ctypes.byref(self.file)) == 0
        library.CFRelease(url)

    def info(self, code: int) -> tuple[int, int, bool]:
        size, writable = ctypes.c_uint32(12345), ctypes.c_uint32(9)
        status = self.library.AudioFileGetPropertyInfo(
            self.file, code, ctypes.byref(size), ctypes.byref(writable)
        )
        return status, size.value, writable.value == 1

    def get(self, code: int) -> tuple[int, bytes]:
        size, room = ctypes.c_uint32(1 << 16), ctypes.create_string_buffer(1 << 16)
        status = self.library.AudioFileGetProperty(self.file, code, ctypes.byref(size), room)
        return status, room.raw[: size.value] if status == 0 else b""

    def set(self, code: int, value: bytes) -> int:
        return int(self.library.AudioFileSetProperty(self.file, code, len(value), value))


@pytest.fixture
def opened(library: Any) -> Iterator[Any]:
    handles: list[Opened] = []

    def open_file(path: Path, permissions: int) -> Opened:
        handles.append(Opened(library, path, permissions))
        return handles[-1]

    yield open_file
    for handle in handles:
        if handle.info(fourcc_to_int("ffmt"))[0] == 0:
            library.CMAudioFileDiscard(handle.file)
        library.AudioFileClose(handle.file)


def by_the_rules(name: str, extension: str, kind: str, permissions: int) -> tuple[int, bool, int, int]:
    """Status of GetInfo, writable, status of Get, status of Set with the very value (or no bytes)."""
    place, bare, full, settable = ROWS.get(name, FACT)
    present = extension in (bare if kind == "bare" else full)
    writable = extension in settable and permissions == READ_WRITE
    if extension not in place:
        return UNSUPPORTED, False, UNSUPPORTED, UNSUPPORTED
    get = OK if present and name not in SET_ONLY else UNSUPPORTED
    info = OK if present or writable else UNSUPPORTED
    if extension not in settable:
        return info, False, get, FIXED if present else UNSUPPORTED
    return info, writable, get, DENIED if not writable else OK


def answers(f: Opened, name: str) -> tuple[int, bool, int, int]:
    code = PROPERTIES[f"kAudioFileProperty{name}"]
    status, size, writable = f.info(code)
    got, value = f.get(code)
    if got == OK:
        assert size == len(value), name
    elif status == OK and name not in SET_ONLY:
        assert size == STRUCTS.get(name, 0), name
    changed = f.set(code, value or bytes(8))
    if got != OK and changed in (
        SIZE,
        -50,
    ):  # nothing there, so no value to set; it got as far as looking at it
        changed = OK
    return status, writable, got, changed


TRANSLATIONS = {
    name.removeprefix("kAudioFileProperty")
    for name in PROPERTIES
    if "To" in name or "Independent" in name or "RangeByte" in name
}


@pytest.mark.parametrize("permissions", [READ, READ_WRITE], ids=["reading", "writing"])
@pytest.mark.parametrize("kind", ["bare", "full"])
@pytest.mark.parametrize("extension", TYPES)
def test_rules(
    extension: str, kind: str, permissions: int, files: dict[tuple[str, str], Path], opened: Any
) -> None:
    path = files[extension, kind]
    names = [name.removeprefix("kAudioFileProperty") for name in PROPERTIES]
    names = [name for name in names if name not in TRANSLATIONS and name != "UseAudioTrack"]
    got = {name: answers(opened(path, permissions), name) for name in names}
    assert got == {name: by_the_rules(name, extension, kind, permissions) for name in names}
    f = opened(path, permissions)
    assert f.get(fourcc_to_int("zzzz"))[0] == f.info(fourcc_to_int("zzzz"))[0] == UNSUPPORTED
    assert f.set(fourcc_to_int("zzzz"), b"1234") == UNSUPPORTED


@pytest.mark.parametrize("extension", sorted(PICTURED))
def test_empty_objects(extension: str, files: dict[tuple[str, str], Path], opened: Any) -> None:
    f = opened(files[extension, "bare"], READ)
    assert f.get(PROPERTIES["kAudioFilePropertyAlbumArtwork"]) == (OK, bytes(8))
    if extension in CHUNKED:
        assert f.get(PROPERTIES["kAudioFilePropertyMarkerList"])[1][4:8] == bytes(4)
    with AudioFile(files[extension, "bare"]) as a:
        assert a.artwork is None and a.markers == [] and a.regions == []
