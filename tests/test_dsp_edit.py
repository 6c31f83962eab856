"""gain, mix, pan, clip, fades, crossfade, remove_dc, reverse and (de)interleave against NumPy."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

from coremusic import dsp

rng = np.random.default_rng(2)
REALS = ["float32", "float64"]
SHAPES = [
    (0,),
    (1,),
    (1000,),
    (0, 2),
    (1, 2),
    (5000, 1),
    (5000, 2),
    (700, 3),
    (300, 17),
    (5, 1024),
    (40_000, 2),
]
# A power of ten on either side is within one unit of float64's last place (NumPy's differs from one kind of processor
# to another), its rounding to float32 and each product within half a unit: 2 units of float32 and 3 of float64.
EPS = {"float32": 2.5e-7, "float64": 7e-16}


def sound(shape: tuple[int, ...], dtype: str = "float32") -> np.ndarray:
    return rng.uniform(-1, 1, shape).astype(dtype)


def columns(values: Any, x: np.ndarray) -> np.ndarray:
    """One value for each frame, to multiply x with."""
    return np.asarray(values).reshape(-1, *[1] * (x.ndim - 1))


# gain and clip


@pytest.mark.parametrize("dtype", REALS)
@pytest.mark.parametrize("shape", SHAPES)
def test_gain(shape: tuple[int, ...], dtype: str) -> None:
    x = sound(shape, dtype)
    kept = x.copy()
    for result, factor in ((dsp.gain(x, db=-7.5), 10 ** (-7.5 / 20)), (dsp.gain(x, linear=-1.3), -1.3)):
        assert result.dtype == x.dtype and result.shape == x.shape
        np.testing.assert_allclose(result, x * np.dtype(dtype).type(factor), rtol=EPS[dtype])
    np.testing.assert_array_equal(x, kept)
    assert dsp.gain(x, linear=0.5, out=x) is x
    np.testing.assert_array_equal(x, kept * np.dtype(dtype).type(0.5))


@pytest.mark.parametrize("dtype", REALS)
@pytest.mark.parametrize("channels", [1, 2, 3, 6, 33, 1024])
def test_gain_per_channel(channels: int, dtype: str) -> None:
    x = sound((500, channels), dtype)
    gains = rng.uniform(-2, 2, channels)
    np.testing.assert_array_equal(dsp.gain(x, linear=gains), x * gains.astype(dtype))
    np.testing.assert_allclose(
        dsp.gain(x, db=list(gains)), x * (10 ** (gains / 20)).astype(dtype), rtol=EPS[dtype]
    )


def test_gain_of_silence_and_more_than_a_float_holds() -> None:
    assert not dsp.gain(sound((10,)), db=-np.inf).any()
    tiny = np.full(5000, 1e-42, np.float32)
    np.testing.assert_allclose(dsp.gain(tiny, linear=5e41), tiny.astype(float) * 5e41, rtol=1e-6)


@pytest.mark.parametrize(
    ("arguments", "error"),
    [
        ({}, TypeError),
        ({"db": 1, "linear": 1}, TypeError),
        ({"db": "1"}, TypeError),
        ({"db": np.nan}, ValueError),
        ({"db": np.inf}, ValueError),
        ({"linear": np.nan}, ValueError),
        ({"linear": np.inf}, ValueError),
        ({"linear": [1, 2, 3]}, ValueError),
        ({"linear": []}, ValueError),
        ({"linear": [1, "2"]}, TypeError),
        ({"linear": {}}, TypeError),
    ],
)
def test_gain_refuses(arguments: dict[str, Any], error: type[Exception]) -> None:
    with pytest.raises(error):
        dsp.gain(sound((10, 2)), **arguments)


@pytest.mark.parametrize("dtype", REALS)
@pytest.mark.parametrize("shape", SHAPES)
def test_clip(shape: tuple[int, ...], dtype: str) -> None:
    x = sound(shape, dtype) * 3
    if x.size > 4:
        x.reshape(-1)[:3] = np.nan, np.inf, -np.inf
    np.testing.assert_array_equal(dsp.clip(x), np.clip(x, -1, 1))
    bounds = np.dtype(dtype).type(-0.25), np.dtype(dtype).type(np.inf)
    np.testing.assert_array_equal(dsp.clip(x, -0.25, np.inf), np.clip(x, *bounds))
    for low, high in ((1, 0), (np.nan, 0), (0, np.nan)):
        with pytest.raises(ValueError):
            dsp.clip(x, low, high)


# mix


@pytest.mark.parametrize("dtype", REALS)
@pytest.mark.parametrize("count", [1, 2, 3, 8])
@pytest.mark.parametrize("shape", [(0,), (1,), (3000,), (3000, 2), (500, 7)])
def test_mix(shape: tuple[int, ...], count: int, dtype: str) -> None:
    sources = [sound(shape, dtype) for _ in range(count)]
    gains = rng.uniform(-1, 1, count)
    result = dsp.mix(sources, gains=gains)
    assert result.dtype == np.dtype(dtype) and result.shape == shape
    exact = sum(s.astype(float) * g for s, g in zip(sources, gains, strict=True))
    np.testing.assert_allclose(result, exact, atol=count * EPS[dtype])
    np.testing.assert_allclose(
        dsp.mix(sources), sum(s.astype(float) for s in sources), atol=count * count * EPS[dtype]
    )


@pytest.mark.parametrize("channels", [None, 1, 2, 5])
def test_mix_of_different_lengths_and_places(channels: int | None) -> None:
    tail = () if channels is None else (channels,)
    for _ in range(50):
        count = int(rng.integers(1, 6))
        lengths, offsets = rng.integers(0, 5000, count), rng.integers(0, 6000, count)
        sources = [sound((n, *tail), str(rng.choice(REALS))) for n in lengths]
        gains = rng.uniform(-1, 1, count)
        exact = np.zeros((int((lengths + offsets).max()), *tail))
        for source, at, gain in zip(sources, offsets, gains, strict=True):
            exact[at : at + len(source)] += source * gain
        result = dsp.mix(sources, gains=list(gains), offsets=offsets)
        assert result.dtype == (np.float64 if any(s.dtype == np.float64 for s in sources) else np.float32)
        np.testing.assert_allclose(result, exact, atol=1e-6)


def test_mix_into_one_of_its_sources() -> None:
    a, b = sound((5000, 2)), sound((3000, 2))
    expected = a * np.float32(0.5)
    expected[:3000] += b * np.float32(0.25)
    assert dsp.mix([b, a], gains=[0.25, 0.5], out=a) is a
    np.testing.assert_allclose(a, expected, atol=1e-7)
    c = sound((5000,))
    expected = np.concatenate([c[:1000], c[1000:] + c[:-1000]])
    dsp.mix([c, c[:-1000]], offsets=[0, 1000], out=c)
    np.testing.assert_allclose(c, expected, atol=1e-7)


@pytest.mark.parametrize(
    ("sources", "arguments", "error"),
    [
        ([], {}, ValueError),
        (None, {}, TypeError),
        (5, {}, TypeError),
        ([[1.0]], {}, TypeError),
        ([np.zeros(3, np.int16)], {}, TypeError),
        ([np.zeros(3), np.zeros((3, 1))], {}, ValueError),
        ([np.zeros((3, 2)), np.zeros((3, 1))], {}, ValueError),
        ([np.zeros(3)], {"gains": [1, 2]}, ValueError),
        ([np.zeros(3)], {"gains": 1}, TypeError),
        ([np.zeros(3)], {"gains": [np.inf]}, ValueError),
        ([np.zeros(3)], {"offsets": [-1]}, ValueError),
        ([np.zeros(3)], {"offsets": [0.5]}, TypeError),
        ([np.zeros(3)], {"offsets": [2**63 - 2]}, ValueError),
        ([np.zeros(3)], {"offsets": [2**70]}, OverflowError),
        ([np.zeros(3)], {"out": np.zeros(4)}, ValueError),
        ([np.zeros(3)], {"out": np.zeros(3, np.float32)}, TypeError),
    ],
)
def test_mix_refuses(sources: Any, arguments: dict[str, Any], error: type[Exception]) -> None:
    with pytest.raises(error):
        dsp.mix(sources, **arguments)


# pan

LAWS: dict[str, Callable[[float], tuple[float, float]]] = {
    "linear": lambda t: (1 - t, t),
    "equal_power": lambda t: (np.cos(t * np.pi / 2), np.sin(t * np.pi / 2)),
    "compromise": lambda t: (np.sqrt((1 - t) * np.cos(t * np.pi / 2)), np.sqrt(t * np.sin(t * np.pi / 2))),
    "balance": lambda t: (min(1, 2 - 2 * t), min(1, 2 * t)),
}


@pytest.mark.parametrize("dtype", REALS)
@pytest.mark.parametrize("law", LAWS)
@pytest.mark.parametrize("position", [-1.0, -0.3, 0.0, 0.5, 1])
def test_pan(law: str, position: float, dtype: str) -> None:
    left, right = LAWS[law]((position + 1) / 2)
    mono, stereo = sound((3000,), dtype), sound((3000, 2), dtype)
    expected = np.stack([mono * left, mono * right], 1)
    for x in (mono, mono[:, None]):
        result = dsp.pan(x, position, law=law)
        assert result.shape == (3000, 2) and result.dtype == mono.dtype
        np.testing.assert_allclose(result, expected, rtol=2 * EPS[dtype], atol=1e-16)
    np.testing.assert_allclose(
        dsp.pan(stereo, position, law=law), stereo * [left, right], rtol=2 * EPS[dtype], atol=1e-16
    )


@pytest.mark.parametrize(
    ("law", "decibels"), [("linear", -6.02), ("equal_power", -3.01), ("compromise", -4.52)]
)
def test_pan_laws_in_the_middle(law: str, decibels: float) -> None:
    assert 20 * np.log10(dsp.pan(np.ones(1), 0, law=law)) == pytest.approx(decibels, abs=0.01)


def test_pan_by_default() -> None:
    np.testing.assert_allclose(dsp.pan(np.ones(1), 0), np.sqrt([[0.5, 0.5]]))
    np.testing.assert_array_equal(dsp.pan(np.ones((1, 2)), 0), [[1, 1]])
    np.testing.assert_array_equal(dsp.pan(np.ones((1, 2)), 0.25), [[0.75, 1]])


def test_pan_in_place_and_over_its_input() -> None:
    x = sound((100, 2))
    expected = x * np.float32([1, 0.5])
    assert dsp.pan(x, -0.5, out=x) is x
    np.testing.assert_array_equal(x, expected)
    expected = np.stack([x[:, 0], np.zeros(100)], 1)
    dsp.pan(x[:, 0], -1, out=x)
    np.testing.assert_array_equal(x, expected)


def test_pan_refuses() -> None:
    for position in (-1.01, 1.01, np.nan):
        with pytest.raises(ValueError, match="position"):
            dsp.pan(np.zeros(3), position)
    with pytest.raises(
        ValueError, match="law must be 'linear', 'equal_power', 'compromise' or 'balance', not 'cubic'"
    ):
        dsp.pan(np.zeros(3), 0, law="cubic")
    with pytest.raises(TypeError):
        dsp.pan(np.zeros(3), 0, law=3)
    with pytest.raises(ValueError):
        dsp.pan(np.zeros((3, 3)), 0)
    with pytest.raises(ValueError, match=r"\(3, 2\), not \(3,\)"):
        dsp.pan(np.zeros(3), 0, out=np.zeros(3))


# fades

CURVES: dict[str, Callable[[np.ndarray], np.ndarray]] = {
    "linear": lambda t: t,
    "equal_power": lambda t: np.sin(t * np.pi / 2),
    "exponential": lambda t: np.expm1(t * np.log(1000)) / 999,
    "s_curve": lambda t: t * t * (3 - 2 * t),
}


@pytest.mark.parametrize("shape", CURVES)
@pytest.mark.parametrize("length", [0, 1, 2, 100, 4999, 5000, 10**12])
def test_fades(shape: str, length: int) -> None:
    for x in (sound((5000, 2), "float64"), sound((5000,), "float64"), sound((5000, 3))):
        n = min(length, 5000)
        t = np.arange(n) / max(n, 1)
        rise, fall = columns(CURVES[shape](t), x), columns(CURVES[shape]((n - np.arange(n)) / max(n, 1)), x)
        tolerance = 4e-15 if x.dtype == np.float64 else 2e-7
        risen, fallen = dsp.fade_in(x, length, shape=shape), dsp.fade_out(x, length, shape=shape)
        np.testing.assert_allclose(risen[:n], x[:n] * rise, rtol=tolerance, atol=1e-17)
        np.testing.assert_array_equal(risen[n:], x[n:])
        np.testing.assert_allclose(fallen[5000 - n :], x[5000 - n :] * fall, rtol=tolerance, atol=1e-17)
        np.testing.assert_array_equal(fallen[: 5000 - n], x[: 5000 - n])
        if n:
            assert not risen[0].any()


@pytest.mark.parametrize("shape", CURVES)
def test_curves_rise_and_have_their_end_points(shape: str) -> None:
    gains = dsp.fade_in(np.ones(100_000), 100_000, shape=shape)
    assert gains[0] == 0 and np.all(np.diff(gains) > 0) and 0.99 < gains[-1] < 1
    assert dsp.fade_out(np.ones(100_000), 100_000, shape=shape)[0] == pytest.approx(1, abs=1e-15)


def test_fades_in_place() -> None:
    x = sound((5000, 2))
    expected = x * columns(np.minimum(np.arange(5000) / 100, 1), x)
    assert dsp.fade_in(x, 100, out=x) is x
    np.testing.assert_allclose(x, expected, rtol=2e-7)


def test_fades_refuse() -> None:
    for length, error in ((-1, ValueError), (1.5, TypeError), ("1", TypeError), (2**70, OverflowError)):
        with pytest.raises(error):
            dsp.fade_in(np.zeros(3), length)
    with pytest.raises(ValueError, match="shape must be"):
        dsp.fade_out(np.zeros(3), 1, shape="log")


# crossfade


@pytest.mark.parametrize("shape", CURVES)
@pytest.mark.parametrize("length", [0, 1, 700, 3000])
@pytest.mark.parametrize("tail", [(), (1,), (2,), (3,)])
def test_crossfade(shape: str, length: int, tail: tuple[int, ...]) -> None:
    a, b = sound((5000, *tail), "float64"), sound((3000, *tail), "float64")
    t = columns(np.arange(length) / max(length, 1), a)
    middle = a[5000 - length :] * CURVES[shape](1 - t) + b[:length] * CURVES[shape](t)
    expected = np.concatenate([a[: 5000 - length], middle, b[length:]])
    np.testing.assert_allclose(dsp.crossfade(a, b, length, shape=shape), expected, atol=4e-15)


def test_crossfade_keeps_level_and_power() -> None:
    ones = np.ones(1000)
    for shape in ("linear", "s_curve"):
        np.testing.assert_allclose(dsp.crossfade(ones, ones, 1000, shape=shape), 1, atol=1e-15)
    zeros = np.zeros(1000)
    power = dsp.crossfade(ones, zeros, 1000) ** 2 + dsp.crossfade(zeros, ones, 1000) ** 2
    np.testing.assert_allclose(power, 1, atol=1e-14)


def test_crossfade_over_its_inputs() -> None:
    base = sound((2000,))
    a, b = base[:1200], base[800:]
    expected = dsp.crossfade(a.copy(), b.copy(), 400)
    assert expected.shape == (2000,)
    dsp.crossfade(a, b, 400, out=base)
    np.testing.assert_array_equal(base, expected)


@pytest.mark.parametrize(
    ("a", "b", "frames", "error"),
    [
        (np.zeros(3), np.zeros(3), 4, ValueError),
        (np.zeros(3), np.zeros(3), -1, ValueError),
        (np.zeros(3), np.zeros((3, 1)), 1, ValueError),
        (np.zeros((3, 2)), np.zeros((3, 1)), 1, ValueError),
        (np.zeros(3), np.zeros(3, np.float32), 1, TypeError),
        (np.zeros(3), [0.0], 1, TypeError),
    ],
)
def test_crossfade_refuses(a: Any, b: Any, frames: int, error: type[Exception]) -> None:
    with pytest.raises(error):
        dsp.crossfade(a, b, frames)


# remove_dc


@pytest.mark.parametrize("dtype", REALS)
@pytest.mark.parametrize("shape", SHAPES)
def test_remove_dc(shape: tuple[int, ...], dtype: str) -> None:
    x = sound(shape, dtype) + np.dtype(dtype).type(0.3)
    mean = x.astype(float).mean(axis=0) if len(x) else 0
    np.testing.assert_allclose(dsp.remove_dc(x), x - mean, atol=4 * EPS[dtype])


def test_remove_dc_of_nan_stays_in_its_channel() -> None:
    x = np.array([[1.0, np.nan], [3.0, 2.0]])
    result = dsp.remove_dc(x)
    assert result[:, 0].tolist() == [-1, 1] and np.isnan(result[:, 1]).all()


# reverse, interleave, deinterleave

TYPES = ["uint8", "int8", "int16", "int32", "float32", "float64"]


def numbers(shape: tuple[int, ...], dtype: str) -> np.ndarray:
    return rng.integers(0, 127, shape).astype(dtype)


@pytest.mark.parametrize("dtype", TYPES)
@pytest.mark.parametrize("shape", [*SHAPES, (4096, 2), (4097, 2), (10_001,), (999, 5)])
def test_reverse(shape: tuple[int, ...], dtype: str) -> None:
    x = numbers(shape, dtype)
    expected = x[::-1].copy()
    np.testing.assert_array_equal(dsp.reverse(x), expected)
    np.testing.assert_array_equal(dsp.reverse(x[::-1]), x)
    assert dsp.reverse(x, out=x) is x
    np.testing.assert_array_equal(x, expected)


def test_reverse_in_place_through_strides() -> None:
    x = numbers((5001, 4), "float32")
    expected = x.copy()
    expected[:, 1::2] = expected[::-1, 1::2]
    dsp.reverse(x[:, 1::2], out=x[:, 1::2])
    np.testing.assert_array_equal(x, expected)


@pytest.mark.parametrize("dtype", TYPES)
@pytest.mark.parametrize("channels", [1, 2, 3, 8, 100])
@pytest.mark.parametrize("frames", [0, 1, 31, 3000])
def test_interleave(frames: int, channels: int, dtype: str) -> None:
    planes = numbers((channels, frames), dtype)
    apart = [p.copy() for p in planes]
    for source in (planes, list(planes), apart, tuple(apart), [p[::-1][::-1] for p in apart]):
        result = dsp.interleave(source)
        assert result.shape == (frames, channels) and result.dtype == planes.dtype
        np.testing.assert_array_equal(result, planes.T)
    back = dsp.deinterleave(result)
    assert back.shape == planes.shape and back.flags.c_contiguous
    np.testing.assert_array_equal(back, planes)


def test_deinterleave_of_strides_and_into_strides() -> None:
    x = numbers((999, 6), "int16")
    np.testing.assert_array_equal(dsp.deinterleave(x[::3, 1::2]), x[::3, 1::2].T)
    out = np.zeros((12, 1998), np.int16)
    dsp.deinterleave(x, out=out[::2, ::2])
    np.testing.assert_array_equal(out[::2, ::2], x.T)
    assert not out[1::2].any() and not out[:, 1::2].any()
    one_channel = dsp.deinterleave(x[:, 0])
    assert one_channel.shape == (1, 999)


def test_deinterleave_more_frames_than_channels_allowed() -> None:
    x = numbers((100_000, 2), "float32")
    out = np.empty((2, 100_000), np.float32)
    assert dsp.deinterleave(x, out=out) is out
    np.testing.assert_array_equal(out, x.T)
    np.testing.assert_array_equal(dsp.interleave(out, out=np.empty_like(x)), x)


def test_interleave_over_its_input() -> None:
    x = numbers((500, 2), "float32")
    expected = x.T.copy().reshape(500, 2)
    planes = x.reshape(2, 500)
    expected = planes.T.copy()
    dsp.interleave(planes, out=x)
    np.testing.assert_array_equal(x, expected)


@pytest.mark.parametrize(
    ("channels", "error"),
    [
        ([], ValueError),
        (3, TypeError),
        ([np.zeros(3), np.zeros(4)], ValueError),
        ([np.zeros(3), np.zeros(3, np.float32)], TypeError),
        ([np.zeros((3, 1))], ValueError),
        (np.zeros(3), ValueError),
        (np.zeros((1025, 1)), ValueError),
        ([np.zeros(1)] * 1025, ValueError),
        ([[1.0]], TypeError),
    ],
)
def test_interleave_refuses(channels: Any, error: type[Exception]) -> None:
    with pytest.raises(error):
        dsp.interleave(channels)


# what all of them share

UNARY: dict[str, Callable[..., Any]] = {
    "gain": lambda x, **k: dsp.gain(x, db=-3, **k),
    "gain per channel": lambda x, **k: dsp.gain(
        x, linear=np.arange(1, 1 + (x.shape[1] if x.ndim > 1 else 1)), **k
    ),
    "clip": lambda x, **k: dsp.clip(x, -0.5, 0.25, **k),
    "fade_in": lambda x, **k: dsp.fade_in(x, 777, shape="s_curve", **k),
    "fade_out": lambda x, **k: dsp.fade_out(x, 777, shape="equal_power", **k),
    "normalize": lambda x, **k: dsp.normalize(x, peak=0.5, **k),
    "remove_dc": dsp.remove_dc,
    "reverse": dsp.reverse,
    "mix": lambda x, **k: dsp.mix([x, x], gains=[0.5, 0.25], **k),
    "convert": lambda x, **k: dsp.convert(x, x.dtype, **k),
}


@pytest.mark.parametrize("name", UNARY)
@pytest.mark.parametrize("dtype", REALS)
def test_out(name: str, dtype: str) -> None:
    function = UNARY[name]
    x = sound((1000, 2), dtype)
    expected = function(x.copy())
    out = np.full((1000, 2), np.nan, dtype)
    assert function(x, out=out) is out
    np.testing.assert_array_equal(out, expected)
    strided = np.zeros((2000, 6), dtype)
    function(x, out=strided[::-2, 1:5:2])
    np.testing.assert_array_equal(strided[::-2, 1:5:2], expected)
    assert np.count_nonzero(strided) <= expected.size
    planar = np.empty((2, 1000), dtype)
    function(x, out=planar.T)
    np.testing.assert_array_equal(planar.T, expected)
    view = memoryview(np.empty((1000, 2), dtype))
    assert function(x, out=view) is view
    np.testing.assert_array_equal(np.asarray(view), expected)
    odd = np.zeros(1000 * 2 * x.itemsize + 1, np.uint8)[1:].view(dtype).reshape(1000, 2)
    odd[:] = x
    np.testing.assert_array_equal(function(odd), expected)
    np.testing.assert_array_equal(function(x, out=odd), expected)
    function(x, out=x)
    np.testing.assert_array_equal(x, expected)


@pytest.mark.parametrize("name", UNARY)
@pytest.mark.parametrize("shift", [-500, -1, 1, 3, 999])
def test_out_that_overlaps(name: str, shift: int) -> None:
    base = sound((4000, 2))
    x, out = base[1000:2000], base[1000 + shift : 2000 + shift]
    expected = UNARY[name](x.copy())
    UNARY[name](x, out=out)
    np.testing.assert_array_equal(out, expected)


@pytest.mark.parametrize("name", UNARY)
def test_out_is_checked(name: str) -> None:
    x = sound((10, 2))
    fixed = np.zeros((10, 2), np.float32)
    fixed.flags.writeable = False
    folded = np.lib.stride_tricks.as_strided(np.zeros(2, np.float32), (10, 2), (0, 4))
    entwined = np.lib.stride_tricks.as_strided(np.zeros(20, np.float32), (10, 2), (4, 4))
    for out, error, text in (
        (np.zeros((10, 2)), TypeError, "float32"),
        (np.zeros((10, 2), ">f4"), TypeError, "float32"),
        (np.zeros((9, 2), np.float32), ValueError, r"shape \(10, 2\), not \(9, 2\)"),
        (np.zeros((10, 1), np.float32), ValueError, "shape"),
        (np.zeros(20, np.float32), ValueError, "shape"),
        (np.zeros((10, 2, 1), np.float32), ValueError, "dimensions"),
        (fixed, ValueError, "read-only"),
        (bytes(80), TypeError, "float32"),
        (folded, ValueError, "share memory"),
        (entwined, ValueError, "share memory"),
        ([0.0] * 20, TypeError, "buffer"),
    ):
        with pytest.raises(error, match=text):
            UNARY[name](x, out=out)


@pytest.mark.parametrize("name", [n for n in UNARY if n not in ("reverse", "convert", "mix")])
def test_data_is_checked(name: str) -> None:
    class Shaped:
        ndim, shape = 1, (1,)

    for data, error, text in (
        (np.zeros(4, np.int16), TypeError, "must hold float32 or float64 samples, not int16"),
        (np.zeros(4, np.complex64), TypeError, "'Zf'"),
        (np.zeros(4, np.float16), TypeError, "'e'"),
        (np.zeros((2, 2, 2)), ValueError, "1 or 2 dimensions, not 3"),
        (np.array(1.0), ValueError, "1 or 2 dimensions, not 0"),
        (np.zeros((2, 1025)), ValueError, r"\(frames, channels\)"),
        (Shaped(), TypeError, "buffer"),
    ):
        with pytest.raises(error, match=text):
            UNARY[name](data)


@pytest.mark.parametrize(
    ("threads", "shape"), [("1", (3_300_001, 2)), ("4", (6_500_001,)), ("4", (2_200_001, 3))]
)
def test_large_results(threads: str, shape: tuple[int, ...], monkeypatch: pytest.MonkeyPatch) -> None:
    """Above some 24 MiB results are written past the caches, and on several threads."""
    monkeypatch.setenv("COREMUSIC_THREADS", threads)
    x = sound(shape)
    np.testing.assert_array_equal(dsp.gain(x, linear=0.3), x * np.float32(0.3))
    y = dsp.mix([x, x], gains=[0.5, 0.25])
    np.testing.assert_allclose(y, x * np.float32(0.75), rtol=3e-7)
    np.testing.assert_array_equal(dsp.reverse(x, out=y), x[::-1])
    planes = dsp.deinterleave(x)
    np.testing.assert_array_equal(planes, x.T if x.ndim > 1 else x[None])
    np.testing.assert_array_equal(dsp.interleave(planes).reshape(x.shape), x)
    np.testing.assert_array_equal(dsp.convert(x, "float64"), x.astype(float))
    gains = np.arange(1, 1 + planes.shape[0])
    np.testing.assert_array_equal(dsp.gain(x, linear=gains), x * gains.astype(np.float32))
    odd = np.empty(x.nbytes + 3, np.uint8)[3:].view(np.float32).reshape(shape)
    np.testing.assert_array_equal(
        dsp.clip(x, -0.5, 0.5, out=odd), np.clip(x, np.float32(-0.5), np.float32(0.5))
    )
    half = dsp.fade_in(x, len(x) // 2)
    np.testing.assert_allclose(
        half, x * columns(np.minimum(np.arange(len(x)) / (len(x) // 2), 1), x), rtol=3e-7
    )


def test_threads_do_not_change_results(monkeypatch: pytest.MonkeyPatch) -> None:
    x = sound((3_500_001, 2))
    calls: list[Callable[[], np.ndarray]] = [
        lambda: dsp.convert(x, "int16", dither=True),
        lambda: dsp.convert(x, "int24"),
        lambda: dsp.crossfade(x, x, 3_000_000, shape="exponential"),
        lambda: dsp.mix([x, x[:2_000_000]], gains=[0.5, 0.7], offsets=[0, 1_333_333]),
        lambda: dsp.interleave([x[:, 0], x[:, 1].copy(), x[::-1, 0]]),
        lambda: dsp.remove_dc(x),
        lambda: np.array([dsp.rms(x, per_channel=True), dsp.peak(x, per_channel=True)]),
    ]
    monkeypatch.setenv("COREMUSIC_THREADS", "1")
    alone = [call() for call in calls]
    monkeypatch.delenv("COREMUSIC_THREADS")
    for call, expected in zip(calls, alone, strict=True):
        np.testing.assert_array_equal(call(), expected)
