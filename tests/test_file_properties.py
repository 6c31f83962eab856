"""Every property that Apple lists for a file, asked of a file of every type that is written here.

A type lacks a property where the format has nowhere to say it; the tables below hold which.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from abuse_kit import TYPES, specimen

from coremusic import AudioFile, AudioFileError

UNSUPPORTED = int.from_bytes(b"pty?", "big")

CHUNKED = {"wav", "rf64", "bw64", "w64", "aiff", "aifc"}
TAGGED = {"mp3", "mp2", "aac"}
PICTURED = {*CHUNKED, *TAGGED, "flac", "m4a", "mp4", "ogg", "opus"}
FRAMED = {*TAGGED, "ac3", "loas"}

# property -> the types that have it; all others have it always
SOME = {
    # Codecs with data beside their packets; MPEG audio and AC-3 say all in theirs.
    "kAudioFilePropertyMagicCookieData": {"flac", "m4a", "mp4", "ogg", "opus", "aac", "loas"},
    # Linear PCM says it only when it is told to; codecs have an order of their own.
    "kAudioFilePropertyChannelLayout": {*FRAMED, "flac", "m4a", "mp4", "ogg", "opus"},
    "kAudioFilePropertyMarkerList": {*CHUNKED, "caf"},
    "kAudioFilePropertyRegionList": {*CHUNKED, "caf"},
    # Where priming and padding can be told, and FLAC, which counts its frames.
    "kAudioFilePropertyPacketTableInfo": {"aifc", "flac", "mp2", "m4a", "mp4", "ogg", "opus", "mp3", "aac"},
    "kAudioFilePropertyID3Tag": {*CHUNKED, *TAGGED},
    "kAudioFilePropertyID3TagOffset": {*CHUNKED, *TAGGED},
    # Lossless: the others have no depth.
    "kAudioFilePropertySourceBitDepth": {"wav", "rf64", "bw64", "w64", "aiff", "caf", "au", "flac", "m4a"},
    "kAudioFilePropertyAlbumArtwork": PICTURED,
    # Can only be set.
    "kAudioFilePropertyReserveDuration": set(),
    "kAudioFilePropertyUseAudioTrack": set(),
}


def apples_list() -> dict[str, int]:
    lines = (Path(__file__).parent / "data/apple/constants.tsv").read_text().splitlines()
    rows = [line.split("\t") for line in lines if line.startswith("AudioToolbox/AudioFile\t")]
    return {row[2]: int(row[3]) for row in rows if row[2].startswith("kAudioFileProperty")}


PROPERTIES = apples_list()


@pytest.fixture(scope="module")
def specimens(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    folder = tmp_path_factory.mktemp("properties")
    return {extension: specimen(folder, extension) for extension in TYPES}


def test_the_list_is_apples() -> None:
    assert len(PROPERTIES) == 37
    assert SOME.keys() < PROPERTIES.keys()


def status(f: Any, code: int) -> int:
    try:
        f.get_property(code)
    except AudioFileError as error:
        return int(error.status_code)
    return 0


@pytest.mark.parametrize("extension", TYPES)
def test_every_property(extension: str, specimens: dict[str, Path]) -> None:
    with AudioFile(specimens[extension]) as f:
        got = {name: status(f, code) for name, code in PROPERTIES.items()}
    expected = {
        name: 0 if name not in SOME or extension in SOME[name] else UNSUPPORTED for name in PROPERTIES
    }
    assert got == expected
