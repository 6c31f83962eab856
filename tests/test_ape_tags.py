"""APEv2 tags behind MP3 and ADTS, made and read back by mutagen, or by the layout of the format."""

from __future__ import annotations

import struct
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from coremusic import AudioFile, AudioFormat

apev2 = pytest.importorskip("mutagen.apev2")
id3 = pytest.importorskip("mutagen.id3")

PICTURE = b"\x89PNG\r\n\x1a\n" + bytes(range(200))
LYRICS = b"LYRICSBEGININD00002" + b"00LYR00005words"
LYRICS3 = LYRICS + f"{len(LYRICS):06}".encode() + b"LYRICS200"
TEXTS = {
    "Title": "Ti",
    "Artist": "Är",
    "Album": "Al",
    "Album Artist": "AA",
    "Track": "3/12",
    "Disc": "1/2",
    "Year": "1999",
    "Comment": "Co",
    "Genre": "Jazz",
    "Composer": "Cp",
    "ISRC": "GBAYE6800011",
    "REPLAYGAIN_TRACK_GAIN": "-6.50 dB",
}
READ = {
    "title": "Ti",
    "artist": "Är",
    "album": "Al",
    "album artist": "AA",
    "track number": "3/12",
    "disc number": "1/2",
    "year": "1999",
    "comments": "Co",
    "genre": "Jazz",
    "composer": "Cp",
    "ISRC": "GBAYE6800011",
    "REPLAYGAIN_TRACK_GAIN": "-6.50 dB",
}
GAIN = {"MP3GAIN_MINMAX": "102,189", "MP3GAIN_UNDO": "+002,+002,N"}


@pytest.fixture(params=["mp3", "aac"])
def sound(request: pytest.FixtureRequest, tmp_path: Path) -> Path:
    path = tmp_path / f"a.{request.param}"
    make: Callable[..., AudioFormat] = getattr(AudioFormat, request.param)
    with AudioFile(path, "w", format=make(44100, 2)) as f:
        f.write(np.random.default_rng(1).uniform(-0.2, 0.2, (20000, 2)).astype(np.float32))
    return path


def add_ape(path: Path, picture: bool = False, **more: Any) -> None:
    tag = apev2.APEv2()
    tag.update({**TEXTS, **GAIN, **more})
    if picture:
        tag["Cover Art (Back)"] = apev2.APEValue(b"back.png\0other", apev2.BINARY)
        tag["Cover Art (Front)"] = apev2.APEValue(b"front.png\0" + PICTURE, apev2.BINARY)
    tag.save(str(path))


def read(path: Path) -> tuple[dict[str, str], bytes | None, Any]:
    with AudioFile(path) as f:
        told = {key: text for key, text in f.metadata.items() if key != "approximate duration in seconds"}
        return told, f.artwork, f.read()


def test_what_mutagen_writes(sound: Path) -> None:
    before = read(sound)[2]
    add_ape(sound, picture=True)
    told, artwork, audio = read(sound)
    assert told == READ
    assert artwork == PICTURE
    np.testing.assert_array_equal(audio, before)


def test_year_that_is_a_date_and_many_values(sound: Path) -> None:
    add_ape(sound, Year="2003-05-12", Artist=["A", "B"])
    told = read(sound)[0]
    assert (told["year"], told["recorded date"], told["artist"]) == ("2003", "2003-05-12", "A/B")


def test_id3_goes_before(sound: Path) -> None:
    tag = id3.ID3()
    tag.add(id3.TIT2(encoding=3, text="from ID3"))
    tag.add(id3.APIC(encoding=3, mime="image/png", type=3, data=b"other picture"))
    tag.save(sound)
    add_ape(sound, picture=True)
    told, artwork, _ = read(sound)
    assert told == {**READ, "title": "from ID3"}
    assert artwork == b"other picture"


@pytest.mark.parametrize("lyrics", [b"", LYRICS3, b"LYRICSBEGINold wordsLYRICSEND"])
@pytest.mark.parametrize("v1", [b"", b"TAG" + b"old title".ljust(30, b"\0") + bytes(94) + b"\x0c"])
def test_other_tags_around(sound: Path, lyrics: bytes, v1: bytes) -> None:
    before = read(sound)[2]
    add_ape(sound)
    with sound.open("ab") as f:
        f.write(lyrics + v1)
    told, _, audio = read(sound)
    assert {key: told[key] for key in READ} == READ
    np.testing.assert_array_equal(audio, before)
    with AudioFile(sound, "r+") as f:
        f.metadata = {**f.metadata, "title": "new"}
    told, _, audio = read(sound)
    assert told["title"] == "new"
    np.testing.assert_array_equal(audio, before)
    data = sound.read_bytes()
    assert lyrics in data and b"old title" not in data and data.endswith(lyrics)


def test_an_edit_leaves_one_truth(sound: Path) -> None:
    add_ape(sound, picture=True)
    with AudioFile(sound, "r+") as f:
        f.metadata = {**f.metadata, "title": "new", "artist": "other"}
    tag = {key: str(value) for key, value in apev2.APEv2(str(sound)).items() if value.kind == apev2.TEXT}
    assert tag == {k: v for k, v in {**TEXTS, **GAIN}.items() if k not in ("Title", "Artist")}
    newer = id3.ID3(sound)
    assert (newer["TIT2"].text, newer["TPE1"].text, newer["TALB"].text) == (["new"], ["other"], ["Al"])
    assert read(sound)[0] == {**READ, "title": "new", "artist": "other"}
    assert read(sound)[1] == PICTURE


def test_no_texts_leave_what_mp3gain_needs(sound: Path) -> None:
    add_ape(sound)
    with AudioFile(sound, "r+") as f:
        f.metadata = {}
    assert read(sound)[0] == {}
    assert {key: str(value) for key, value in apev2.APEv2(str(sound)).items()} == GAIN


def test_another_picture(sound: Path) -> None:
    add_ape(sound, picture=True)
    with AudioFile(sound, "r+") as f:
        f.artwork = b"\xff\xd8\xff\xe0 new"
    assert read(sound)[1] == b"\xff\xd8\xff\xe0 new"
    assert not [key for key in apev2.APEv2(str(sound)) if key.startswith("Cover")]
    assert read(sound)[0] == READ
    with AudioFile(sound, "r+") as f:
        f.artwork = None
    assert read(sound)[1] is None


def item(key: bytes, value: bytes, flags: int = 0, size: int | None = None) -> bytes:
    return struct.pack("<II", len(value) if size is None else size, flags) + key + b"\0" + value


def ape(items: bytes, count: int, size: int | None = None, flags: int = 0) -> bytes:
    size = len(items) + 32 if size is None else size
    return items + b"APETAGEX" + struct.pack("<IIII", 1000, size, count, flags) + bytes(8)


DAMAGED = [
    ape(item(b"Title", b"T", size=2**32 - 1), 1),
    ape(item(b"Title", b"T") + b"\xff" * 7, 2**32 - 1),
    ape(b"no end of the key" * 3, 1),
    ape(item(b"", b"") * 50, 50),
    ape(item(b"Cover Art (Front)", b"no name ends here", 2), 1),
    ape(item(b"Title", b"T"), 1, size=2**32 - 1),
    ape(item(b"Title", b"T"), 1, size=0),
    ape(item(b"Title", b"T"), 1, size=31),
    ape(item(b"Title", b"\xff\xfe\0\0\0"), 1, flags=0x80000000),
    ape(item(b"Title", b"T"), 1, flags=0x20000000),
    b"999999LYRICS200",
    b"LYRICSEND",
]


@pytest.mark.parametrize("tail", DAMAGED, ids=range(len(DAMAGED)))
def test_damaged_tags(sound: Path, tail: bytes) -> None:
    before = read(sound)[2]
    sound.write_bytes(sound.read_bytes() + tail)
    with AudioFile(sound, "r+") as f:
        assert isinstance(f.metadata, dict)
        assert f.artwork is None
        f.metadata = {"title": "new"}
    told, _, audio = read(sound)
    assert told["title"] == "new"
    np.testing.assert_array_equal(audio[: len(before)], before)


def test_version_1_without_header(sound: Path) -> None:
    sound.write_bytes(sound.read_bytes() + ape(item(b"TITLE", b"T") + item(b"artist", b"A\0"), 2))
    assert read(sound)[0] == {"title": "T", "artist": "A"}
