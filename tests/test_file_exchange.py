"""Files that we write, read by FFmpeg, libsndfile, sox and mutagen; files of theirs and of the flac, lame, oggenc and
opusenc tools, read by us."""

from __future__ import annotations

import os
import shutil
import subprocess
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import soundfile as sf
from exchange_kit import (
    CHANNELS,
    WRITTEN,
    Coding,
    decode_all,
    each,
    ffprobe,
    in_usual_order,
    quantised,
    signal_to_error,
)
from objects_kit import music, run

from coremusic import AudioFile, AudioFileError, AudioFormat

pytestmark = pytest.mark.skipif(
    not (shutil.which("ffmpeg") and shutil.which("ffprobe") and shutil.which("sox")),
    reason="ffmpeg, ffprobe and sox are needed",
)

FRAMES = 6000
RATE = 44100
UNMEASURED = {"ac-3"}  # types that cannot say where in the last packet the sound ends
IGNORES_PRIMING = {"adts", "caff", "MPG2"}  # FFmpeg plays what the packet table of these says to leave out
LFE = 3  # its place in the usual order; encoders keep only the lowest tones of that channel


def needs(program: str) -> Any:
    return pytest.mark.skipif(not shutil.which(program), reason=f"{program} is not installed")


# ---- we write


@dataclass
class Ours:
    """A file of ours: what went in, what ffprobe says of the stereo file of its kind, and what FFmpeg hears in it."""

    coding: Coding
    channels: int
    path: Path
    sound: Any
    facts: dict[str, Any]
    decoded: Any


def write_ours(folder: Path, coding: Coding, channels: int) -> tuple[Path, Any]:
    sound = music(FRAMES, channels, rate=coding.rate)
    if coding.kept:
        sound = quantised(sound, coding.kept, coding.is_float)
    path = coding.path(folder, channels)
    with AudioFile(path, "w", format=coding.make(coding.rate, channels), file_type=coding.file_type) as f:
        f.write(sound)
    return path, sound


@pytest.fixture(scope="module")
def ours(tmp_path_factory: pytest.TempPathFactory) -> Callable[[Coding], list[Ours]]:
    """The files of a coding, one for each number of channels; those of a file type are made together."""
    known: dict[str, list[Ours]] = {}

    def make(file_type: str) -> list[Ours]:
        folder = tmp_path_factory.mktemp("ours")
        cases = [(c, n) for c in WRITTEN if c.file_type == file_type for n in c.channels]
        files = [write_ours(folder, coding, channels) for coding, channels in cases]
        probed = [(c, path) for (c, n), (path, _) in zip(cases, files, strict=True) if n == 2]
        facts = dict(zip((c for c, _ in probed), each(ffprobe, [path for _, path in probed]), strict=True))
        decoded = decode_all([(path, n) for (path, _), (_, n) in zip(files, cases, strict=True)], folder)
        return [
            Ours(coding, n, path, sound, facts[coding], decoded[path])
            for (coding, n), (path, sound) in zip(cases, files, strict=True)
        ]

    def get(coding: Coding) -> list[Ours]:
        if coding.file_type not in known:
            known[coding.file_type] = make(coding.file_type)
        return [o for o in known[coding.file_type] if o.coding is coding]

    return get


def read_ours(o: Ours) -> Any:
    """Float64 frames as we read them, channels in the usual order."""
    with AudioFile(o.path) as f:
        return in_usual_order(f.read(dtype="float64"), f)


@pytest.mark.parametrize("coding", WRITTEN, ids=str)
def test_ffmpeg_reads_ours(coding: Coding, ours: Callable[[Coding], list[Ours]]) -> None:
    for o in ours(coding):
        assert o.facts["codec_name"] == coding.codec
        assert (int(o.facts["sample_rate"]), o.facts["channels"]) == (coding.rate, 2)
        if coding.kept:
            with AudioFile(o.path) as f:
                sound = in_usual_order(o.sound, f)
            seen = FRAMES if is_linear(coding) or coding.file_type != "caff" else whole_packets(o.path)
            assert round(float(o.facts["duration"]) * coding.rate) == seen
            np.testing.assert_array_equal(o.decoded, sound)
            np.testing.assert_array_equal(read_ours(o), sound)
        else:
            check_lossy(o)


def is_linear(coding: Coding) -> bool:
    return coding.codec.startswith("pcm")


def whole_packets(path: Path) -> int:
    """The length with what the last packet has too many, as others read it."""
    with AudioFile(path) as f:
        return sum(f.packet_table or ())


def check_lossy(o: Ours) -> None:
    with AudioFile(o.path) as f:
        frames = f.frame_count
        _, priming, _ = f.packet_table or (0, 0, 0)
        sound = in_usual_order(o.sound, f)
    sounding = [i for i in range(o.channels) if o.channels < 6 or i != LFE]
    lead = priming if o.coding.file_type in IGNORES_PRIMING else 0
    mine = read_ours(o)
    assert len(mine) == frames
    if o.coding.file_type in UNMEASURED:
        assert len(o.decoded) == frames >= FRAMES
    else:
        assert frames == FRAMES <= len(o.decoded) - lead
        assert signal_to_error(sound[:, sounding], mine[:, sounding]) > 15
    assert np.abs(mine - o.decoded[lead : lead + frames]).max() < 1e-4


SNDFILE_TYPES = {"WAVE", "RF64", "W64f", "AIFF", "AIFC", "caff", "NeXT", "flac", "Oggf", "MPG3"}


def sndfile_reads(coding: Coding, channels: int) -> bool:
    if coding.file_type not in SNDFILE_TYPES or coding.name.startswith("s64"):
        return False
    if coding.file_type == "W64f" and channels > 2:  # libsndfile takes extensible formats of W64 for integers
        return not coding.is_float
    in_caf = coding.file_type == "caff" and not coding.codec.startswith(("pcm", "alac"))
    return not in_caf and str(coding) != "Oggf-flac16"


@pytest.mark.parametrize("coding", [c for c in WRITTEN if sndfile_reads(c, 1)], ids=str)
def test_libsndfile_reads_ours(coding: Coding, ours: Callable[[Coding], list[Ours]]) -> None:
    for o in ours(coding):
        if not sndfile_reads(coding, o.channels):
            continue
        theirs, rate = sf.read(o.path, dtype="float64", always_2d=True)
        assert rate == coding.rate
        if coding.kept:
            np.testing.assert_array_equal(theirs, o.sound)
        else:
            with AudioFile(o.path) as f:
                mine = f.read(dtype="float64")
            # Where AIFF-C tells the length, no other program knows.
            assert len(theirs) == (whole_packets(o.path) if str(coding) == "AIFC-ima4" else len(mine))
            assert np.abs(theirs[: len(mine)] - mine).max() < (0.005 if coding.name == "ima4" else 1e-4)


@pytest.mark.parametrize("rate", [8000, 12000, 16000, 24000])
@pytest.mark.parametrize(("file_type", "extension"), [("caff", "caf"), ("mp4f", "mp4"), ("Oggf", "ogg")])
def test_opus_of_lower_rates_is_counted_at_48_khz(
    tmp_path: Path, file_type: str, extension: str, rate: int
) -> None:
    path = tmp_path / f"a.{extension}"
    tone = 0.5 * np.sin(2 * np.pi * 440 * np.arange(rate) / rate)
    with AudioFile(path, "w", format=AudioFormat.opus(rate, 1), file_type=file_type) as f:
        f.write(tone)
    with AudioFile(path) as f:
        mine = f.read()[:, 0]
        assert (f.sample_rate, f.format.frames_per_packet) == (48000, 960)
        assert len(mine) == f.frame_count == 48000
    assert np.abs(np.fft.rfft(mine)).argmax() == 440
    theirs = decode_all([(path, 1)], tmp_path)[path][:, 0]
    assert 48000 <= len(theirs) < 50000
    at = 312 if extension == "caf" else 0  # FFmpeg plays what the packet table says to leave out
    assert np.abs(mine[4800:43200] - theirs[4800 + at : 43200 + at]).max() < 1e-3


def sox_reads(coding: Coding) -> bool:
    """CAF and W64 it reads through libsndfile, and then floats as if they were integers."""
    if coding.file_type in {"caff", "W64f"}:
        return is_linear(coding) and not coding.is_float and not coding.name.startswith("s64")
    if coding.file_type == "AIFC":
        return bool(coding.kept)
    return (
        coding.file_type in {"WAVE", "AIFF", "NeXT", "flac"}
        and coding.name != "s64le"
        or str(coding) == "Oggf-vorbis"
    )


SOX_READS = [c for c in WRITTEN if sox_reads(c)]


@pytest.mark.parametrize("coding", SOX_READS, ids=str)
def test_sox_reads_ours(coding: Coding, ours: Callable[[Coding], list[Ours]]) -> None:
    for o in ours(coding):
        shown = run("sox", "--i", o.path)
        assert f"Channels       : {o.channels}\n" in shown
        assert f"Sample Rate    : {coding.rate}\n" in shown
        command = ["sox", "-V1", "-D", os.fspath(o.path), "-t", "raw", "-e", "float", "-b", "64", "-L", "-"]
        raw = subprocess.run(command, check=True, capture_output=True).stdout
        theirs = np.frombuffer(raw, "<f8").reshape(-1, o.channels)
        with AudioFile(o.path) as f:
            mine = f.read(dtype="float64")
        assert len(theirs) == len(mine)
        assert np.abs(theirs - mine).max() <= (2.0**-31 if coding.kept else 1e-4)  # sox has 32-bit integers


# ---- libsndfile writes

SNDFILE_WRITES = [
    (container, subtype, endian)
    for container in ("WAV", "WAVEX", "RF64", "W64", "AIFF", "AU", "CAF", "FLAC", "OGG", "MP3")
    for subtype in sf.available_subtypes(container)
    for endian in ("FILE", "LITTLE", "BIG")
    if sf.check_format(container, subtype, endian)
]
# subtype -> largest difference to libsndfile's own decoding
DECODED_DIFFERENTLY = {
    "IMA_ADPCM": 1e-2,
    "MS_ADPCM": 2e-2,
    "VORBIS": 1e-5,
    "OPUS": 1e-4,
    "MPEG_LAYER_III": 1e-5,
}
BLOCKS = {
    "IMA_ADPCM",
    "MS_ADPCM",
    "GSM610",
}  # libsndfile gives the last block whole, whatever the fact chunk says
NOT_READ = ("G721", "G723", "NMS", "DWVW")
RIFX_NOT_READ = ("IMA_ADPCM", "MS_ADPCM", "GSM610", "MPEG_LAYER_III")
UNKNOWN_FORMAT = int.from_bytes(b"fmt?", "big")


@pytest.mark.parametrize(("container", "subtype", "endian"), SNDFILE_WRITES)
def test_we_read_libsndfiles(tmp_path: Path, container: str, subtype: str, endian: str) -> None:
    rate = 48000 if subtype == "OPUS" else RATE
    for channels in CHANNELS:
        path = tmp_path / f"a{channels}"
        try:
            sf.write(path, music(FRAMES, channels), rate, subtype, endian, container)
        except (sf.LibsndfileError, ValueError):
            continue  # not with that many channels
        rifx = container in ("WAV", "WAVEX") and endian == "BIG" and subtype in RIFX_NOT_READ
        if rifx or subtype.startswith(NOT_READ) or (container, subtype) == ("AIFF", "GSM610"):
            check_refused(path, UNKNOWN_FORMAT)
        else:
            check_against_libsndfile(path, subtype)


def check_refused(path: Path, status: int) -> None:
    with pytest.raises(AudioFileError) as raised:
        AudioFile(path).read(10)
    assert raised.value.status_code == status


def check_against_libsndfile(path: Path, subtype: str) -> None:
    theirs, rate = sf.read(path, dtype="float64", always_2d=True)
    with AudioFile(path) as f:
        mine = f.read(dtype="float64")
        assert (f.sample_rate, f.channels, f.frame_count) == (rate, theirs.shape[1], len(mine))
    assert len(mine) == len(theirs) or (subtype in BLOCKS and len(mine) == FRAMES)
    assert np.abs(mine - theirs[: len(mine)]).max() <= DECODED_DIFFERENTLY.get(subtype, 0)


# ---- FFmpeg writes

FFMPEG_WRITES = {
    "wav": (
        ["u8", "s16le", "s24le", "s32le", "s64le", "f32le", "f64le", "alaw", "mulaw"],
        ["adpcm_ms", "adpcm_ima_wav", "libmp3lame", "mp2"],
    ),
    "w64": (["u8", "s16le", "s24le", "s32le", "f32le", "f64le"], []),
    "aiff": (["s8", "s16be", "s24be", "s32be", "s16le", "f32be", "f64be", "alaw", "mulaw"], ["adpcm_ima_qt"]),
    "caf": (
        ["s8", "s16le", "s16be", "s24le", "s24be", "s32le", "s32be", "f32le", "f32be", "f64le", "f64be"]
        + ["alaw", "mulaw"],
        ["alac", "adpcm_ima_qt"],
    ),
    "au": (["s8", "s16be", "s24be", "s32be", "f32be", "f64be", "alaw", "mulaw"], []),
    "flac": ([], ["flac"]),
    "m4a": ([], ["alac", "aac", "ac3"]),
    "mp4": ([], ["flac", "libopus", "libmp3lame"]),
    "ogg": ([], ["libvorbis", "flac"]),
    "opus": ([], ["libopus"]),
    "mp3": ([], ["libmp3lame"]),
    "mp2": ([], ["mp2"]),
    "aac": ([], ["aac"]),
    "ac3": ([], ["ac3"]),
    "eac3": ([], ["eac3"]),
}
STEREO_AT_MOST = {"adpcm_ms", "adpcm_ima_wav", "adpcm_ima_qt", "libmp3lame", "mp2"}
# Where FFmpeg's tool leaves the encoder's filler, or the part of the last packet that is not to be heard.
KEEPS_FILLER = {"aac.m4a", "libopus.mp4", "libmp3lame.mp4", "libvorbis.ogg"}


@pytest.fixture(scope="module", params=CHANNELS)
def ffmpegs(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> dict[Path, Any]:
    """Files that FFmpeg wrote in one run -> the frames that it finds in them."""
    folder, channels = tmp_path_factory.mktemp("theirs"), request.param
    source = folder / "source.wav"
    sf.write(source, music(FRAMES, channels), RATE, "DOUBLE")
    command = ["ffmpeg", "-nostdin", "-v", "error", "-y", "-i", os.fspath(source)]
    files = []
    for extension, (plain, others) in FFMPEG_WRITES.items():
        for codec in [f"pcm_{name}" for name in plain] + others:
            if channels > 2 and (codec in STEREO_AT_MOST or (codec, extension) == ("alac", "caf")):
                continue  # the layout that FFmpeg writes into CAF is not the order of Apple Lossless
            path = folder / f"{codec}.{extension}"
            rate = ["-ar", "48000"] if codec == "libopus" else []
            command += ["-c:a", codec, "-strict", "-2", *rate, os.fspath(path)]
            files.append((path, channels))
    rf64 = folder / "pcm_s24le.rf64.wav"
    command += ["-c:a", "pcm_s24le", "-rf64", "always", os.fspath(rf64)]
    files.append((rf64, channels))
    run(*command)
    return decode_all(files, folder)


def test_we_read_ffmpegs(ffmpegs: dict[Path, Any]) -> None:
    wrong = []
    for path, theirs in ffmpegs.items():
        try:
            compare_with_ffmpeg(path, theirs)
        except (AssertionError, AudioFileError) as error:
            wrong.append(f"{path.name}, {theirs.shape[1]} channels: {str(error)[:300]}")
    assert not wrong


def compare_with_ffmpeg(path: Path, theirs: Any) -> None:
    with AudioFile(path) as f:
        mine = in_usual_order(f.read(dtype="float64"), f)
        assert f.frame_count == len(mine) or path.name == "alac.caf"  # whose packet table FFmpeg rounds up
        assert f.channels == theirs.shape[1]
        length = round(FRAMES * f.sample_rate / RATE)
    if path.name in KEEPS_FILLER:
        assert length == len(mine) <= len(theirs)
    else:
        assert len(mine) == len(theirs)
    lossless = path.stem.startswith("pcm") or path.stem in {"flac", "alac"}
    difference = np.abs(mine - theirs[: len(mine)]).max()
    assert difference <= (0 if lossless else 1e-3 if path.stem == "adpcm_ima_wav" else 1e-4)


# ---- the tools of the formats write


def source_for_tools(folder: Path, channels: int, bits: int = 16) -> tuple[Path, Any]:
    path = folder / f"source{channels}-{bits}.wav"
    sound = quantised(music(FRAMES, channels), bits)
    sf.write(path, sound, RATE, f"PCM_{bits}")
    return path, sound


@needs("flac")
@pytest.mark.parametrize("channels", CHANNELS)
@pytest.mark.parametrize("bits", [16, 24])
@pytest.mark.parametrize("options", [["-0"], ["-8", "--ogg"], ["-5", "--lax", "-b", "777"]], ids=str)
def test_we_read_flacs(tmp_path: Path, channels: int, bits: int, options: list[str]) -> None:
    source, sound = source_for_tools(tmp_path, channels, bits)
    target = tmp_path / "a.flac"
    run("flac", "--silent", "--force", "--channel-map=none", *options, source, "-o", target)
    with AudioFile(target) as f:
        assert f.frame_count == FRAMES
        np.testing.assert_array_equal(f.read(dtype="float64"), sound)


ENCODERS = {
    "lame-cbr": ("lame", ["--quiet", "-b", "192"], "a.mp3", (1, 2)),
    "lame-vbr": ("lame", ["--quiet", "-V", "2"], "a.mp3", (1, 2)),
    "lame-abr-id3": ("lame", ["--quiet", "--abr", "128", "--tt", "x", "--add-id3v2"], "a.mp3", (1, 2)),
    "lame-24k": ("lame", ["--quiet", "--resample", "24", "-b", "64"], "a.mp3", (1, 2)),
    "oggenc": ("oggenc", ["--quiet", "-q", "6"], "a.ogg", CHANNELS),
    "opusenc": ("opusenc", ["--quiet", "--bitrate", "256"], "a.opus", CHANNELS),
    "opusenc-60ms": ("opusenc", ["--quiet", "--framesize", "60"], "a.opus", (2,)),
}


@pytest.mark.parametrize("name", ENCODERS)
def test_we_read_lossy_encoders_files(tmp_path: Path, name: str) -> None:
    program, options, target_name, counts = ENCODERS[name]
    if not shutil.which(program):
        pytest.skip(f"{program} is not installed")
    for channels in counts:
        source, sound = source_for_tools(tmp_path, channels)
        target = tmp_path / f"{channels}{target_name}"
        last = ["-o", os.fspath(target)] if program == "oggenc" else [os.fspath(target)]
        order = [os.fspath(source), *last] if program != "oggenc" else [*last, os.fspath(source)]
        run(program, *options, *order)
        theirs = decode_all([(target, channels)], tmp_path)[target]
        with AudioFile(target) as f:
            mine = in_usual_order(f.read(dtype="float64"), f)
            rate = f.sample_rate
            assert f.frame_count == len(mine) == pytest.approx(FRAMES * rate / RATE, abs=1)
        assert len(theirs) - len(mine) in range(1152)
        assert np.abs(mine - theirs[: len(mine)]).max() < 1e-4
        if rate == RATE:
            heard = [i for i in range(channels) if channels < 6 or i != LFE]
            assert signal_to_error(sound[:, heard], mine[:, heard]) > 15


SOX_WRITES = [
    *(("wav", e, b) for e, b in (("unsigned", 8), ("signed", 16), ("signed", 24), ("signed", 32))),
    *(("wav", "float", b) for b in (32, 64)),
    *(("wav", e, b) for e, b in (("u-law", 8), ("a-law", 8), ("ms-adpcm", 4), ("ima-adpcm", 4))),
    *(("aiff", "signed", b) for b in (8, 16, 24, 32)),
    *(("aifc", "signed", b) for b in (8, 16, 24, 32)),
    *(("au", "signed", b) for b in (8, 16, 24, 32)),
    *(("au", "float", b) for b in (32, 64)),
    *(("au", e, 8) for e in ("u-law", "a-law")),
    ("flac", "signed", 24),
]


@pytest.mark.parametrize(("extension", "encoding", "bits"), SOX_WRITES)
def test_we_read_soxs(tmp_path: Path, extension: str, encoding: str, bits: int) -> None:
    files = []
    for channels in CHANNELS if "adpcm" not in encoding else (1, 2):
        source, _ = source_for_tools(tmp_path, channels, 24)
        path = tmp_path / f"{channels}.{extension}"
        run("sox", "-V1", "-D", source, "-e", encoding, "-b", str(bits), path)
        files.append((path, channels))
    for path, theirs in decode_all(files, tmp_path).items():
        with AudioFile(path) as f:
            mine = f.read(dtype="float64")
        if "adpcm" in encoding:
            assert len(mine) in range(FRAMES, FRAMES + 2048)
        else:
            assert len(mine) == FRAMES
        # FFmpeg rounds each step of IMA ADPCM in its own way.
        assert np.abs(mine - theirs[: len(mine)]).max() <= (1e-3 if encoding == "ima-adpcm" else 0)


# ---- sample rates and lengths


@pytest.mark.parametrize("rate", [1, 7999, 8000, 11025, 44056, 96000, 192000, 2822400])
@pytest.mark.parametrize("name", ["a.wav", "a.rf64", "a.w64", "a.aiff", "a.caf", "a.au"])
def test_sample_rates(tmp_path: Path, name: str, rate: int) -> None:
    ours, theirs = tmp_path / name, tmp_path / f"theirs.{name}"
    with AudioFile(ours, "w", format=AudioFormat.pcm(rate, 1)) as f:
        f.write(music(100, 1).astype("float32"))
    assert (sf.info(ours).samplerate, sf.info(ours).frames) == (rate, 100)
    sf.write(theirs, music(100, 1), rate, "PCM_16", format=sf.info(ours).format)
    with AudioFile(theirs) as f:
        assert (f.sample_rate, f.frame_count) == (rate, 100)


@pytest.mark.parametrize("frames", [0, 1, 2, 3])
@pytest.mark.parametrize("name", ["a.wav", "a.rf64", "a.w64", "a.aiff", "a.caf", "a.au", "a.flac"])
def test_hardly_any_frames(tmp_path: Path, name: str, frames: int) -> None:
    """Three channels of three bytes: odd lengths, which some types pad."""
    path = tmp_path / name
    sound = quantised(music(frames, 3), 24)
    format = AudioFormat.flac(RATE, 3, 24) if name == "a.flac" else AudioFormat.pcm(RATE, 3, 24)
    with AudioFile(path, "w", format=format) as f:
        f.write(sound)
        f.metadata = {"title": "odd"}
    if frames or name != "a.flac":  # libsndfile cannot read an empty FLAC file, nor write one
        np.testing.assert_array_equal(sf.read(path, dtype="float64", always_2d=True)[0], sound)
    with AudioFile(path) as f:
        assert f.metadata["title"] == "odd"
        np.testing.assert_array_equal(f.read(dtype="float64"), sound)


# ---- metadata

INFO = {
    "title": "Ärger — 愛",
    "artist": "A & B",
    "album": "an album",
    "year": "1999",
    "track number": "3",
    "comments": "one, two",
}
KEEPERS = [
    "a.wav",
    "a.rf64",
    "a.w64",
    "a.aiff",
    "a.aifc",
    "a.caf",
    "a.au",
    "a.flac",
    "a.m4a",
    "a.mp3",
    "a.ogg",
    "a.opus",
]
# what FFmpeg calls our keys
FFMPEG_KEYS = {
    "title": ("title",),
    "artist": ("artist",),
    "album": ("album",),
    "year": ("date", "year", "creation_time"),
    "track number": ("track", "tracknumber", "track number"),
    "comments": ("comment", "comments", "description"),
}


def plain_file(path: Path) -> Path:
    make = {
        ".flac": AudioFormat.flac,
        ".m4a": AudioFormat.aac,
        ".mp3": AudioFormat.mp3,
        ".ogg": AudioFormat.vorbis,
        ".opus": lambda rate, channels: AudioFormat.opus(48000, channels),
    }.get(path.suffix, AudioFormat.pcm)
    with AudioFile(path, "w", format=make(RATE, 2)) as f:
        f.write(music(FRAMES))
    return path


@pytest.mark.parametrize("name", KEEPERS)
def test_ffprobe_shows_our_metadata(tmp_path: Path, name: str) -> None:
    path = plain_file(tmp_path / name)
    with AudioFile(path, "r+") as f:
        f.metadata = INFO
    tags = ffprobe(path)["tags"]
    shown = {key: next((tags[k] for k in names if k in tags), None) for key, names in FFMPEG_KEYS.items()}
    unknown = {"year", "comments"} if name == "a.au" else set()  # FFmpeg knows few keys there
    assert shown == INFO | dict.fromkeys(unknown)


@pytest.mark.parametrize("name", KEEPERS)
def test_we_read_ffmpegs_metadata(tmp_path: Path, name: str) -> None:
    source = write_source(tmp_path)
    path = tmp_path / name.replace(".rf64", "-rf64.wav").replace("aifc", "aiff")
    keys = {"year": "date", "track number": "track", "comments": "comment"}
    tags = [part for key, value in INFO.items() for part in ("-metadata", f"{keys.get(key, key)}={value}")]
    extra = {"a.aiff": ["-write_id3v2", "1"], "a.rf64": ["-rf64", "always"]}.get(name, [])
    run("ffmpeg", "-nostdin", "-v", "error", "-y", "-i", source, *tags, *extra, path)
    with AudioFile(path) as f:
        metadata = f.metadata
    dropped = FFMPEG_DROPS.get(name, set())
    assert {key: metadata.get(key) for key in INFO} == INFO | dict.fromkeys(dropped)


# What FFmpeg does not write into a type.
FFMPEG_DROPS = {"a.au": {"year", "comments"}, "a.w64": set(INFO), "a.aifc": set(INFO) - {"title", "comments"}}


def write_source(folder: Path) -> Path:
    path = folder / "source.wav"
    sf.write(path, music(FRAMES), RATE)
    return path


# name -> attributes of libsndfile's that it keeps there
SNDFILE_KEEPS = {
    "a.wav": ("WAV", "PCM_16", ["title", "artist", "album", "date", "comment", "tracknumber"]),
    "a.rf64": ("RF64", "PCM_16", ["title", "artist", "album", "date", "comment", "tracknumber"]),
    "a.aiff": ("AIFF", "PCM_16", ["title", "artist", "comment"]),
    "a.caf": ("CAF", "PCM_16", ["title", "artist", "album", "date", "comment", "tracknumber"]),
    "a.flac": ("FLAC", "PCM_16", ["title", "artist", "album", "date", "comment", "tracknumber"]),
    "a.ogg": ("OGG", "VORBIS", ["title", "artist", "album", "date", "comment", "tracknumber"]),
    "a.mp3": ("MP3", "MPEG_LAYER_III", ["title", "artist", "album", "date", "comment", "tracknumber"]),
}
SNDFILE_NAMES = {"date": "year", "comment": "comments", "tracknumber": "track number"}


@pytest.mark.parametrize("name", SNDFILE_KEEPS)
def test_libsndfile_shows_our_metadata(tmp_path: Path, name: str) -> None:
    path = plain_file(tmp_path / name)
    with AudioFile(path, "r+") as f:
        f.metadata = INFO
    unknown = {"date", "tracknumber"} if name == "a.caf" else set()  # it has names of its own for them
    with sf.SoundFile(path) as theirs:
        shown = {key: getattr(theirs, key) for key in SNDFILE_KEEPS[name][2] if key not in unknown}
    assert shown == {key: INFO[SNDFILE_NAMES.get(key, key)] for key in shown}


@pytest.mark.parametrize("name", SNDFILE_KEEPS)
def test_we_read_libsndfiles_metadata(tmp_path: Path, name: str) -> None:
    container, subtype, keys = SNDFILE_KEEPS[name]
    path = tmp_path / name
    info = INFO | {"title": "Arger"} if name == "a.mp3" else INFO  # there it calls UTF-8 Latin-1
    expected = {SNDFILE_NAMES.get(key, key): info[SNDFILE_NAMES.get(key, key)] for key in keys}
    with sf.SoundFile(path, "w", RATE, 2, subtype, format=container) as theirs:
        for key in keys:
            setattr(theirs, key, info[SNDFILE_NAMES.get(key, key)])
        theirs.write(music(FRAMES))
    with AudioFile(path) as f:
        metadata = f.metadata
        assert f.frame_count == FRAMES
    assert {key: metadata.get(key) for key in expected} == expected


MUTAGEN_NAMES = {"year": "date", "track number": "tracknumber", "comments": "comment"}


def open_with_mutagen(path: Path) -> Any:
    """The file as mutagen knows it, by the keys that are alike for all types; None without a tag."""
    mutagen = pytest.importorskip("mutagen")
    easyid3 = pytest.importorskip("mutagen.easyid3").EasyID3
    if "comment" not in easyid3.valid_keys:
        easyid3.RegisterTextKey("comment", "COMM")
    file = mutagen.File(path, easy=True)
    if file.tags is None:
        file.add_tags()
    return file


MUTAGEN_KEEPS = ["a.flac", "a.m4a", "a.ogg", "a.opus", "a.mp3"]


@pytest.mark.parametrize("name", MUTAGEN_KEEPS)
def test_mutagen_shows_our_metadata(tmp_path: Path, name: str) -> None:
    path = plain_file(tmp_path / name)
    with AudioFile(path, "r+") as f:
        f.metadata = INFO
    file = open_with_mutagen(path)
    shown = {
        key: file.get(MUTAGEN_NAMES.get(key, key)) for key in INFO if name != "a.mp3" or key != "comments"
    }
    assert shown == {key: [INFO[key]] for key in shown}
    if name == "a.mp3":
        assert mutagen_comment(path) == INFO["comments"]
    assert file.info.length == pytest.approx(FRAMES / RATE, rel=0.5)


def mutagen_comment(path: Path) -> str:
    id3 = pytest.importorskip("mutagen.id3").ID3(path)
    return str(id3.getall("COMM")[0])


@pytest.mark.parametrize("name", MUTAGEN_KEEPS)
def test_we_read_mutagens_metadata(tmp_path: Path, name: str) -> None:
    path = plain_file(tmp_path / name)
    with AudioFile(path) as f:
        before = f.read()
    file = open_with_mutagen(path)
    given = {key: value for key, value in INFO.items() if name != "a.mp3" or key != "comments"}
    for key, value in given.items():
        file[MUTAGEN_NAMES.get(key, key)] = [value]
    file.save()
    with AudioFile(path) as f:
        metadata = f.metadata
        np.testing.assert_array_equal(f.read(), before)
    assert {key: metadata.get(key) for key in given} == given


@pytest.mark.parametrize("name", ["a.aiff", "a.wav"])
def test_id3_chunks_of_mutagens(tmp_path: Path, name: str) -> None:
    path = plain_file(tmp_path / name)
    frames = pytest.importorskip("mutagen.id3")
    file = pytest.importorskip("mutagen.aiff" if name == "a.aiff" else "mutagen.wave")
    opened = file.AIFF(path) if name == "a.aiff" else file.WAVE(path)
    opened.add_tags()
    opened.tags.add(frames.TIT2(encoding=3, text=[INFO["title"]]))
    opened.tags.add(frames.TALB(encoding=1, text=[INFO["album"]]))
    opened.tags.add(frames.TRCK(encoding=0, text=["3"]))
    opened.save()
    with AudioFile(path) as f:
        metadata = f.metadata
        assert f.frame_count == FRAMES
    assert {key: metadata.get(key) for key in ("title", "album", "track number")} == {
        key: INFO[key] for key in ("title", "album", "track number")
    }
