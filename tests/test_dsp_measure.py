"""peak, rms, true_peak, loudness, normalize, LevelMeter against SciPy, pyloudnorm, FFmpeg and EBU Tech 3341."""

from __future__ import annotations

import re
import shutil
import subprocess
import threading
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import soundfile
from scipy import signal

from coremusic import dsp

rng = np.random.default_rng(4)
REALS = ["float32", "float64"]
SHAPES = [(0,), (1,), (10,), (31, 1), (1000, 2), (5000, 3), (100, 40), (40_000, 2), (3, 1024), (10, 0)]


def sound(shape: tuple[int, ...], dtype: str = "float64") -> np.ndarray:
    return rng.uniform(-1, 1, shape).astype(dtype)


def by_channel(x: np.ndarray) -> np.ndarray:
    return x.reshape(len(x), -1) if x.size else np.zeros((0, x.shape[1] if x.ndim == 2 else 1))


# peak, rms


@pytest.mark.parametrize("dtype", REALS)
@pytest.mark.parametrize("shape", SHAPES)
def test_peak_and_rms(shape: tuple[int, ...], dtype: str) -> None:
    x = sound(shape, dtype)
    columns = by_channel(x).astype(float)
    peaks = np.abs(columns).max(axis=0, initial=0)
    powers = (columns**2).sum(axis=0) / max(1, len(columns))
    assert dsp.peak(x) == peaks.max(initial=0)
    assert dsp.peak(x, per_channel=True) == tuple(peaks)
    assert dsp.rms(x) == pytest.approx(np.sqrt(powers.mean()) if powers.size else 0, rel=1e-12)
    assert dsp.rms(x, per_channel=True) == pytest.approx(tuple(np.sqrt(powers)), rel=1e-12)
    assert isinstance(dsp.peak(x, per_channel=True), tuple)


def test_peak_and_rms_of_special_values() -> None:
    x = np.array([[0.5, np.nan], [-0.25, -0.75]], np.float32)
    assert dsp.peak(x, per_channel=True) == (0.5, 0.75)
    left, right = dsp.rms(x, per_channel=True)
    assert left == pytest.approx(np.sqrt(0.15625)) and np.isnan(right) and np.isnan(dsp.rms(x))
    assert dsp.peak(np.array([1.0, -np.inf])) == np.inf
    assert dsp.peak(np.full(100, np.nan)) == 0


@pytest.mark.parametrize("function", [dsp.peak, dsp.rms, dsp.true_peak])
def test_levels_of_strides(function: Any) -> None:
    x = sound((3000, 6))
    for view in (x[::3], x[::-1], x[:, 1::2], x[:, 2], x.T[:, :1000].T, np.broadcast_to(x[:, :1], (3000, 4))):
        assert function(view) == pytest.approx(function(np.ascontiguousarray(view)), rel=1e-12)
    odd = np.zeros(801, np.uint8)[1:].view(np.float64)
    odd[:] = x[:100, 0]
    assert function(odd) == pytest.approx(function(x[:100, 0].copy()), rel=1e-12)


# true peak

# ITU-R BS.1770-4, Annex 2: two of the four phases in units of 2^-13; the others are these backwards.
PHASES = np.array(
    [
        [14, 90, -161, 272, -487, 1125, 7964, -838, 390, -218, 122, -68],
        [-239, 240, -424, 730, -1364, 3810, 6388, -1641, 832, -477, 271, -155],
    ]
)
FILTER = np.stack([*PHASES, *PHASES[::-1, ::-1]], axis=1).ravel() / 8192


def oversampled_peak(x: np.ndarray) -> float:
    return max(np.abs(signal.upfirdn(FILTER, x, 4)).max(initial=0), np.abs(x).max(initial=0))


@pytest.mark.parametrize("dtype", REALS)
@pytest.mark.parametrize("frames", [0, 1, 5, 11, 12, 2036, 2037, 2038, 2048, 4074, 10_000])
def test_true_peak_is_the_standards_filter(frames: int, dtype: str) -> None:
    for _ in range(5):
        x = sound((frames, 2), dtype) * (np.arange(frames) < rng.integers(1, frames + 2))[:, None].astype(
            dtype
        )
        expected = tuple(oversampled_peak(c.astype(float)) for c in x.T)
        tolerance = 1e-12 if dtype == "float64" else 1e-6
        assert dsp.true_peak(x, per_channel=True) == pytest.approx(expected, rel=tolerance)
        assert dsp.true_peak(x) == pytest.approx(max(expected), rel=tolerance)


def test_true_peak_where_the_loudest_block_comes_late_or_early() -> None:
    for at in (0, 2030, 2040, 19_990):
        x = sound((20_000,)) * 0.01
        x[at : at + 8] = 0.9, -0.9, -0.9, 0.9, 0.9, -0.9, -0.9, 0.9
        assert dsp.true_peak(x) == pytest.approx(oversampled_peak(x), rel=1e-12)


@pytest.mark.parametrize(("case", "divisor", "degrees", "amplitude", "expected"), [
    (15, 4, 0.0, 0.5, -6.0), (16, 4, 45.0, 0.5, -6.0), (17, 6, 60.0, 0.5, -6.0), (18, 8, 67.5, 0.5, -6.0),
    (19, 4, 45.0, 1.41, 3.0),
])  # fmt: skip
def test_ebu_tech_3341_true_peak(
    case: int, divisor: int, degrees: float, amplitude: float, expected: float
) -> None:
    n = np.arange(48_000 * 2)
    x = amplitude * np.sin(2 * np.pi * n / divisor + np.radians(degrees))
    fade = np.minimum(1, np.minimum(n, n[::-1]) / 2400)
    level = 20 * np.log10(dsp.true_peak(np.stack([x * fade] * 2, axis=1)))
    assert expected - 0.4 <= level <= expected + 0.2


def test_true_peak_of_special_values() -> None:
    assert dsp.true_peak(np.zeros(100)) == 0
    assert dsp.true_peak(np.array([0.0, np.inf, 0.5])) == np.inf
    x = np.full(100, 0.25)
    x[50] = np.nan
    assert 0.25 <= dsp.true_peak(x) < 0.3


# loudness

STANDARD_SHELF = (
    [1.53512485958697, -2.69169618940638, 1.19839281085285],
    [1, -1.69065929318241, 0.73248077421585],
)
STANDARD_HIGH_PASS = [1.0, -2.0, 1.0], [1, -1.99004745483398, 0.99007225036621]


def reference_loudness(x: np.ndarray, weights: list[float]) -> float:
    """BS.1770 at 48 kHz, as its text says, with its printed coefficients."""
    y = signal.lfilter(*STANDARD_HIGH_PASS, signal.lfilter(*STANDARD_SHELF, x, axis=0), axis=0)
    starts = range(0, len(x) - 19_200 + 1, 4800)
    z = np.array([(y[s : s + 19_200] ** 2).mean(axis=0) for s in starts]).reshape(-1, x.shape[1])
    power = z @ np.array(weights)
    with np.errstate(divide="ignore"):
        level = -0.691 + 10 * np.log10(power)
        passed = level > -70
        if not passed.any():
            return -np.inf
        gate = -0.691 + 10 * np.log10(power[passed].mean()) - 10
        return float(-0.691 + 10 * np.log10(power[passed & (level > gate)].mean()))


@pytest.fixture(autouse=True)
def same_noise() -> None:
    """Every test sees the same numbers, whichever others ran before it."""
    global rng
    rng = np.random.default_rng(4)


def varied(seconds: float, channels: int, rate: int = 48_000, lowest: float = -90) -> np.ndarray:
    """Coloured noise whose level moves enough for both gates to work."""
    frames = int(seconds * rate)
    x = signal.lfilter([0.1], [1, -0.9], rng.standard_normal((frames, channels)), axis=0)
    steps = 10 ** (rng.uniform(lowest, 0, int(seconds / 0.7) + 1) / 20)
    return x * np.repeat(steps, int(0.7 * rate) + 1)[:frames, None]


@pytest.mark.parametrize("channels", [1, 2, 3, 4, 5, 6])
def test_loudness_is_the_standards_text(channels: int) -> None:
    usual = {4: [1, 1, 1.41, 1.41], 5: [1, 1, 1, 1.41, 1.41], 6: [1, 1, 1, 0, 1.41, 1.41]}
    weights = usual.get(channels, [1] * channels)
    for seconds in (0.41, 0.55, 3.33, 8):
        x = varied(seconds, channels)
        assert dsp.loudness(x, 48_000) == pytest.approx(reference_loudness(x, weights), abs=1e-9)
        single = x.astype(np.float32)
        assert dsp.loudness(single, 48_000) == pytest.approx(reference_loudness(single, weights), abs=1e-9)
    own = list(rng.uniform(0, 2, channels))
    assert dsp.loudness(x, 48_000, weights=own) == pytest.approx(reference_loudness(x, own), abs=1e-9)


def test_loudness_of_one_channel_and_of_strides() -> None:
    x = varied(5, 4)
    level = reference_loudness(x[:, 1:2], [1])
    assert dsp.loudness(x[:, 1], 48_000) == pytest.approx(level, abs=1e-9)
    planes = np.ascontiguousarray(x.T)
    assert dsp.loudness(planes.T, 48_000) == pytest.approx(dsp.loudness(x, 48_000), abs=1e-9)


@pytest.mark.parametrize("rate", [8000, 11_025, 22_050, 44_100, 48_000, 88_200, 96_000, 192_000])
def test_loudness_agrees_with_pyloudnorm(rate: int) -> None:
    pyloudnorm = pytest.importorskip("pyloudnorm")
    x = varied(8, 2, rate)
    meter = pyloudnorm.Meter(rate, filter_class="DeMan")
    assert dsp.loudness(x, rate) == pytest.approx(meter.integrated_loudness(x), abs=0.02)


def ffmpeg_ebur128(path: Path) -> tuple[float, float]:
    """Integrated loudness (LUFS) and true peak (dBFS), one decimal each."""
    command = [
        "ffmpeg",
        "-hide_banner",
        "-nostats",
        "-i",
        str(path),
        "-af",
        "ebur128=peak=true",
        "-f",
        "null",
        "-",
    ]
    text = subprocess.run(command, capture_output=True, text=True, check=True).stderr.rsplit("Summary:", 1)[1]
    integrated = re.search(r"I:\s+(\S+) LUFS", text)
    peak = re.search(r"Peak:\s+(\S+) dBFS", text)
    assert integrated and peak
    return float(integrated[1]), float(peak[1])


@pytest.mark.skipif(not shutil.which("ffmpeg"), reason="needs the ffmpeg program")
@pytest.mark.parametrize(("rate", "channels"), [(44_100, 1), (44_100, 2), (48_000, 2), (96_000, 2)])
def test_loudness_and_true_peak_agree_with_ffmpeg(rate: int, channels: int, tmp_path: Path) -> None:
    x = (varied(12, channels, rate) * 0.2).astype(np.float32)
    soundfile.write(tmp_path / "a.wav", x, rate, subtype="FLOAT")
    integrated, peak = ffmpeg_ebur128(tmp_path / "a.wav")
    assert dsp.loudness(x, rate) == pytest.approx(integrated, abs=0.06)
    # FFmpeg's own resampler goes to 192 kHz; the standard's short filter may differ by half a decibel on noise.
    assert 20 * np.log10(dsp.true_peak(x)) == pytest.approx(peak, abs=0.5)


def tones(*parts: tuple[float, float], channels: int = 2, rate: int = 48_000) -> np.ndarray:
    """Stereo 1 kHz sines one after another: (peak level in dBFS, seconds)."""
    x = np.concatenate([np.full(int(round(s * rate)), 10 ** (level / 20)) for level, s in parts])
    return np.repeat((x * np.sin(2 * np.pi * 1000 * np.arange(len(x)) / rate))[:, None], channels, axis=1)


@pytest.mark.parametrize(("case", "parts", "expected"), [
    (1, [(-23, 20)], -23.0),
    (2, [(-33, 20)], -33.0),
    (3, [(-36, 10), (-23, 60), (-36, 10)], -23.0),
    (4, [(-72, 10), (-36, 10), (-23, 60), (-36, 10), (-72, 10)], -23.0),
    (5, [(-26, 20), (-20, 20.1), (-26, 20)], -23.0),
])  # fmt: skip
@pytest.mark.parametrize("rate", [44_100, 48_000])
def test_ebu_tech_3341_loudness(
    case: int, parts: list[tuple[float, float]], expected: float, rate: int
) -> None:
    assert dsp.loudness(tones(*parts, rate=rate), rate) == pytest.approx(expected, abs=0.1)


def test_ebu_tech_3341_five_channels() -> None:
    levels = np.array([-28, -28, -24, -30, -30])
    x = tones((0, 20), channels=5) * 10 ** (levels / 20)
    assert dsp.loudness(x, 48_000) == pytest.approx(-23.0, abs=0.1)
    with_lfe = np.insert(x, 3, 1.0, axis=1)
    assert dsp.loudness(with_lfe, 48_000) == pytest.approx(-23.0, abs=0.1)


def test_loudness_of_a_full_scale_sine() -> None:
    """BS.1770: 0 dB FS at 997 Hz in one front channel reads -3.01 LKFS."""
    x = np.sin(2 * np.pi * 997 * np.arange(48_000 * 5) / 48_000)
    assert dsp.loudness(x, 48_000) == pytest.approx(-3.01, abs=0.005)


def test_loudness_of_silence_short_sounds_and_special_values() -> None:
    assert dsp.loudness(np.zeros((48_000, 2)), 48_000) == -np.inf
    assert dsp.loudness(np.full(19_199, 0.5), 48_000) == -np.inf
    assert dsp.loudness(sound((19_200,)), 48_000) > -20
    assert dsp.loudness(np.zeros((0, 2)), 48_000) == -np.inf
    for special in (np.nan, np.inf):
        x = tones((-20, 2))
        x[7000, 1] = special
        assert np.isnan(dsp.loudness(x, 48_000))
        assert dsp.loudness(x, 48_000, weights=[1, 0]) == pytest.approx(-23, abs=0.1)


@pytest.mark.parametrize(
    ("arguments", "error"),
    [
        ({"sample_rate": 7999}, ValueError),
        ({"sample_rate": 1e9}, ValueError),
        ({"sample_rate": np.nan}, ValueError),
        ({"sample_rate": "48000"}, TypeError),
        ({"sample_rate": 48_000, "weights": [1]}, ValueError),
        ({"sample_rate": 48_000, "weights": [1, -1]}, ValueError),
        ({"sample_rate": 48_000, "weights": [1, np.inf]}, ValueError),
        ({"sample_rate": 48_000, "weights": 1}, TypeError),
    ],
)
def test_loudness_refuses(arguments: dict[str, Any], error: type[Exception]) -> None:
    with pytest.raises(error):
        dsp.loudness(np.zeros((100, 2)), **arguments)


def test_loudness_of_many_channels_needs_weights() -> None:
    x = varied(2, 9)
    with pytest.raises(ValueError, match="weights must be given for data of 9 channels"):
        dsp.loudness(x, 48_000)
    assert dsp.loudness(x, 48_000, weights=[1] * 9) == pytest.approx(reference_loudness(x, [1] * 9), abs=1e-9)


# normalize


@pytest.mark.parametrize("dtype", REALS)
def test_normalize_reaches_its_target(dtype: str) -> None:
    x = (varied(5, 2, lowest=-30) * 0.3).astype(dtype)  # the gate at -70 LUFS has no say
    assert dsp.peak(dsp.normalize(x, peak=0.7)) == pytest.approx(0.7, rel=1e-6)
    assert dsp.true_peak(dsp.normalize(x, true_peak=0.7)) == pytest.approx(0.7, rel=1e-6)
    assert dsp.loudness(dsp.normalize(x, lufs=-16, sample_rate=48_000), 48_000) == pytest.approx(
        -16, abs=1e-3
    )
    louder = dsp.normalize(x, lufs=-16, sample_rate=48_000, weights=[1, 0])
    assert dsp.loudness(louder[:, 0], 48_000) == pytest.approx(-16, abs=1e-3)
    np.testing.assert_allclose(dsp.normalize(x, peak=0.7), x * (0.7 / np.abs(x).max()), rtol=1e-6)


def test_normalize_keeps_silence() -> None:
    silence = np.zeros((48_000, 2))
    for arguments in ({"peak": 0.5}, {"true_peak": 0.5}, {"lufs": -16.0, "sample_rate": 48_000}):
        np.testing.assert_array_equal(dsp.normalize(silence, **arguments), silence)


@pytest.mark.parametrize(
    ("arguments", "error"),
    [
        ({}, TypeError),
        ({"peak": 1, "lufs": -10, "sample_rate": 48_000}, TypeError),
        ({"lufs": -10}, TypeError),
        ({"peak": -1}, ValueError),
        ({"peak": np.inf}, ValueError),
        ({"true_peak": np.nan}, ValueError),
        ({"lufs": np.nan, "sample_rate": 48_000}, ValueError),
        ({"peak": "1"}, TypeError),
    ],
)
def test_normalize_refuses(arguments: dict[str, Any], error: type[Exception]) -> None:
    with pytest.raises(error):
        dsp.normalize(tones((-20, 1)), **arguments)


def test_normalize_of_special_values() -> None:
    x = tones((-20, 1))
    x[100, 0] = np.nan
    assert np.nanmax(np.abs(dsp.normalize(x, peak=0.5))) == pytest.approx(0.5)
    with pytest.raises(ValueError, match="NaN"):
        dsp.normalize(x, lufs=-10, sample_rate=48_000)
    x[100, 0] = np.inf
    for arguments in ({"peak": 0.5}, {"true_peak": 0.5}, {"lufs": -10.0, "sample_rate": 48_000}):
        kept = x.copy()
        with pytest.raises(ValueError, match="infinity"):
            dsp.normalize(x, out=x, **arguments)
        np.testing.assert_array_equal(x, kept)


@pytest.mark.parametrize("shape", [(4_500_001,), (2_300_001, 2), (150_001, 40)])
@pytest.mark.parametrize("threads", ["1", "4"])
def test_large_signals_are_measured_in_pieces(
    shape: tuple[int, ...], threads: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("COREMUSIC_THREADS", threads)
    x = np.random.default_rng(3).uniform(-0.5, 0.5, shape).astype(np.float32)
    x[len(x) - 1] = 0.75  # in the last, short piece
    wide = x.astype(float).reshape(len(x), -1)
    np.testing.assert_array_equal(dsp.peak(x, per_channel=True), np.abs(wide).max(axis=0))
    rms = np.sqrt(np.mean(wide**2, axis=0))
    np.testing.assert_allclose(dsp.rms(x, per_channel=True), rms, rtol=1e-12)


# LevelMeter


def in_pieces(meter: dsp.LevelMeter, x: np.ndarray) -> None:
    at = 0
    while at < len(x):
        frames = int(rng.choice([0, 1, 5, 11, 12, 100, 4800, 7777, 50_000]))
        meter.add(x[at : at + frames])
        at += frames


@pytest.mark.parametrize("dtype", REALS)
@pytest.mark.parametrize("channels", [1, 2, 4])
def test_a_meter_tells_of_the_pieces_what_the_standard_tells_of_the_whole(channels: int, dtype: str) -> None:
    x = varied(8, channels).astype(dtype)
    wide = x.astype(float)
    tolerance = 1e-12 if dtype == "float64" else 1e-6
    meter = dsp.LevelMeter(channels, 48_000)
    in_pieces(meter, x[:, 0] if channels == 1 else x)
    assert meter.frames == len(x)
    assert meter.peak() == abs(wide).max() and meter.peak(per_channel=True) == tuple(abs(wide).max(axis=0))
    assert meter.rms() == pytest.approx(np.sqrt((wide**2).mean()), rel=tolerance)
    assert meter.rms(per_channel=True) == pytest.approx(np.sqrt((wide**2).mean(axis=0)), rel=tolerance)
    over = [oversampled_peak(c) for c in wide.T]
    assert meter.true_peak(per_channel=True) == pytest.approx(over, rel=tolerance)
    assert meter.true_peak() == pytest.approx(max(over), rel=tolerance)
    weights = [1, 1, 1.41, 1.41][:channels]
    assert meter.loudness() == pytest.approx(reference_loudness(wide, weights), abs=1e-9)


def test_a_meter_can_be_read_between_pieces() -> None:
    x = varied(5, 1)
    meter = dsp.LevelMeter(1, 48_000)
    assert meter.peak() == meter.rms() == meter.true_peak() == 0 and meter.loudness() == -np.inf
    for at in range(0, len(x), 9600):
        meter.add(x[at : at + 9600])
        assert meter.true_peak() == pytest.approx(oversampled_peak(x[: at + 9600, 0]), rel=1e-12)
    assert meter.loudness() == pytest.approx(reference_loudness(x, [1]), abs=1e-9)


def test_a_meter_looks_back_over_pieces_shorter_than_its_filter() -> None:
    for size in (1, 2, 5, 11, 12):
        x = sound((100,)) * 0.01
        x[40:48] = 0.9, -0.9, -0.9, 0.9, 0.9, -0.9, -0.9, 0.9
        meter = dsp.LevelMeter(1, 48_000)
        for at in range(0, 100, size):
            meter.add(x[at : at + size])
        assert meter.true_peak() == pytest.approx(oversampled_peak(x), rel=1e-12)


def test_a_meter_with_rubbish() -> None:
    for bad in (0, -1, 1025, 2**32):
        with pytest.raises((ValueError, OverflowError)):
            dsp.LevelMeter(bad, 48_000)
    for options in ({"weights": [1]}, {"weights": [1, -1]}, {"weights": 3}):
        with pytest.raises((ValueError, TypeError)):
            dsp.LevelMeter(2, 48_000, **options)
    meter = dsp.LevelMeter(2, 48_000)
    for bad in (
        np.zeros(4),
        np.zeros((4, 3)),
        np.zeros((4, 2), np.int16),
        b"1234",
        None,
        np.zeros((2, 2, 2)),
    ):
        with pytest.raises((ValueError, TypeError)):
            meter.add(bad)
    assert meter.frames == 0
    meter.add(np.array([[np.nan, np.inf]]))
    assert meter.peak(per_channel=True) == (0, np.inf) and np.isnan(meter.rms(per_channel=True)[0])
    for channels, rate in ((8, 48_000), (1, 100)):
        undefined = dsp.LevelMeter(channels, rate)
        undefined.add(np.full((10, channels), 0.5))
        with pytest.raises(ValueError):
            undefined.loudness()
        assert undefined.peak() == 0.5


def test_two_threads_on_one_meter() -> None:
    """Each piece is added whole or refused."""
    meter, x, added, refused = dsp.LevelMeter(1, 48_000), varied(10, 1), list[int](), list[str]()

    def add() -> None:
        while not refused or len(added) < 5:
            try:
                meter.add(x)
                added.append(len(x))
            except RuntimeError as error:
                refused.append(str(error))

    threads = [threading.Thread(target=add) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert meter.frames == sum(added) and set(refused) == {"another thread is adding to this meter"}
    assert meter.rms() == pytest.approx(np.sqrt((x**2).mean()))
