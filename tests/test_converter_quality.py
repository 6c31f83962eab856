"""What AudioConverter makes of sound, against soxr, exact sines, ITU-R BS.775 and FFmpeg."""

from __future__ import annotations

import struct
import subprocess
from fractions import Fraction
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import soxr
from hypothesis import given, settings
from hypothesis import strategies as st
from objects_kit import decode_with_ffmpeg, music, needs_ffmpeg

from coremusic import AudioConverter, AudioFile, AudioFormat, ExtendedAudioFile

Array = np.ndarray[Any, Any]
FLOAT = AudioFormat.float32
RECIPES = {0: "QQ", 32: "LQ", 64: "MQ", 96: "HQ", 127: "VHQ"}


def resample(sound: Array, old: float, new: float, quality: int = 96) -> Array:
    channels = 1 if sound.ndim == 1 else sound.shape[1]
    with AudioConverter(FLOAT(old, channels), FLOAT(new, channels)) as c:
        c.set_quality(quality)
        return c.convert_numpy(sound.astype("float32"))


def decibels(value: float) -> float:
    return 20 * float(np.log10(max(value, 1e-12)))


def frames_after(frames: int, old: int, new: int) -> int:
    """frames * new / old, to the nearest, halves up."""
    return int(Fraction(frames * new, old) + Fraction(1, 2))


# ---- sample rates


@pytest.mark.parametrize("quality", RECIPES)
@pytest.mark.parametrize(
    ("old", "new", "channels"),
    [(44100, 48000, 2), (48000, 44100, 1), (96000, 44100, 3), (8000, 48000, 2), (44100, 11025, 6)],
)
def test_samples_are_those_of_soxr(old: int, new: int, channels: int, quality: int) -> None:
    noise = np.random.default_rng(quality).uniform(-0.5, 0.5, (old // 3, channels)).astype("float32")
    ours = resample(noise, old, new, quality)
    theirs = soxr.resample(noise, old, new, quality=RECIPES[quality])
    common = min(len(ours), len(theirs))
    assert abs(len(ours) - len(theirs)) <= 1
    np.testing.assert_allclose(ours[:common], theirs[:common], atol=1e-6)


def response(out: Array, phase: Array, size: int = 600) -> tuple[Array, float]:
    """The complex gain of each block of a sweep with that phase, and the largest sample that no gain explains, where
    the gain may change evenly along the block."""
    blocks, along = len(out) // size, np.linspace(-1, 1, size)[:, None]
    sines = np.stack([np.sin(phase), np.cos(phase)], axis=1)[: blocks * size].reshape(blocks, size, 2)
    parts = np.concatenate([sines, along * sines], axis=2)
    sound = out[: blocks * size].reshape(blocks, size, 1)
    gains = np.linalg.solve(parts.transpose(0, 2, 1) @ parts, parts.transpose(0, 2, 1) @ sound)
    return gains[:, 0, 0] + 1j * gains[:, 1, 0], float(np.abs(sound - parts @ gains).max())


@pytest.mark.parametrize(
    ("quality", "pass_band", "flatness", "noise", "stop_band"),
    [
        (32, 0.65, 0.07, -82, 0),
        (64, 0.85, 0.2, -85, 0),
        (96, 0.9, 0.01, -105, -115),
        (127, 0.9, 0.01, -110, -135),
    ],
)
@pytest.mark.parametrize(("old", "new"), [(48000, 32000), (96000, 44100), (44100, 48000), (44100, 88200)])
def test_swept_sine(
    old: int, new: int, quality: int, pass_band: float, flatness: float, noise: float, stop_band: float
) -> None:
    """A sine that rises from nothing to the old band's edge. flatness: dB of gain, and no delay; noise: dB of all
    that is not the sine; stop_band: dB of what is left of frequencies that the new band does not hold.
    """
    seconds, amplitude = 4.0, 0.5

    def phase(frames: int, rate: int) -> Array:
        return np.pi * old / 2 / seconds * (np.arange(frames) / rate) ** 2

    out = resample(amplitude * np.sin(phase(int(seconds * old), old)), old, new, quality).astype("float64")
    frequency = old / 2 * np.arange(len(out)) / new / seconds
    edge = min(old, new) / 2
    inside = (frequency > 100) & (frequency < pass_band * edge)
    gains, rest = response(out[inside] / amplitude, phase(len(out), new)[inside])
    assert np.abs(20 * np.log10(np.abs(gains))).max() < flatness
    assert np.abs(np.angle(gains)).max() < 1e-4
    assert decibels(rest) < noise
    outside = (frequency > 1.01 * edge) & (frequency < 0.98 * old / 2)
    if stop_band and outside.any():  # the lower recipes let some of the band above the edge fold back
        assert decibels(np.abs(out[outside]).max() / amplitude) < stop_band


@pytest.mark.parametrize("quality", RECIPES)
def test_the_first_sample_stays_the_first(quality: int) -> None:
    """An impulse comes out where it was, with the same on both sides of it; at the very start too."""
    for old, new, at in (
        (24000, 48000, 500),
        (48000, 24000, 500),
        (44100, 48000, 147 * 3),
        (48000, 48000 * 3, 100),
    ):
        impulse = np.zeros(1000)
        impulse[at] = 1
        out = resample(impulse, old, new, quality)
        centre, side = at * new // old, 60
        assert np.abs(out).argmax() == centre
        if quality:  # quick recipe: cubic interpolation, not symmetric between samples
            left, right = out[centre - side : centre], out[centre + 1 : centre + 1 + side]
            np.testing.assert_allclose(left, right[::-1], atol=2e-5)
    start = np.zeros(1000)
    start[0] = 1
    assert np.abs(resample(start, 24000, 48000, quality)).argmax() == 0


RATES = st.sampled_from([8000, 11025, 16000, 22050, 32000, 44100, 48000, 88200, 96000, 192000])


@settings(max_examples=60, deadline=None)
@given(old=RATES, new=RATES, frames=st.integers(0, 6000), quality=st.sampled_from(sorted(RECIPES)))
def test_lengths(old: int, new: int, frames: int, quality: int) -> None:
    assert len(resample(np.zeros(frames), old, new, quality)) == frames_after(frames, old, new)


@settings(max_examples=25, deadline=None)
@given(new=st.floats(8000, 192000), frames=st.integers(0, 6000))
def test_lengths_at_any_ratio(new: float, frames: int) -> None:
    exact = Fraction(frames) * Fraction(new) / 44100
    assert abs(len(resample(np.zeros(frames), 44100, new)) - exact) <= Fraction(1, 2) + Fraction(1, 10**6)


def test_float64_and_int32_keep_their_precision() -> None:
    frames, old, new = 30_000, 44100, 96000
    sine = 0.5 * np.sin(2 * np.pi * 1000 * np.arange(frames) / old)
    wide = AudioFormat.pcm(old, 1, 64, is_float=True), AudioFormat.pcm(new, 1, 64, is_float=True)
    integers = AudioFormat.pcm(old, 1, 32), AudioFormat.pcm(new, 1, 32)
    exact = 0.5 * np.sin(2 * np.pi * 1000 * np.arange(frames_after(frames, old, new)) / new)
    inner = slice(8000, -8000)
    for (source, target), scale, limit in ((wide, 1, -160), (integers, 2**31, -155)):
        with AudioConverter(source, target) as c:
            c.set_quality(127)
            given_ = np.rint(sine * scale).astype("int32") if scale > 1 else sine
            out = c.convert_numpy(given_).astype("float64") / scale
        assert decibels(np.abs(out - exact)[inner].max() / 0.5) < limit


# ---- channels

STEREO, MONO = (101 << 16) | 2, (100 << 16) | 1
# Layout tags: MPEG_3_0_A (L R C), MPEG_4_0_A (L R C Cs), ITU_2_1 (L R Cs), ITU_2_2 (L R Ls Rs),
# MPEG_5_0_A (L R C Ls Rs), MPEG_5_1_A (L R C LFE Ls Rs), WAVE_7_1 (L R C LFE Rls Rrs Ls Rs)
L_R_C, L_R_C_CS, L_R_CS, L_R_LS_RS = (113 << 16) | 3, (115 << 16) | 4, (131 << 16) | 3, (132 << 16) | 4
L_R_C_LS_RS, L_R_C_LFE_LS_RS, WAVE_7_1 = (117 << 16) | 5, (121 << 16) | 6, (189 << 16) | 8
HALF = 0.7071  # as the standard prints it


def mixing_matrix(source: int, target: int) -> Array:
    """Rows: channels in; columns: channels out. One impulse in each channel in turn."""
    channels_in, channels_out = source & 0xFFFF, target & 0xFFFF
    with AudioConverter(FLOAT(48000, channels_in), FLOAT(48000, channels_out)) as c:
        c.set_property("icl ", struct.pack("<3I", source, 0, 0))
        c.set_property("ocl ", struct.pack("<3I", target, 0, 0))
        return c.convert_numpy(np.eye(channels_in, dtype="float32")).reshape(channels_in, channels_out)


# ITU-R BS.775-3, Annex 4, table 2: from 3/2 (L R C Ls Rs)
BS_775 = {
    STEREO: [[1, 0], [0, 1], [HALF, HALF], [HALF, 0], [0, HALF]],
    L_R_C: [[1, 0, 0], [0, 1, 0], [0, 0, 1], [HALF, 0, 0], [0, HALF, 0]],
    L_R_CS: [[1, 0, 0], [0, 1, 0], [HALF, HALF, 0], [0, 0, HALF], [0, 0, HALF]],
    L_R_C_CS: [[1, 0, 0, 0], [0, 1, 0, 0], [0, 0, 1, 0], [0, 0, 0, HALF], [0, 0, 0, HALF]],
    L_R_LS_RS: [[1, 0, 0, 0], [0, 1, 0, 0], [HALF, HALF, 0, 0], [0, 0, 1, 0], [0, 0, 0, 1]],
}


@pytest.mark.parametrize("target", BS_775)
def test_down_mix_of_five_channels(target: int) -> None:
    np.testing.assert_allclose(mixing_matrix(L_R_C_LS_RS, target), BS_775[target], atol=1e-4)


def test_mono() -> None:
    """The standard's 0.7071 L + 0.7071 R + C + 0.5 Ls + 0.5 Rs, 3 dB lower: a sound in L and R keeps its level."""
    standard = np.array([HALF, HALF, 1, 0.5, 0.5])[:, None]
    np.testing.assert_allclose(mixing_matrix(L_R_C_LS_RS, MONO), standard * HALF, atol=1e-4)
    np.testing.assert_allclose(mixing_matrix(STEREO, MONO), [[0.5], [0.5]])
    np.testing.assert_allclose(mixing_matrix(MONO, STEREO), [[1, 1]])


@pytest.mark.parametrize("small", [MONO, STEREO, L_R_C, L_R_C_LS_RS])
def test_up_mix_and_back(small: int) -> None:
    up = mixing_matrix(small, L_R_C_LFE_LS_RS)
    assert not up[:, 3].any()  # nothing is invented for the low-frequency channel
    if small not in (MONO,):
        np.testing.assert_allclose(
            up @ np.eye(6)[:, [0, 1, 2, 4, 5][: small & 0xFFFF]], np.eye(small & 0xFFFF)
        )


@needs_ffmpeg
@pytest.mark.parametrize(
    ("tag", "name"),
    [(L_R_C, "3.0"), (L_R_LS_RS, "quad(side)"), (L_R_C_LS_RS, "5.0(side)"), (L_R_C_LFE_LS_RS, "5.1(side)"),
     (WAVE_7_1, "7.1")],
)  # fmt: skip
def test_stereo_agrees_with_ffmpeg(tag: int, name: str) -> None:
    channels = tag & 0xFFFF
    command = [
        "ffmpeg",
        "-v",
        "error",
        "-f",
        "f32le",
        "-ar",
        "48000",
        "-ac",
        str(channels),
        "-channel_layout",
        name,
    ]
    command += ["-i", "-", "-ac", "2", "-f", "f32le", "-"]
    impulses = np.eye(channels, dtype="float32")
    raw = subprocess.run(command, input=impulses.tobytes(), check=True, capture_output=True).stdout
    theirs = np.frombuffer(raw, "<f4").reshape(channels, 2)
    np.testing.assert_allclose(mixing_matrix(tag, STEREO), theirs, atol=1e-4)


# ---- codecs: what goes in comes out, as long and in the same place

LOSSLESS = [
    ("a.m4a", "m4af", AudioFormat.alac(44100, 2)),
    ("a.caf", "caff", AudioFormat.alac(44100, 2)),
    ("a.flac", "flac", AudioFormat.flac(44100, 2)),
    ("f.caf", "caff", AudioFormat.flac(44100, 2)),
    ("f.ogg", "Oggf", AudioFormat.flac(44100, 2)),
]
LOSSY = [
    ("a.m4a", "m4af", AudioFormat.aac(44100, 2)),
    ("a.caf", "caff", AudioFormat.aac(44100, 2)),
    ("o.ogg", "Oggf", AudioFormat.opus(48000, 2)),
    ("o.caf", "caff", AudioFormat.opus(48000, 2)),
    ("v.ogg", "Oggf", AudioFormat.vorbis(44100, 2)),
    ("m.mp3", "MPG3", AudioFormat.mp3(44100, 2)),
    ("i.caf", "caff", AudioFormat.ima4(44100, 2)),
]
LENGTHS = [1, 63, 1024, 20_000, 50_003]


def names(cases: list[tuple[str, str, AudioFormat]]) -> list[str]:
    return [f"{format.format_id.strip()} in {name}" for name, _, format in cases]  # type: ignore[union-attr]


def encode(path: Path, kind: str, format: AudioFormat, sound: Array) -> Path:
    """In blocks of a size that is no packet's."""
    with ExtendedAudioFile.create(path, kind, format) as file:
        file.client_format = AudioFormat.pcm(format.sample_rate, sound.shape[1])
        for at in range(0, len(sound), 4567):
            block = sound[at : at + 4567]
            file.write(len(block), block.tobytes())
    return path


def sixteen_bit(frames: int) -> Array:
    return np.asarray(np.rint(music(frames) * 30000), "<i2")


@needs_ffmpeg
@pytest.mark.parametrize(("name", "kind", "format"), LOSSLESS, ids=names(LOSSLESS))
@pytest.mark.parametrize("frames", LENGTHS)
def test_lossless(tmp_path: Path, name: str, kind: str, format: AudioFormat, frames: int) -> None:
    sound = sixteen_bit(frames)
    path = encode(tmp_path / name, kind, format, sound)
    with AudioFile(path) as file:
        np.testing.assert_array_equal(file.read(dtype="int16"), sound)
    if name != "f.caf" and frames > 1:  # FFmpeg: no FLAC in CAF, one frame in MP4 is PCM
        theirs = decode_with_ffmpeg(path, 2)[:frames]
        np.testing.assert_array_equal(theirs, sound.astype("float32") / 32768)


def delay_of(actual: Array, expected: Array) -> int:
    """By how many frames actual is late, at most 2000 either way."""
    size = 1 << (len(actual) + len(expected)).bit_length()
    product = np.fft.rfft(actual, size) * np.conj(np.fft.rfft(expected, size))
    correlation = np.fft.irfft(product, size)
    return int(max(range(-2000, 2001), key=lambda lag: correlation[lag]))


@needs_ffmpeg
@pytest.mark.parametrize(("name", "kind", "format"), LOSSY, ids=names(LOSSY))
@pytest.mark.parametrize("frames", LENGTHS)
def test_lossy(tmp_path: Path, name: str, kind: str, format: AudioFormat, frames: int) -> None:
    sound = sixteen_bit(frames)
    path = encode(tmp_path / name, kind, format, sound)
    with AudioFile(path) as file:
        ours = file.read(dtype="float32")
    assert len(ours) == frames
    if frames < 10_000:
        return
    expected = sound / 32768
    assert delay_of(ours[:, 0], expected[:, 0]) == 0
    error = np.sqrt(np.mean((ours - expected) ** 2) / np.mean(expected**2))
    assert decibels(float(error)) < -20
    for part in (slice(0, 2000), slice(-2000, None)):  # the ends are sound too, not silence
        assert np.sqrt(np.mean((ours - expected)[part] ** 2) / np.mean(expected[part] ** 2)) < 0.5
