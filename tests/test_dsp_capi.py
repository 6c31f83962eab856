"""The functional API's buffer operations (coremusic._dsp, re-exported by coremusic.capi) against NumPy."""

from __future__ import annotations

import inspect
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

from coremusic import _dsp

F32 = np.float32
rng = np.random.default_rng(1)


def sound(frames: int = 1000, channels: int = 2) -> np.ndarray:
    return rng.uniform(-1, 1, (frames, channels)).astype(F32)


SIZES = [(0, 2), (1, 1), (1, 2), (7, 3), (1000, 1), (1000, 2), (30_000, 2), (513, 7), (3, 1024)]


@pytest.mark.parametrize("size", SIZES)
def test_normalize(size: tuple[int, int]) -> None:
    x = sound(*size)
    y = x.copy()
    assert _dsp.normalize_audio_float32(y, 0.5) is None
    if x.size:
        np.testing.assert_allclose(y, x * (0.5 / np.abs(x).max()), rtol=2e-7)


def test_normalize_defaults_to_nine_tenths() -> None:
    x = np.array([[0.1, -0.3]], F32)
    _dsp.normalize_audio_float32(x)
    assert np.abs(x).max() == F32(0.9)


def test_normalize_leaves_silence_and_ignores_nan() -> None:
    silence = np.zeros((10, 2), F32)
    _dsp.normalize_audio_float32(silence, 0.9)
    assert not silence.any()
    x = np.array([[np.nan, 0.5]], F32)
    _dsp.normalize_audio_float32(x, 1.0)
    assert np.isnan(x[0, 0]) and x[0, 1] == 1.0


def test_normalize_of_an_infinity_is_an_error_and_changes_nothing() -> None:
    x = np.array([[np.inf, 0.5]], F32)
    with pytest.raises(ValueError, match="infinity"):
        _dsp.normalize_audio_float32(x)
    assert x[0, 1] == 0.5
    with pytest.raises(ValueError, match="infinity"):
        _dsp.normalize_audio(x)


def test_normalize_raises_the_quietest_sound_there_is() -> None:
    x = np.array([[1e-45, -3e-42]], F32)
    _dsp.normalize_audio_float32(x, 1.0)
    assert x[0, 1] == pytest.approx(-1.0)


@pytest.mark.parametrize("db", [-100.0, -6.0, 0, 3, 20.5])
@pytest.mark.parametrize("size", SIZES)
def test_gain(size: tuple[int, int], db: float) -> None:
    x = sound(*size)
    y = x.copy()
    assert _dsp.apply_gain_float32(y, db) is None
    np.testing.assert_allclose(y, x * F32(10 ** (db / 20)), rtol=3e-7)


@pytest.mark.parametrize("ratio", [0.0, 0.25, 0.5, 1.0, 2.0])
@pytest.mark.parametrize("size", SIZES)
def test_mix(size: tuple[int, int], ratio: float) -> None:
    a, b, out = sound(*size), sound(*size), sound(*size)
    assert _dsp.mix_audio_float32(out, a, b, ratio) is None
    np.testing.assert_allclose(out, a * F32(1 - ratio) + b * F32(ratio), atol=3e-7)


def test_mix_may_write_over_an_input_and_takes_the_size_from_the_output() -> None:
    a, b = sound(), sound()
    expected = a[:600] * F32(0.25) + b[:600] * F32(0.75)
    _dsp.mix_audio_float32(a[:600], a, b, 0.75)
    np.testing.assert_allclose(a[:600], expected, atol=1e-7)


def test_mix_with_overlapping_memory() -> None:
    base = sound(2000)
    a, b, expected_base = base[:1000], base[500:1500], base.copy()
    _dsp.mix_audio_float32(base[400:1400], a, b, 0.25)
    expected = expected_base[:1000] * F32(0.75) + expected_base[500:1500] * F32(0.25)
    np.testing.assert_allclose(base[400:1400], expected, atol=1e-7)


@pytest.mark.parametrize("size", SIZES)
def test_float_to_int16_drops_the_fraction(size: tuple[int, int]) -> None:
    x = sound(*size) * F32(1.5)
    out = np.empty(size, np.int16)
    assert _dsp.convert_float32_to_int16(x, out) is None
    np.testing.assert_array_equal(out, np.clip(np.trunc(x * F32(32767)), -32768, 32767))


def test_float_to_int16_of_special_values() -> None:
    x = np.array([[np.nan, np.inf, -np.inf, 1.0, -1.0, 1.001, -1.00004, -2, 0.99999, -0.99999]], F32).T
    out = np.empty(x.shape, np.int16)
    _dsp.convert_float32_to_int16(x, out)
    assert out.ravel().tolist() == [0, 32767, -32768, 32767, -32767, 32767, -32768, -32768, 32766, -32766]


def test_int16_to_float_is_exact_for_every_value() -> None:
    x = np.arange(-32768, 32768, dtype=np.int16).reshape(-1, 2)
    out = np.empty(x.shape, F32)
    assert _dsp.convert_int16_to_float32(x, out) is None
    np.testing.assert_array_equal(out, x / F32(32768))


@pytest.mark.parametrize("frames", [0, 1, 15, 1000, 30_000])
def test_mono_and_stereo(frames: int) -> None:
    x = sound(frames)
    mono, stereo = np.empty(frames, F32), np.empty((frames, 2), F32)
    assert _dsp.stereo_to_mono_float32(x, mono) is None
    np.testing.assert_array_equal(mono, (x[:, 0] + x[:, 1]) * F32(0.5))
    assert _dsp.mono_to_stereo_float32(mono, stereo) is None
    np.testing.assert_array_equal(stereo, np.stack([mono, mono], 1))


@pytest.mark.parametrize("length", [-5, 0, 1, 3, 999, 1000, 5000])
@pytest.mark.parametrize("channels", [1, 2, 3])
def test_fades(length: int, channels: int) -> None:
    x = sound(1000, channels)
    n = max(0, min(length, 1000))
    ramp = (np.arange(n) / max(n, 1))[:, None]
    risen, fallen = x.copy(), x.copy()
    assert _dsp.apply_fade_in_float32(risen, length) is None
    assert _dsp.apply_fade_out_float32(fallen, length) is None
    np.testing.assert_allclose(risen, np.concatenate([x[:n] * ramp, x[n:]]), rtol=2e-7)
    np.testing.assert_allclose(fallen, np.concatenate([x[: 1000 - n], x[1000 - n :] * (1 - ramp)]), rtol=1e-6)
    if n:
        assert not risen[0].any()
        np.testing.assert_array_equal(fallen[1000 - n], x[1000 - n])


@pytest.mark.parametrize("size", SIZES)
def test_levels(size: tuple[int, int]) -> None:
    x = sound(*size)
    rms = np.sqrt(np.mean(x.astype(float) ** 2)) if x.size else 0.0
    peak = np.abs(x).max() if x.size else 0.0
    for function in (_dsp.calculate_rms_float32, _dsp.calculate_rms):
        assert function(x) == pytest.approx(rms, rel=1e-12)
    for function in (_dsp.calculate_peak_float32, _dsp.calculate_peak):
        assert function(x) == peak


def test_levels_of_nan() -> None:
    x = np.array([[0.5, np.nan], [-0.75, 0.1]], F32)
    assert _dsp.calculate_peak_float32(x) == 0.75
    assert np.isnan(_dsp.calculate_rms_float32(x))


@pytest.mark.parametrize("view", ["step", "reverse", "columns", "transpose", "read-only"])
def test_levels_read_any_layout(view: str) -> None:
    x = sound(999, 4)
    y = {"step": x[::3], "reverse": x[::-1], "columns": x[:, 1:3], "transpose": x.T, "read-only": x}[view]
    y.flags.writeable = False
    assert _dsp.calculate_peak_float32(y) == np.abs(y).max()
    assert _dsp.calculate_rms_float32(y) == pytest.approx(np.sqrt(np.mean(y.astype(float) ** 2)))


# The wrappers: any type of array, new results.


@pytest.mark.parametrize(
    "dtype", ["float32", "float64", "int16", "uint8", "float16", "int64", ">f4", ">i2", "bool"]
)
def test_wrappers_cast_without_scaling(dtype: str) -> None:
    x = (sound(500, 2) * 100).astype(dtype)
    single = x.astype(F32)
    kept = x.copy()
    assert _dsp.calculate_peak(x) == np.abs(single).max()
    assert _dsp.calculate_rms(x) == pytest.approx(np.sqrt(np.mean(single.astype(float) ** 2)))
    louder = _dsp.apply_gain(x, 6.0)
    assert louder.dtype == F32
    np.testing.assert_allclose(louder, single * F32(10 ** (6 / 20)), rtol=3e-7)
    level = _dsp.normalize_audio(x, 0.5)
    np.testing.assert_allclose(level, single * (0.5 / np.abs(single).max()), rtol=3e-7)
    np.testing.assert_array_equal(x, kept)


def test_wrappers_make_two_dimensions() -> None:
    x = sound(10, 1)[:, 0]
    assert _dsp.normalize_audio(x).shape == (10, 1)
    assert _dsp.apply_gain(x, 0).shape == (10, 1)
    assert _dsp.apply_gain(x, gain_db=0).shape == (10, 1)


@pytest.mark.parametrize(
    "function",
    [_dsp.normalize_audio, lambda x: _dsp.apply_gain(x, 1.0), _dsp.calculate_rms, _dsp.calculate_peak],
)
def test_wrappers_refuse(function: Callable[[Any], Any]) -> None:
    with pytest.raises(ValueError, match="dimensions"):
        function(np.zeros((2, 2, 2), F32))
    with pytest.raises(ValueError, match="dimensions"):
        function(np.float32(1))
    for wrong in ([0.5], None, b"1234", memoryview(b"1234"), 5):
        with pytest.raises(AttributeError):
            function(wrong)
    with pytest.raises(TypeError, match="complex64"):
        function(np.ones(4, np.complex64))


def test_gain_by_factor_works_in_place() -> None:
    for x in (sound(), sound(100, 1)[:, 0], sound()[::2, 1]):
        expected = x * F32(0.8)
        assert _dsp.apply_gain(x, gain=0.8) is x
        np.testing.assert_array_equal(x, expected)


def test_gain_by_factor_copies_what_it_cannot_change() -> None:
    fixed = sound()
    fixed.flags.writeable = False
    for x in (fixed, sound().astype(float), (sound(50, 1)[:, 0] * 100).astype(np.int16)):
        result = _dsp.apply_gain(x, gain=0.5)
        assert result is not x and result.shape == x.shape and result.dtype == F32
        np.testing.assert_allclose(result, x.astype(F32) * F32(0.5))


def test_gain_wants_exactly_one() -> None:
    x = sound()
    for arguments in ({}, {"gain_db": 1.0, "gain": 1.0}):
        with pytest.raises(TypeError, match="either gain_db or gain"):
            _dsp.apply_gain(x, **arguments)
    with pytest.raises(TypeError):
        _dsp.apply_gain(x, 1.0, 2.0)


def test_mix_stereo_buffers() -> None:
    left, right = sound(100, 1), sound(100, 1)[:, 0]
    for pan, gains in ((0.5, (1, 1)), (0, (1, 0)), (1, (0, 1)), (0.75, (0.5, 1)), (0.1, (1, 0.2))):
        result = _dsp.mix_stereo_buffers(left, right, pan=pan)
        assert result.shape == (100, 2) and result.dtype == F32
        np.testing.assert_allclose(
            result, np.stack([left[:, 0] * F32(gains[0]), right * F32(gains[1])], 1), rtol=1e-6
        )
    np.testing.assert_array_equal(_dsp.mix_stereo_buffers(left, right), np.stack([left[:, 0], right], 1))


def test_mix_stereo_buffers_refuses() -> None:
    x = sound(10, 1)
    for pan in (-0.1, 1.1, float("nan")):
        with pytest.raises(ValueError, match="pan"):
            _dsp.mix_stereo_buffers(x, x, pan)
    for left, right in ((x, x[:9]), (sound(10, 2), x), (x.astype(float), x), (x, np.zeros((10, 1, 1), F32))):
        with pytest.raises(ValueError):
            _dsp.mix_stereo_buffers(left, right)
    with pytest.raises(TypeError):
        _dsp.mix_stereo_buffers([0.0], x)


@pytest.mark.parametrize("shape", [(3,), (1000,), (1000, 2)])
def test_apply_fades_in_place(shape: tuple[int, ...]) -> None:
    x = rng.uniform(-1, 1, shape).astype(F32)
    n = min(100, shape[0])
    ramp = (np.arange(n) / n).reshape(-1, *[1] * (len(shape) - 1))
    risen, fallen = x.copy(), x.copy()
    assert _dsp.apply_fade_in(risen, fade_samples=100) is risen
    assert _dsp.apply_fade_out(fallen, fade_frames=100) is fallen
    np.testing.assert_allclose(risen[:n], x[:n] * ramp, rtol=2e-7)
    np.testing.assert_allclose(fallen[-n:], x[-n:] * (1 - ramp), rtol=1e-6)
    np.testing.assert_array_equal(risen[n:], x[n:])
    np.testing.assert_array_equal(fallen[:-n], x[:-n])


def test_apply_fades_refuse() -> None:
    x = sound(10)
    for arguments in ({}, {"fade_samples": 1, "fade_frames": 1}):
        with pytest.raises(TypeError, match="either"):
            _dsp.apply_fade_in(x, **arguments)
    fixed = sound(10)
    fixed.flags.writeable = False
    for wrong in (fixed, x.astype(float), x.astype(np.int16), np.zeros((2, 2, 2), F32)):
        with pytest.raises(ValueError):
            _dsp.apply_fade_out(wrong, 3)


# Errors of the operations on buffers.

IN_PLACE: list[tuple[str, Callable[[Any], Any]]] = [
    ("normalize", lambda x: _dsp.normalize_audio_float32(x)),
    ("gain", lambda x: _dsp.apply_gain_float32(x, 1.0)),
    ("fade in", lambda x: _dsp.apply_fade_in_float32(x, 3)),
    ("fade out", lambda x: _dsp.apply_fade_out_float32(x, 3)),
    ("mix", lambda x: _dsp.mix_audio_float32(x, sound(10), sound(10))),
    ("to float", lambda x: _dsp.convert_int16_to_float32(np.zeros((10, 2), np.int16), x)),
    ("to stereo", lambda x: _dsp.mono_to_stereo_float32(np.zeros(10, F32), x)),
]
READING = [("rms", _dsp.calculate_rms_float32), ("peak", _dsp.calculate_peak_float32)]


@pytest.mark.parametrize(
    "function", [f for _, f in IN_PLACE + READING], ids=[n for n, _ in IN_PLACE + READING]
)
def test_wrong_buffers(function: Callable[[Any], Any]) -> None:
    x = sound(10)
    function(x.copy())
    for wrong in (
        x.astype(float),
        x.astype(np.int16),
        x.astype(">f4"),
        x[:, 0].copy(),
        np.zeros((2, 2, 2), F32),
    ):
        with pytest.raises(ValueError):
            function(wrong)
    for wrong in (None, [[0.5, 0.5]], 3, "text"):
        with pytest.raises(TypeError):
            function(wrong)


@pytest.mark.parametrize("function", [f for _, f in IN_PLACE], ids=[n for n, _ in IN_PLACE])
def test_buffers_that_cannot_be_written(function: Callable[[Any], Any]) -> None:
    x = sound(20)
    with pytest.raises(ValueError):
        function(x[::2])
    with pytest.raises(BufferError):
        function(memoryview(x)[::2])
    x = sound(10)
    with pytest.raises(BufferError):
        function(memoryview(x).toreadonly())
    x.flags.writeable = False
    with pytest.raises(ValueError):
        function(x)


def test_shapes_must_agree() -> None:
    x, mono = sound(10), np.zeros(10, F32)
    i16 = np.zeros((10, 2), np.int16)
    calls: list[Callable[[], Any]] = [
        lambda: _dsp.mix_audio_float32(x, sound(9), x),
        lambda: _dsp.mix_audio_float32(x, x, sound(10, 3)),
        lambda: _dsp.convert_float32_to_int16(sound(11), i16),
        lambda: _dsp.convert_float32_to_int16(sound(10, 1), i16),
        lambda: _dsp.convert_int16_to_float32(i16, sound(9)),
        lambda: _dsp.stereo_to_mono_float32(sound(10, 3), mono),
        lambda: _dsp.stereo_to_mono_float32(sound(10, 1), mono),
        lambda: _dsp.stereo_to_mono_float32(sound(11), mono),
        lambda: _dsp.stereo_to_mono_float32(x, sound(10, 1)),
        lambda: _dsp.mono_to_stereo_float32(mono, sound(10, 3)),
        lambda: _dsp.mono_to_stereo_float32(mono, sound(9)),
        lambda: _dsp.mono_to_stereo_float32(x, x),
    ]
    for call in calls:
        with pytest.raises(ValueError):
            call()


def test_numbers() -> None:
    x = sound(10)
    for wrong in ("1", None, [1]):
        with pytest.raises(TypeError):
            _dsp.apply_gain_float32(x, wrong)
        with pytest.raises(TypeError):
            _dsp.apply_fade_in_float32(x, wrong)
    for large in (2**31, -(2**31) - 1, 2**70):
        with pytest.raises(OverflowError):
            _dsp.apply_fade_in_float32(x, large)
    y = x.copy()
    _dsp.apply_fade_in_float32(y, 2.9)  # floats lose their fraction
    np.testing.assert_array_equal(y[1], x[1] * F32(0.5))


@pytest.mark.parametrize(
    ("name", "signature"),
    [
        ("normalize_audio_float32", "(audio_data, target_peak=0.9)"),
        ("apply_gain_float32", "(audio_data, gain_db)"),
        ("mix_audio_float32", "(output, input1, input2, mix_ratio=0.5)"),
        ("convert_float32_to_int16", "(float_data, int_data)"),
        ("convert_int16_to_float32", "(int_data, float_data)"),
        ("stereo_to_mono_float32", "(stereo_data, mono_data)"),
        ("mono_to_stereo_float32", "(mono_data, stereo_data)"),
        ("apply_fade_in_float32", "(audio_data, fade_frames)"),
        ("apply_fade_out_float32", "(audio_data, fade_frames)"),
        ("calculate_rms_float32", "(audio_data)"),
        ("calculate_peak_float32", "(audio_data)"),
        ("normalize_audio", "(audio_data, target_peak=0.9)"),
        ("apply_gain", "(audio_data, gain_db=None, *, gain=None)"),
        ("calculate_rms", "(audio_data)"),
        ("calculate_peak", "(audio_data)"),
        ("mix_stereo_buffers", "(left, right, pan=0.5)"),
        ("apply_fade_in", "(audio_data, fade_samples=None, *, fade_frames=None)"),
        ("apply_fade_out", "(audio_data, fade_samples=None, *, fade_frames=None)"),
    ],
)
def test_signatures(name: str, signature: str) -> None:
    function = getattr(_dsp, name)
    assert str(inspect.signature(function)) == signature
    with pytest.raises(TypeError, match="unexpected keyword"):
        function(audio=1)


def test_keywords() -> None:
    x = sound(10)
    _dsp.normalize_audio_float32(audio_data=x, target_peak=0.1)
    _dsp.mix_audio_float32(output=x, input1=x, input2=x, mix_ratio=0.1)
    _dsp.apply_fade_in_float32(fade_frames=3, audio_data=x)
    _dsp.convert_float32_to_int16(float_data=x, int_data=np.empty((10, 2), np.int16))
