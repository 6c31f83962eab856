"""AudioConverter against NumPy, soxr, libsndfile and FFmpeg."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
import soundfile as sf
import soxr
from hypothesis import given, settings
from hypothesis import strategies as st
from objects_kit import RATE, decode_with_ffmpeg, ffmpeg, music, needs_ffmpeg, write_pcm

from coremusic import AudioConverter, AudioConverterError, AudioFile, AudioFileError, AudioFormat

PCM, FLOAT = AudioFormat.pcm, AudioFormat.float32


# ---- whole buffers at one rate


@pytest.mark.parametrize(
    ("target", "dtype", "factor"),
    [
        (FLOAT(RATE, 2), "<f4", 1 / 32768),
        (PCM(RATE, 2, 64, is_float=True), "<f8", 1 / 32768),
        (PCM(RATE, 2, 32), "<i4", 65536),
        (PCM(RATE, 2, 16, big_endian=True), ">i2", 1),
    ],
)
def test_sample_types(target: AudioFormat, dtype: str, factor: float) -> None:
    values = np.array([[0, 1], [-1, 32767], [-32768, 12345]], "<i2")
    with AudioConverter(PCM(RATE, 2), target) as c:
        out = np.frombuffer(c.convert(values.tobytes()), dtype).reshape(-1, 2)
    np.testing.assert_array_equal(out, (values.astype("f8") * factor).astype(dtype))


def test_packed_24_bit_and_planes() -> None:
    with AudioConverter(PCM(RATE, 2, 24), PCM(RATE, 2, 32)) as c:
        assert c.convert(b"\x01\x02\x03\xff\xff\xff") == b"\x00\x01\x02\x03\x00\xff\xff\xff"
    planar = PCM(RATE, 2, 16, interleaved=False)
    with AudioConverter(PCM(RATE, 2), planar) as c:
        data = np.array([[1, 2], [3, 4], [5, 6]], "<i2").tobytes()
        assert np.frombuffer(c.convert_with_callback(data, 3), "<i2").tolist() == [1, 3, 5, 2, 4, 6]
    with AudioConverter(planar, PCM(RATE, 2)) as c:
        data = np.array([1, 3, 5, 2, 4, 6], "<i2").tobytes()
        assert np.frombuffer(c.convert_with_callback(data, 3), "<i2").tolist() == [1, 2, 3, 4, 5, 6]


def test_channels() -> None:
    stereo = np.array([[1000, 3000], [-500, 500]], "<i2")
    with AudioConverter(PCM(RATE, 1), PCM(RATE, 2)) as c:
        c.channel_map = [0, 0]
        assert np.frombuffer(c.convert(stereo[:, :1].tobytes()), "<i2").tolist() == [1000, 1000, -500, -500]
    with AudioConverter(PCM(RATE, 2), PCM(RATE, 2)) as c:
        assert c.channel_map == [0, 1]
        c.channel_map = [1, 0]
        assert c.channel_map == [1, 0]
        assert np.frombuffer(c.convert(stereo.tobytes()), "<i2").tolist() == [3000, 1000, 500, -500]
        c.channel_map = (-1, 1)
        assert np.frombuffer(c.convert(stereo.tobytes()), "<i2").tolist() == [0, 3000, 0, 500]
        for bad, error in (
            ([5, 0], AudioConverterError),
            (["x"], TypeError),
            (7, TypeError),
            ([2**40], OverflowError),
        ):
            with pytest.raises(error):
                c.channel_map = bad  # type: ignore[assignment]


def test_downmix_has_the_gains_of_bs775() -> None:
    """Table 2 of ITU-R BS.775-3: the gains into the left and right side of stereo."""
    third = np.float32(np.sqrt(0.5))
    source = AudioFormat.float32(RATE, 6)  # L R C LFE Ls Rs
    with AudioConverter(source, AudioFormat.float32(RATE, 2)) as c:
        assert c.downmix is False
        identity = np.eye(6, dtype="f4")
        np.testing.assert_array_equal(c.convert_numpy(identity), np.eye(6, 2))
        c.downmix = True
        assert c.downmix is True
        table = [[1, 0, third, 0, third, 0], [0, 1, third, 0, 0, third]]
        np.testing.assert_allclose(c.convert_numpy(identity).T, table, rtol=1e-6)
    with AudioConverter(source, AudioFormat.float32(RATE, 1)) as c:
        c.downmix = True
        np.testing.assert_allclose(c.convert_numpy(identity).T, [np.mean(table, axis=0)], rtol=1e-6)
    with AudioConverter(AudioFormat.float32(RATE, 1), AudioFormat.float32(RATE, 2)) as c:
        c.downmix = True
        np.testing.assert_array_equal(c.convert_numpy(np.ones((1, 1), "f4")), [[1, 1]])
        with pytest.raises(AttributeError):
            del c.downmix
    with pytest.raises(RuntimeError, match="disposed"):
        c.downmix = True


@pytest.mark.parametrize(
    ("format", "good", "bad"),
    [
        (PCM(RATE, 1, 16), ["<i2", "u1", "i1"], ["<f4", ">i2", "<u2", "<i4"]),
        (PCM(RATE, 1, 16, big_endian=True), [">i2"], ["<i2", ">f4"]),
        (PCM(RATE, 1, 24), ["u1"], ["<i4", "<f4"]),
        (PCM(RATE, 1, 32), ["<i4"], ["<f4", "<i8"]),
        (PCM(RATE, 1, 32, is_float=True), ["<f4"], ["<i4", "<f8", ">f4"]),
    ],
)
def test_arrays_of_other_samples_are_no_bytes(format: AudioFormat, good: list[str], bad: list[str]) -> None:
    with AudioConverter(format, format) as c:
        for dtype in good:
            assert c.convert(np.zeros(24, dtype)) == bytes(24 * np.dtype(dtype).itemsize)
            assert len(c.convert_with_callback(np.zeros(24, dtype), 4)) == 4 * format.bytes_per_frame
        for dtype in bad:
            with pytest.raises(TypeError, match="must hold bytes, or samples as the format has them"):
                c.convert(np.zeros(24, dtype))
            with pytest.raises(TypeError, match="must hold bytes, or samples as the format has them"):
                c.convert_with_callback(np.zeros(24, dtype), 4)
        records = np.zeros(6, [("left", "V4"), ("right", "V8")])  # no samples that could be wrong
        assert len(c.convert(records)) == 72


def test_formats_may_be_incomplete() -> None:
    """The snippets of the documentation give only rate, code, channels and bits."""
    a = AudioFormat(44100.0, "lpcm", channels_per_frame=2, bits_per_channel=16)
    b = AudioFormat(44100.0, "lpcm", channels_per_frame=1, bits_per_channel=16)
    c = AudioConverter(a, b)
    assert c.source_format is a
    assert c.dest_format is b
    assert len(c.convert(bytes(400))) == 200
    assert a.bytes_per_frame == 0


@settings(max_examples=40, deadline=None)
@given(channels=st.integers(1, 8), frames=st.integers(0, 700), seed=st.integers(0, 5))
def test_convert_numpy_shapes(channels: int, frames: int, seed: int) -> None:
    values = np.random.default_rng(seed).integers(-32768, 32768, (frames, channels)).astype("int16")
    c = AudioConverter(PCM(RATE, channels), PCM(RATE, channels, 32))
    for array in (values, np.asfortranarray(values), values[::-1][::-1], values.copy()):
        out = c.convert_numpy(array)
        assert (out.shape, out.dtype) == ((frames, channels), np.int32)
        np.testing.assert_array_equal(out, values.astype("int32") << 16)


def test_convert_numpy_dimensions() -> None:
    mono = np.zeros(100, "float32")
    assert AudioConverter(FLOAT(RATE, 1), FLOAT(RATE, 1)).convert_numpy(mono).shape == (100,)
    assert AudioConverter(FLOAT(RATE, 1), FLOAT(RATE, 1)).convert_numpy(mono[:, None]).shape == (100, 1)
    assert AudioConverter(FLOAT(RATE, 1), FLOAT(RATE, 2)).convert_numpy(mono).shape == (100, 2)
    assert AudioConverter(FLOAT(RATE, 2), FLOAT(RATE, 1)).convert_numpy(
        np.zeros((100, 2), "float32")
    ).shape == (100, 1)
    assert AudioConverter(FLOAT(8000, 2), FLOAT(16000, 2)).convert_numpy(
        np.zeros((0, 2), "float32")
    ).shape == (0, 2)


@pytest.mark.parametrize(
    ("array", "error"),
    [
        (np.zeros((5, 3), "int16"), ValueError),
        (np.zeros(5, "int16"), ValueError),
        (np.zeros((5, 2), "float32"), ValueError),
        (np.zeros((5, 2), "int8"), TypeError),
        (b"1234", TypeError),
        (None, TypeError),
    ],
)
def test_convert_numpy_refuses(array: Any, error: type[Exception]) -> None:
    with AudioConverter(PCM(RATE, 2), FLOAT(RATE, 2)) as c, pytest.raises(error):
        c.convert_numpy(array)
    with AudioConverter(PCM(RATE, 2), PCM(RATE, 2, 24)) as c, pytest.raises(ValueError, match="dest_format"):
        c.convert_numpy(np.zeros((5, 2), "int16"))


# ---- sample rates


@pytest.mark.parametrize(("old", "new"), [(44100, 48000), (48000, 44100), (8000, 96000), (96000, 22050)])
def test_rates_agree_with_soxr(old: int, new: int) -> None:
    time = np.arange(2 * old) / old
    sound = np.stack([0.5 * np.sin(2 * np.pi * f * time) for f in (440.0, 1000.0)], axis=1).astype("float32")
    with AudioConverter(FLOAT(old, 2), FLOAT(new, 2)) as c:
        ours = c.convert_numpy(sound)
        raw = np.frombuffer(c.convert_with_callback(sound.tobytes(), len(sound)), "<f4").reshape(-1, 2)
    theirs = soxr.resample(sound, old, new, quality="HQ")
    assert abs(len(ours) - 2 * new) <= 1
    inner = slice(new // 10, 2 * new - new // 10)
    assert np.abs(ours[inner] - theirs[inner]).max() < 1e-3
    np.testing.assert_array_equal(raw, ours)


def test_output_packet_count() -> None:
    c = AudioConverter(FLOAT(RATE, 1), FLOAT(RATE, 1))
    data = np.arange(100, dtype="f4").tobytes()
    assert c.convert_with_callback(data, 100) == data
    assert c.convert_with_callback(data, 50) == data[:200]
    c.reset()
    assert c.convert_with_callback(data, 100, 10) == data[:40]
    c.reset()
    assert c.convert_with_callback(data, 0) == b""
    assert (
        c.convert_with_callback(input_data=data, input_packet_count=1, output_packet_count=None) == data[:4]
    )
    for wrong in ((data, 101), (data, -1), (data, 2**40), (b"", 1)):
        with pytest.raises(AudioConverterError, match="convert"):
            c.convert_with_callback(*wrong)
    with pytest.raises(AudioConverterError):
        c.convert_with_callback(data, 100, -1)


def test_quality() -> None:
    sound = (np.sin(np.arange(20000) * 2.6) * 0.5).astype("float32")  # near the band's edge
    results = []
    for quality in (0, 127):
        with AudioConverter(FLOAT(RATE, 1), FLOAT(32000, 1)) as c:
            c.set_quality(quality)
            results.append(c.convert_numpy(sound))
    assert np.abs(results[0][:14000] - results[1][:14000]).max() > 1e-4
    with AudioConverter(PCM(), FLOAT()) as c:
        for bad in (-1, 128, 2**40):
            with pytest.raises(ValueError, match="0 .. 127"):
                c.set_quality(bad)
        with pytest.raises(AudioConverterError):
            c.set_bit_rate(128000)  # there is no encoder


# ---- codecs


@needs_ffmpeg
def test_flac_there_and_back() -> None:
    sound = (music(20000) * 32767).astype("int16")
    with AudioConverter(PCM(RATE, 2), AudioFormat.flac(RATE, 2)) as c:
        data, packets = c.convert_with_callback(sound.tobytes(), 20000, with_descriptions=True)
        cookie = c.get_property("cmgc")
    assert sum(size for _, size, _ in packets) == len(data) < sound.nbytes
    with AudioConverter(AudioFormat.flac(RATE, 2), PCM(RATE, 2)) as c:
        c.set_property("dmgc", cookie)
        back = c.convert_with_callback(data, len(packets), descriptions=packets)
    np.testing.assert_array_equal(np.frombuffer(back, "<i2").reshape(-1, 2)[:20000], sound)


@needs_ffmpeg
def test_decoding_packets_of_a_file(tmp_path: Path) -> None:
    path = ffmpeg(write_pcm(tmp_path, "s16.wav", RATE), tmp_path / "a.m4a", "-c:a", "aac")
    with AudioFile(path) as f:
        data, packets = f.read_packet_data()
        cookie, format, table = f.get_property("mgic"), f.format, f.packet_table
    with AudioConverter(format, FLOAT(RATE, 2)) as c:
        c.set_property("dmgc", cookie)
        raw = np.frombuffer(c.convert_with_callback(data, len(packets), descriptions=packets), "<f4").reshape(
            -1, 2
        )
    assert table is not None
    theirs = decode_with_ffmpeg(path, 2)
    ours = (
        raw[-len(theirs) - table[2] : len(raw) - table[2]]
        if len(raw) < 1024 * len(packets)
        else raw[table[1] :]
    )
    length = min(len(ours), len(theirs)) - 3000
    assert np.abs(ours[:length] - theirs[:length]).max() < 1e-3


@needs_ffmpeg
def test_encoding_with_a_bit_rate() -> None:
    sound = (np.random.default_rng(1).standard_normal((RATE, 2)) * 0.2).astype("float32")
    sizes = []
    for rate in (64000, 192000):
        with AudioConverter(FLOAT(RATE, 2), AudioFormat.aac(RATE, 2)) as c:
            c.set_bit_rate(rate)
            c.set_quality(64)
            sizes.append(len(c.convert_with_callback(sound.tobytes(), RATE)))
    assert 2 * sizes[0] < sizes[1]


@pytest.mark.parametrize("subtype", ["ULAW", "ALAW"])
def test_g711_agrees_with_libsndfile(tmp_path: Path, subtype: str) -> None:
    make = AudioFormat.ulaw if subtype == "ULAW" else AudioFormat.alaw
    sound = (music(3000, 1) * 32767).astype("int16")
    sf.write(tmp_path / "a.raw", sound, 8000, format="RAW", subtype=subtype)
    coded = (tmp_path / "a.raw").read_bytes()
    with AudioConverter(PCM(8000, 1), make()) as c:
        ours = np.frombuffer(c.convert(sound.tobytes()), "u1")
    with AudioConverter(make(), PCM(8000, 1)) as c:
        decoded = np.frombuffer(c.convert(coded), "<i2")
        again = np.frombuffer(c.convert(ours.tobytes()), "<i2")
    theirs = sf.read(
        tmp_path / "a.raw", dtype="int16", format="RAW", subtype=subtype, samplerate=8000, channels=1
    )[0]
    np.testing.assert_array_equal(decoded, theirs)
    assert np.abs(again.astype(int) - sound).max() <= np.abs(theirs.astype(int) - sound).max() + 1


# ---- failures


def test_no_way() -> None:
    for a, b in ((PCM(), AudioFormat(44100, "none")), (PCM(44100, 2), PCM(-1.0, 2)), (PCM(), PCM(44100, 0))):
        with pytest.raises(AudioConverterError) as raised:
            AudioConverter(a, b)
        assert raised.value.status_code != 0
    for bad in ((5, PCM()), (PCM(), None), (PCM(), "lpcm")):
        with pytest.raises(TypeError, match="AudioFormat"):
            AudioConverter(*bad)  # type: ignore[arg-type]


def test_convert_refuses() -> None:
    with AudioConverter(PCM(44100, 2), PCM(48000, 2)) as c:
        with pytest.raises(AudioConverterError) as raised:
            c.convert(bytes(400))
        assert raised.value.status_code == int.from_bytes(b"op??", "big")
    with AudioConverter(PCM(44100, 2), FLOAT(44100, 2)) as c:
        assert c.convert(b"") == b""
        for bad in (bytes(3), bytes(5)):
            with pytest.raises(AudioConverterError):
                c.convert(bad)
        for wrong in (None, "text", 5, np.zeros((4, 4), "int16").T[::2]):
            with pytest.raises((TypeError, ValueError)):
                c.convert(wrong)  # type: ignore[arg-type]
        assert len(c.convert(bytes(400))) == 800


def test_properties() -> None:
    with AudioConverter(PCM(44100, 2), PCM(48000, 2)) as c:
        c.set_property("srcq", (96).to_bytes(4, "little"))
        assert c.get_property("srcq") == (96).to_bytes(4, "little")
        assert len(c.get_property(0x61636F64)) == 40  # 'acod'
        with pytest.raises(AudioConverterError):
            c.get_property("none")
        with pytest.raises(AudioConverterError):
            c.set_property("srcq", b"")
        with pytest.raises(ValueError, match="address"):
            c.set_property("acps", bytes(8))


def test_fixed_point() -> None:
    """8.24, in which the first iOS mixed: 24 bits of fraction, and room for 128 times full scale."""
    fixed = AudioFormat(44100, "lpcm", 4 | 8 | 24 << 7, 4, 1, 4, 1, 32)
    real = AudioFormat(44100, "lpcm", 1 | 8, 4, 1, 4, 1, 32)
    x = np.array([0.0, 0.5, -1.0, 3.25, -127.0, 1000.0, 2.0**-24], np.float32)
    words = np.array([0, 1 << 23, -1 << 24, 13 << 22, -127 << 24, 2**31 - 1, 1], np.int32)
    with AudioConverter(real, fixed) as to, AudioConverter(fixed, real) as back:
        np.testing.assert_array_equal(np.frombuffer(to.convert(x.tobytes()), np.int32), words)
        expected = words.astype(np.float64) / 2**24
        np.testing.assert_array_equal(
            np.frombuffer(back.convert(words.tobytes()), np.float32), expected.astype(np.float32)
        )


def test_no_file_holds_fixed_point(tmp_path: Path) -> None:
    fixed = AudioFormat(44100, "lpcm", 4 | 8 | 24 << 7, 4, 1, 4, 1, 32)
    for kind in ("wav", "caf", "aif", "au"):
        with pytest.raises(AudioFileError) as raised:
            AudioFile(tmp_path / f"a.{kind}", "w", format=fixed).open()
        assert raised.value.status_code == int.from_bytes(b"fmt?", "big")
