"""Tags as other programs write and read them, beyond the few fields that all have: every field, many values for one,
and what an edit of one field leaves of the others."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from coremusic import AudioFile, AudioFormat

RATE = 44100
FRAMES = 20000

# All that AudioFile.h names, with a year that is not the date's, and the fields that every tag editor has.
EVERYTHING = {
    "album": "Al",
    "artist": "Ar",
    "title": "Ti",
    "comments": "Co",
    "composer": "Cp",
    "copyright": "(c) X",
    "encoding application": "app",
    "genre": "Jazz",
    "ISRC": "GBAYE6800011",
    "key signature": "Cm",
    "lyricist": "Ly",
    "recorded date": "2001-02-03",
    "source encoder": "enc",
    "subtitle": "Sub",
    "tempo": "120",
    "time signature": "4/4",
    "track number": "3/12",
    "year": "1999",
    "disc number": "1/2",
    "album artist": "AA",
    "compilation": "1",
    "lyrics": "la la",
    "my own": "custom",
}
MAKE: dict[str, Callable[[float, int], AudioFormat]] = {
    "flac": AudioFormat.flac,
    "m4a": AudioFormat.aac,
    "mp4": AudioFormat.aac,
    "aac": AudioFormat.aac,
    "mp3": AudioFormat.mp3,
    "ogg": AudioFormat.vorbis,
    "opus": lambda _, channels: AudioFormat.opus(48000, channels),
}
PLAIN = ["wav", "rf64", "bw64", "w64", "aiff", "aifc", "caf", "au"]


@pytest.fixture
def make_file(tmp_path: Path) -> Callable[[str], Path]:
    def make(extension: str) -> Path:
        path = tmp_path / f"a.{extension}"
        time = np.arange(FRAMES) / RATE
        with AudioFile(path, "w", format=MAKE.get(extension, AudioFormat.pcm)(RATE, 2)) as f:
            f.write(np.stack([np.sin(2765 * time), np.sin(3456 * time)], 1).astype(np.float32) * 0.3)
        return path

    return make


def edit(path: Path, **changes: str) -> None:
    """Changes some fields as a user does: all that is read is given back."""
    with AudioFile(path) as f:
        before = f.read()
    with AudioFile(path, "r+") as f:
        f.metadata = {**f.metadata, **changes}
    with AudioFile(path) as f:
        np.testing.assert_array_equal(f.read(), before)


@pytest.mark.parametrize("extension", [*PLAIN, *MAKE])
def test_every_field_comes_back(extension: str, make_file: Callable[[str], Path]) -> None:
    path = make_file(extension)
    with AudioFile(path, "r+") as f:
        f.metadata = EVERYTHING
    edit(path, title="again")
    with AudioFile(path) as f:
        got = {key: f.metadata.get(key) for key in EVERYTHING}
    assert got == EVERYTHING | {"title": "again"}


@pytest.mark.parametrize("extension", ["mp3", "aiff", "wav"])
def test_compilation_in_id3(extension: str, make_file: Callable[[str], Path]) -> None:
    id3 = pytest.importorskip("mutagen.id3")
    mutagen = pytest.importorskip("mutagen")
    path = make_file(extension)
    edit(path, title="a", compilation="1", **{"my own": "b"})
    assert mutagen.File(path).tags["TCMP"].text == ["1"]
    file = mutagen.File(path)
    file.tags.add(id3.TCMP(encoding=3, text="0"))
    file.save()
    if extension != "wav":  # there the INFO list is believed first, and has no such field
        with AudioFile(path) as f:
            assert f.metadata["compilation"] == "0"


def test_compilation_in_m4a(make_file: Callable[[str], Path]) -> None:
    mp4 = pytest.importorskip("mutagen.mp4")
    path = make_file("m4a")
    edit(path, compilation="1")
    assert mp4.MP4(path).tags["cpil"] is True
    file = mp4.MP4(path)
    file["cpil"] = False
    file.save()
    with AudioFile(path) as f:
        assert f.metadata["compilation"] == "0"


def test_id3_values_that_are_not_changed(make_file: Callable[[str], Path]) -> None:
    id3 = pytest.importorskip("mutagen.id3")
    path = make_file("mp3")
    tag = id3.ID3()
    tag.add(id3.TPE1(encoding=1, text=["A", "B"]))
    tag.add(id3.COMM(encoding=3, lang="eng", desc="", text="a comment"))
    tag.add(id3.USLT(encoding=3, lang="deu", desc="", text="ein Lied"))
    tag.add(id3.TIT2(encoding=3, text="old"))
    tag.save(path)
    edit(path, title="new")
    tag = id3.ID3(path)
    assert tag["TPE1"].text == ["A", "B"]
    assert tag["COMM::eng"].text == ["a comment"]
    assert tag["USLT::deu"].text == "ein Lied"
    assert tag["TIT2"].text == ["new"]
    edit(path, artist="C", comments="other")
    tag = id3.ID3(path)
    assert tag["TPE1"].text == ["C"]
    assert [frame.text for frame in tag.getall("COMM")] == [["other"]]


def test_m4a_values_that_are_not_changed(make_file: Callable[[str], Path]) -> None:
    mp4 = pytest.importorskip("mutagen.mp4")
    path = make_file("m4a")
    file = mp4.MP4(path)
    file["\xa9nam"] = "old"
    file["\xa9ART"] = ["A", "B"]
    file["----:org.example:MOOD"] = [b"x", b"y"]
    file.save()
    edit(path, title="new")
    tags = mp4.MP4(path).tags
    assert tags["\xa9nam"] == ["new"]
    assert tags["\xa9ART"] == ["A", "B"]
    assert [bytes(value) for value in tags["----:org.example:MOOD"]] == [b"x", b"y"]
    edit(path, artist="C", MOOD="z")
    tags = mp4.MP4(path).tags
    assert tags["\xa9ART"] == ["C"]
    assert [bytes(v) for key, values in tags.items() if key.endswith(":MOOD") for v in values] == [b"z"]


def comments_of(path: Path) -> Any:
    return pytest.importorskip("mutagen").File(path)


@pytest.mark.parametrize("extension", ["flac", "ogg", "opus"])
def test_comments_that_are_not_changed(extension: str, make_file: Callable[[str], Path]) -> None:
    path = make_file(extension)
    file = comments_of(path)
    file["title"] = "old"
    file["artist"] = ["A", "B"]
    file["description"] = "about it"
    file["tempo"] = "99"
    file.save()
    edit(path, title="new")
    file = comments_of(path)
    assert file["title"] == ["new"]
    assert file["artist"] == ["A", "B"]
    assert file["description"] == ["about it"]
    assert "comment" not in file
    edit(path, artist="C", comments="other", tempo="120")
    with AudioFile(path) as f:
        metadata = f.metadata
    assert [metadata[key] for key in ("artist", "comments", "tempo")] == ["C", "other", "120"]
    assert comments_of(path)["artist"] == ["C"]
