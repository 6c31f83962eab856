"""chunk_ids and user_data of every type, against a walk over the chunks of the file by the formats' own rules."""

from __future__ import annotations

import struct
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
from abuse_kit import TYPES, specimen

from coremusic import AudioFile, AudioFileError, AudioFormat

HIDDEN = {"data", "SSND", "ds64", "junk", "JUNK", "PAD ", "FLLR", "free"}
CHUNKED = ["wav", "rf64", "bw64", "w64", "aiff", "aifc", "caf"]


def chunks(data: bytes) -> Iterator[tuple[str, bytes]]:
    """Code and contents of each chunk, a list under its type."""
    magic = data[:4]
    wave64, caf, big = magic == b"riff", magic == b"caff", magic in (b"FORM", b"caff")
    at = 40 if wave64 else 8 if caf else 12
    while at + 8 <= len(data):
        code = data[at : at + 4].decode("latin-1")
        if wave64:
            size, head, align = struct.unpack_from("<Q", data, at + 16)[0] - 24, 24, 8
        elif caf:
            size, head, align = struct.unpack_from(">q", data, at + 4)[0], 12, 1
        else:
            size, head, align = struct.unpack_from(">I" if big else "<I", data, at + 4)[0], 8, 2
        if size == 0xFFFFFFFF:  # of the audio, in RF64 and BW64
            size = struct.unpack_from("<Q", data, 12 + 8 + 8)[0]
        contents = data[at + head : at + head + size]
        if code == "LIST":
            code, contents = contents[:4].decode(), contents[4:]
        if data[at : at + 4].hex() == "bc945f92":  # Wave64's summary list, which has a GUID of its own
            code = "INFO"
        yield code, contents
        at += head + (size + align - 1) // align * align


def agrees(path: Path) -> list[str]:
    expected: dict[str, bytes] = {}
    for code, contents in chunks(path.read_bytes()):
        if code not in HIDDEN and contents[:4] != b"cmLn":  # the length of IMA4 in AIFF-C
            expected.setdefault(code, contents)
    with AudioFile(path) as f:
        assert f.chunk_ids == list(expected)
        assert [f.user_data(code) for code in f.chunk_ids] == list(expected.values())
    return list(expected)


@pytest.mark.parametrize("extension", TYPES)
def test_every_type(extension: str, tmp_path: Path) -> None:
    path = specimen(tmp_path, extension)
    if extension not in CHUNKED:
        with AudioFile(path) as f:
            assert f.chunk_ids == []
            with pytest.raises(AudioFileError):
                f.user_data("fmt ")
        return
    found = agrees(path)
    assert {"fmt ", "COMM", "desc"} & set(found)
    with AudioFile(path, "r+") as f:
        f.set_user_data("abcd", b"1234")
        f.set_user_data("abcd", b"56", index=1)
        assert f.chunk_ids == [*found, "abcd"]
    assert agrees(path) == [*found, "abcd"]
    with AudioFile(path, "r+") as f:
        f.metadata = {}
    assert "abcd" in agrees(path)
    with AudioFile(path, "r+") as f:
        f.remove_user_data("abcd", 1)
        assert f.chunk_ids.count("abcd") == 1
        f.remove_user_data("abcd")
        assert "abcd" not in f.chunk_ids
        f.optimize()
    agrees(path)


@pytest.mark.parametrize(("extension", "own"), [("wav", ["fmt "]), ("aiff", ["COMM"]), ("caf", ["desc"])])
def test_a_file_being_made(extension: str, own: list[str], tmp_path: Path) -> None:
    with AudioFile(tmp_path / f"a.{extension}", "w", format=TYPES[extension][1](44100, 2)) as f:
        assert f.chunk_ids == own
        f.set_user_data("zzzz", b"z")
        f.set_user_data("aaaa", b"a")
        f.write(np.zeros((100, 2), np.float32))
        assert f.chunk_ids == [*own, "zzzz", "aaaa"]
        assert len(f.user_data(own[0])) > 0
        for code in (*own, "data", "SSND"):
            if extension == "wav" and code == "SSND" or extension != "aiff" and code == "SSND":
                continue
            with pytest.raises(AudioFileError) as raised:
                f.set_user_data(code, b"mine") if code != "data" or extension != "aiff" else f.user_data(
                    "data"
                )
            assert raised.value.status_code == int.from_bytes(b"chk?", "big")
    agrees(tmp_path / f"a.{extension}")


def test_tables_of_a_coded_file(tmp_path: Path) -> None:
    path = tmp_path / "a.caf"
    with AudioFile(path, "w", format=AudioFormat.alac(44100, 6)) as f:
        f.write(np.zeros((10000, 6), np.float32))
    assert set(agrees(path)) == {"desc", "kuki", "pakt", "chan"}
    with AudioFile(path, "r+") as f:
        f.metadata = {"title": "x" * 5000}
    agrees(path)
