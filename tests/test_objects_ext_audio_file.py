"""ExtendedAudioFile against libsndfile, soxr and FFmpeg."""

from __future__ import annotations

import gc
import struct
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import soundfile as sf
import soxr
from objects_kit import PCM_FILES, RATE, decode_with_ffmpeg, ffmpeg, music, needs_ffmpeg, probe, write_pcm

from coremusic import AudioFile, AudioFileError, AudioFormat, ExtendedAudioFile

PCM, FLOAT = AudioFormat.pcm, AudioFormat.float32


@pytest.fixture
def wav(tmp_path: Path) -> Path:
    return write_pcm(tmp_path, "s16.wav")


def everything(e: ExtendedAudioFile, dtype: str, channels: int, block: int = 777) -> Any:
    pieces = []
    while True:
        data, frames = e.read(block)
        if not frames:
            assert data == b""
            break
        pieces.append(data)
    return np.frombuffer(b"".join(pieces), dtype).reshape(-1, channels)


# ---- reading


@pytest.mark.parametrize("name", PCM_FILES)
def test_reading_without_a_client_format(tmp_path: Path, name: str) -> None:
    """The bytes are the file's own."""
    path = write_pcm(tmp_path, name, 3000)
    with ExtendedAudioFile(path) as e, AudioFile(path) as f:
        assert e.client_format is None
        assert e.file_format is e.file_format
        assert e.file_format == f.format
        assert (e.frame_count, e.sample_rate, e.channels) == (3000, RATE, 2)
        data = b""
        while piece := e.read_frames(700):
            data += piece
        assert data == f.read_packets(0, 3000)[0]


def test_reading_in_a_client_format(wav: Path) -> None:
    with ExtendedAudioFile(str(wav)) as e:
        wanted = FLOAT(RATE, 2)
        e.client_format = wanted
        assert e.client_format is wanted
        ours = everything(e, "<f4", 2)
        assert e.read(10) == (b"", 0)
        assert e.tell() == 10000
        e.seek(9990)
        assert e.read(100)[1] == 10
    np.testing.assert_array_equal(ours, sf.read(wav, dtype="float32")[0])


@pytest.mark.parametrize("mixes", [False, True])
def test_another_rate_and_one_channel(wav: Path, mixes: bool) -> None:
    """Core Audio drops the channels that have no place, unless its converter is told to mix them."""
    with ExtendedAudioFile(wav) as e:
        e.client_format = FLOAT(22050, 1)
        if mixes:
            e.set_converter_property("dmix", struct.pack("=I", 1))
            assert e.get_converter_property("dmix") == struct.pack("=I", 1)
        ours = everything(e, "<f4", 1)[:, 0]
    sound = sf.read(wav, dtype="float32")[0]
    theirs = soxr.resample(sound.sum(axis=1) if mixes else sound[:, 0], RATE, 22050, quality="VHQ")
    assert abs(len(ours) - 5000) <= 1
    inner = slice(500, 4500)
    scale = np.dot(ours[inner], theirs[inner]) / np.dot(theirs[inner], theirs[inner])
    if mixes:  # each by half, or by the 0.707 of the standard's table
        assert any(scale == pytest.approx(gain, abs=1e-3) for gain in (0.5, np.sqrt(0.5)))
    else:
        assert scale == pytest.approx(1.0, abs=1e-3)
    assert np.abs(ours[inner] - scale * theirs[inner]).max() < 2e-3


def test_converter_properties(wav: Path) -> None:
    with ExtendedAudioFile(wav) as e:
        with pytest.raises(AudioFileError):
            e.get_converter_property("dmix")
        with pytest.raises(AudioFileError):
            e.set_converter_property("dmix", bytes(4))
        e.client_format = FLOAT(22050, 2)
        e.set_converter_property("srcq", struct.pack("=I", 127))
        assert e.get_converter_property("srcq") == struct.pack("=I", 127)
        with pytest.raises(ValueError, match="address"):
            e.set_converter_property("acps", bytes(8))
        with pytest.raises(AudioFileError) as refused:
            e.set_converter_property("????", bytes(4))
        assert refused.value.status_code == int.from_bytes(b"prop", "big")
        with pytest.raises(TypeError):
            e.set_converter_property("srcq", 127)  # type: ignore[arg-type]
        assert len(everything(e, "<f4", 2)) == pytest.approx(5000, abs=1)


def test_planes(wav: Path) -> None:
    with ExtendedAudioFile(wav) as e:
        e.client_format = PCM(RATE, 2, 16, interleaved=False)
        data, frames = e.read(100)
        e.seek(9995)
        tail, count = e.read(100)
    sound = sf.read(wav, dtype="int16")[0]
    assert frames == 100
    np.testing.assert_array_equal(np.frombuffer(data, "<i2").reshape(2, 100).T, sound[:100])
    assert count == 5
    np.testing.assert_array_equal(np.frombuffer(tail, "<i2").reshape(2, 5).T, sound[9995:])


@needs_ffmpeg
@pytest.mark.parametrize("name", ["a.flac", "a.mp3", "a.ogg", "a.m4a"])
def test_compressed_files(tmp_path: Path, wav: Path, name: str) -> None:
    # Noise substitution would make every decoding of AAC a little different.
    path = ffmpeg(wav, tmp_path / name, *(["-aac_pns", "0"] if name == "a.m4a" else []))
    theirs = decode_with_ffmpeg(path, 2)
    assert len(theirs) >= 10000  # FFmpeg 5 leaves the padding at the end of Vorbis and AAC
    theirs = theirs[:10000]
    with ExtendedAudioFile(path) as e:
        e.client_format = FLOAT(RATE, 2)
        ours = everything(e, "<f4", 2)
        assert e.frame_count == len(ours) == len(theirs)
        e.seek(5000)
        part = np.frombuffer(e.read(1000)[0], "<f4").reshape(-1, 2)
    assert np.abs(ours - theirs).max() < 1e-4
    assert np.abs(part - theirs[5000:6000]).max() < 1e-3


def test_read_asks_for_more_than_there_is(wav: Path) -> None:
    with ExtendedAudioFile(wav) as e:
        data, frames = e.read(2**40)
        assert (len(data), frames) == (40000, 10000)
        assert e.read(0) == (b"", 0)


@pytest.mark.parametrize("wrong", [-1, 2**70, -(2**63)])
def test_read_refuses_numbers(wav: Path, wrong: int) -> None:
    with ExtendedAudioFile(wav) as e:
        for call in (e.read, e.read_frames):
            with pytest.raises(AudioFileError):
                call(wrong)
        with pytest.raises((AudioFileError, OverflowError)):
            e.seek(wrong)
        assert e.read(1)[1] == 1


# ---- writing


@pytest.mark.parametrize(
    ("name", "kind"), [("a.wav", "WAVE"), ("a.wav", 0x57415645), ("a.caf", "caff"), ("a.w64", "W64f")]
)
def test_create(tmp_path: Path, name: str, kind: Any) -> None:
    path, sound = tmp_path / name, (music(3000) * 32767).astype("<i2")
    format = PCM(RATE, 2)
    e = ExtendedAudioFile.create(path, kind, format)
    assert repr(e).endswith("open)")
    assert e.file_format is format
    e.write(1000, sound[:1000].tobytes())
    e.write_frames(sound[1000:], 2000)
    assert not path.exists()
    e.close()
    np.testing.assert_array_equal(sf.read(path, dtype="int16")[0], sound)


def test_create_with_an_incomplete_format(tmp_path: Path) -> None:
    format = AudioFormat(44100.0, "lpcm", channels_per_frame=2, bits_per_channel=16)
    with ExtendedAudioFile.create(str(tmp_path / "a.wav"), "WAVE", format) as e:
        e.write(10, bytes(40))
        assert e.file_format is format
    assert sf.info(tmp_path / "a.wav").frames == 10


def test_mode_w(tmp_path: Path) -> None:
    e = ExtendedAudioFile(tmp_path / "a.wav", "w", file_type="WAVE", format=PCM())
    with pytest.raises(AudioFileError, match="File not open"):
        e.write(1, bytes(4))
    with e:
        e.write(1, bytes(4))
    assert sf.info(tmp_path / "a.wav").frames == 1
    for arguments, error in (
        (("w",), TypeError),
        (("w", "WAVE"), TypeError),
        (("r", "WAVE"), ValueError),
        (("x",), ValueError),
        (("w", "WAVE", 5), TypeError),
    ):
        with pytest.raises(error):
            ExtendedAudioFile(tmp_path / "b.wav", *arguments)
    for path in (None, 5, b"bytes", object()):
        with pytest.raises(TypeError):
            ExtendedAudioFile(path)  # type: ignore[arg-type]


@needs_ffmpeg
@pytest.mark.parametrize(
    ("name", "kind", "format", "codec"),
    [
        ("a.m4a", "m4af", AudioFormat.aac(RATE, 2), "aac"),
        ("a.m4a", "m4af", AudioFormat.alac(RATE, 2), "alac"),
        ("a.flac", "flac", AudioFormat.flac(RATE, 2), "flac"),
    ],
)
def test_encoding(tmp_path: Path, name: str, kind: str, format: AudioFormat, codec: str) -> None:
    sound = (music(20000) * 32767).astype("<i2")
    with ExtendedAudioFile.create(tmp_path / name, kind, format) as e:
        e.client_format = PCM(RATE, 2)
        if codec == "aac":
            e.set_encoder(bit_rate=96000)
        for at in range(0, 20000, 4567):
            block = sound[at : at + 4567]
            e.write(len(block), block.tobytes())
        with pytest.raises(AudioFileError):
            e.set_encoder(bit_rate=64000)  # too late
    assert probe(tmp_path / name, "stream=codec_name") == codec
    ours = AudioFile(tmp_path / name).read(dtype="int16")
    assert len(ours) == 20000
    if codec != "aac":
        np.testing.assert_array_equal(ours, sound)


def test_encoder_settings_are_checked(tmp_path: Path, wav: Path) -> None:
    with ExtendedAudioFile.create(tmp_path / "a.flac", "flac", AudioFormat.flac(RATE, 2)) as e:
        for keywords, error in (
            ({"bit_rate": -1}, ValueError),
            ({"quality": 128}, ValueError),
            ({"vbr_quality": 1000}, ValueError),
            ({"bit_rate_mode": 4}, ValueError),
            ({"quality": "best"}, TypeError),
        ):
            with pytest.raises(error):
                e.set_encoder(**keywords)  # type: ignore[arg-type]
        e.set_encoder()
        e.client_format = PCM(RATE, 2)
        e.write(10, bytes(40))
    e = ExtendedAudioFile(wav)
    with pytest.raises(AudioFileError, match="File not open"):
        e.set_encoder(quality=5)


def test_a_write_that_does_not_fit(tmp_path: Path) -> None:
    with ExtendedAudioFile.create(tmp_path / "a.wav", "WAVE", PCM()) as e:
        for frames, data in ((2, bytes(7)), (-1, bytes(8)), (2**40, bytes(8))):
            with pytest.raises(AudioFileError):
                e.write(frames, data)
        for data in (None, "text", 5):
            with pytest.raises(TypeError):
                e.write(1, data)  # type: ignore[arg-type]
        with pytest.raises(AudioFileError):
            e.read(1)
        e.write(1, bytes(8))  # more than was said is no harm
    assert sf.info(tmp_path / "a.wav").frames == 1


@pytest.mark.parametrize(
    ("kind", "format"),
    [
        ("WAVE", PCM()),
        ("flac", AudioFormat.flac()),
        ("m4af", AudioFormat.aac()),
        ("caff", AudioFormat.alac()),
    ],
)
def test_given_up(tmp_path: Path, kind: str, format: AudioFormat) -> None:
    """Also where an encoder still has packets when the file is closed."""
    path = tmp_path / "a"
    path.write_bytes(b"precious")
    with pytest.raises(ZeroDivisionError), ExtendedAudioFile.create(path, kind, format) as e:
        e.client_format = PCM()
        e.write(10000, bytes(40000))
        raise ZeroDivisionError
    assert path.read_bytes() == b"precious"
    forgotten = ExtendedAudioFile.create(path, kind, format)
    forgotten.client_format = PCM()
    forgotten.write(10000, bytes(40000))
    with pytest.warns(ResourceWarning, match="not closed"):
        del forgotten
        gc.collect()
    assert path.read_bytes() == b"precious"
    assert len(list(tmp_path.iterdir())) == 1


# ---- failures and properties


@pytest.mark.parametrize("name", ["missing.wav", "", "folder"])
def test_what_cannot_be_opened(tmp_path: Path, name: str) -> None:
    (tmp_path / "folder").mkdir()
    e = ExtendedAudioFile(str(tmp_path / name) if name else "")
    for use in (e.open, lambda: e.read(1), lambda: e.file_format, lambda: e.frame_count, lambda: e.seek(0)):
        with pytest.raises(AudioFileError, match="open file"):
            use()
    assert e.client_format is None


@pytest.mark.parametrize(
    ("kind", "format"),
    [
        ("none", PCM()),
        ("WAVE", AudioFormat.alac()),
        ("AIFF", PCM(is_float=True, bits=32)),
        ("WAVE", PCM(44100, 0)),
    ],
)
def test_what_cannot_be_created(tmp_path: Path, kind: str, format: AudioFormat) -> None:
    with pytest.raises(AudioFileError, match="create file"):
        ExtendedAudioFile.create(tmp_path / "a.wav", kind, format)
    assert list(tmp_path.iterdir()) == []


def test_client_format_refuses(wav: Path) -> None:
    with ExtendedAudioFile(wav) as e:
        for bad in (None, 5, "lpcm"):
            with pytest.raises(TypeError):
                e.client_format = bad  # type: ignore[assignment]
        with pytest.raises(AudioFileError) as raised:
            e.client_format = AudioFormat.aac(RATE, 2)
        assert raised.value.status_code == -66563
        assert e.client_format is None
        with pytest.raises(AttributeError):
            del e.client_format
        assert e.read(5)[1] == 5


def test_properties(wav: Path) -> None:
    with ExtendedAudioFile(wav) as e:
        assert int.from_bytes(e.get_property("#frm"), "little") == 10000
        e.set_property("cfmt", AudioFileBytes(FLOAT(RATE, 2)))
        assert e.client_format == FLOAT(RATE, 2)
        assert len(e.read(10)[0]) == 80
        with pytest.raises(AudioFileError):
            e.get_property("none")
        for id in ("accf", "iobf"):
            with pytest.raises(ValueError, match="address"):
                e.set_property(id, bytes(8))


def AudioFileBytes(format: AudioFormat) -> bytes:  # noqa: N802
    """The 40 bytes of an AudioStreamBasicDescription."""
    import struct

    return struct.pack(
        "<d8I",
        format.sample_rate,
        int.from_bytes(str(format.format_id).encode(), "big"),
        format.format_flags,
        format.bytes_per_packet,
        format.frames_per_packet,
        format.bytes_per_frame,
        format.channels_per_frame,
        format.bits_per_channel,
        0,
    )


def test_arrays_of_other_samples_are_not_written(tmp_path: Path) -> None:
    with ExtendedAudioFile.create(tmp_path / "a.wav", "WAVE", AudioFormat.pcm(44100, 2, 16)) as f:
        f.write(2, np.array([[1, 2], [3, 4]], "<i2"))
        for wrong in (np.zeros((2, 2), "<f4"), np.zeros((2, 2), ">i2"), np.zeros((2, 2))):
            with pytest.raises(TypeError, match="not items of"):
                f.write(2, wrong)
            with pytest.raises(TypeError, match="not items of"):
                f.write_frames(wrong, 2)
    assert sf.read(tmp_path / "a.wav", dtype="int16")[0].tolist() == [[1, 2], [3, 4]]
    with ExtendedAudioFile.create(tmp_path / "b.wav", "WAVE", AudioFormat.pcm(44100, 2, 16)) as f:
        f.client_format = AudioFormat.float32(44100, 2)
        f.write(1, np.array([[0.5, -0.5]], "<f4"))
        with pytest.raises(TypeError, match="not items of"):
            f.write(1, np.zeros((2, 2), "<i2"))
    assert sf.read(tmp_path / "b.wav", dtype="int16")[0].tolist() == [[16384, -16384]]
