"""convert() between all sample types, its rounding, its dither, and packed 24-bit samples."""

from __future__ import annotations

import itertools
from typing import Any

import numpy as np
import pytest
import soundfile
from scipy import stats

from coremusic import dsp

rng = np.random.default_rng(3)
BITS = {"uint8": 8, "int8": 8, "int16": 16, "int24": 24, "int32": 32}
TYPES = [*BITS, "float32", "float64"]
COUNTS = [0, 1, 2, 3, 5, 16, 17, 255, 256, 257, 2048, 2049, 10_000]


def pack24(values: np.ndarray) -> np.ndarray:
    """int24 as bytes, low one first."""
    return np.stack([values & 255, values >> 8 & 255, values >> 16 & 255], axis=-1).astype(np.uint8)


def unpack24(packed: np.ndarray) -> np.ndarray:
    wide = packed.astype(np.int64)
    value = wide[..., 0] | wide[..., 1] << 8 | wide[..., 2] << 16
    return np.where(value >= 1 << 23, value - (1 << 24), value)


def samples(name: str, count: int) -> np.ndarray:
    if name.startswith("float"):
        x = rng.uniform(-1.1, 1.1, count).astype(name)
        x[: count // 10] /= 2.0**16
        return x
    bits = BITS[name]
    x = rng.integers(-(1 << bits - 1), 1 << bits - 1, count)
    if count > 4:
        x[:3] = -(1 << bits - 1), (1 << bits - 1) - 1, 0
    if name == "int24":
        return pack24(x)
    return (x + 128 if name == "uint8" else x).astype(name)


def as_numbers(x: np.ndarray, name: str) -> np.ndarray:
    """The values as real numbers of -1 .. 1, exactly (a long double has 64 bits)."""
    if name.startswith("float"):
        return x.astype(np.longdouble)
    integers = unpack24(x) if name == "int24" else x.astype(np.int64) - (128 if name == "uint8" else 0)
    return integers.astype(np.longdouble) / (1 << BITS[name] - 1)


def from_numbers(x: np.ndarray, name: str) -> np.ndarray:
    """Nearest, ties to even, clipped."""
    if name.startswith("float"):
        return x.astype(name)
    bits = BITS[name]
    integers = np.clip(np.rint(x * (1 << bits - 1)), -(1 << bits - 1), (1 << bits - 1) - 1).astype(np.int64)
    if name == "int24":
        return pack24(integers)
    return (integers + 128 if name == "uint8" else integers).astype(name)


def convert(x: np.ndarray, source: str, target: str, **options: Any) -> np.ndarray:
    return dsp.convert(x, target, source="int24" if source == "int24" else None, **options)


@pytest.mark.parametrize(("source", "target"), list(itertools.product(TYPES, TYPES)))
def test_every_pair(source: str, target: str) -> None:
    for count in COUNTS:
        x = samples(source, count)
        expected = from_numbers(as_numbers(x, source), target)
        result = convert(x, source, target)
        assert result.dtype == expected.dtype and result.shape == expected.shape
        np.testing.assert_array_equal(result, expected)
        out = np.zeros_like(expected)
        assert convert(x, source, target, out=out) is out
        np.testing.assert_array_equal(out, expected)


@pytest.mark.parametrize(("source", "target"), list(itertools.product(BITS, BITS)))
def test_widening_is_exact_and_comes_back(source: str, target: str) -> None:
    if BITS[source] <= BITS[target]:
        x = samples(source, 5000)
        np.testing.assert_array_equal(convert(convert(x, source, target), target, source), x)


@pytest.mark.parametrize("name", ["uint8", "int8", "int16", "int24"])
def test_float32_holds_integers_of_up_to_24_bits(name: str) -> None:
    bits = BITS[name]
    values = np.arange(-(1 << bits - 1), 1 << bits - 1, 1 << max(0, bits - 18))
    x = pack24(values) if name == "int24" else (values + 128 if name == "uint8" else values).astype(name)
    np.testing.assert_array_equal(convert(convert(x, name, "float32"), "float32", name), x)


@pytest.mark.parametrize("real", ["float32", "float64"])
@pytest.mark.parametrize(("name", "low", "high"), [
    ("uint8", 0, 255), ("int8", -128, 127), ("int16", -32768, 32767), ("int32", -(2**31), 2**31 - 1),
])  # fmt: skip
def test_special_values(real: str, name: str, low: int, high: int) -> None:
    x = np.array([np.nan, np.inf, -np.inf, 1.0, -1.0, 1e30, -1e30, 0.0, -0.0], real)
    middle = 128 if name == "uint8" else 0
    expected = [middle, high, low, high, low, high, low, middle, middle]
    for count in (1, 7):  # in vectors, and in what is left over
        assert dsp.convert(np.tile(x, count), name).tolist() == expected * count


@pytest.mark.parametrize("real", ["float32", "float64"])
def test_ties_go_to_even(real: str) -> None:
    steps = np.array([0.5, 1.5, 2.5, -0.5, -1.5, -2.5, 100.5, 101.5], real)
    assert dsp.convert(steps / 32768, "int16").tolist() == [0, 2, 2, 0, -2, -2, 100, 102]
    assert dsp.convert(steps / 128, "int8").tolist() == [0, 2, 2, 0, -2, -2, 100, 102]
    assert unpack24(dsp.convert(steps / 2**23, "int24")).tolist() == [0, 2, 2, 0, -2, -2, 100, 102]
    assert dsp.convert(np.array([0x0080, 0x0180, -0x0080], np.int16), "int8").tolist() == [0, 2, 0]


def test_layouts_of_int24() -> None:
    values = rng.integers(-(1 << 23), 1 << 23, (500, 2))
    packed = pack24(values)
    expected = (values / 2**23).astype(np.float32)
    np.testing.assert_array_equal(dsp.convert(packed, "float32", source="int24"), expected)
    np.testing.assert_array_equal(dsp.convert(packed[:, 1], "float32", source="int24"), expected[:, 1])
    np.testing.assert_array_equal(dsp.convert(packed[::-3], "float32", source="int24"), expected[::-3])
    np.testing.assert_array_equal(
        dsp.convert(packed[..., ::-1][..., ::-1], "float32", source="int24"), expected
    )
    swapped = np.ascontiguousarray(packed[..., ::-1])
    np.testing.assert_array_equal(dsp.convert(swapped[..., ::-1], "float32", source="int24"), expected)
    np.testing.assert_array_equal(dsp.convert(packed.tobytes(), "float32", source="int24"), expected.ravel())
    assert dsp.convert(expected, "int24").tobytes() == packed.tobytes()
    row = bytearray(3000)
    assert dsp.convert(expected, "int24", out=row) is row
    assert row == packed.tobytes()
    for wrong, error in (
        (packed.view(np.int8), TypeError),
        (np.zeros(4, np.uint8), ValueError),
        (np.zeros((4, 2), np.uint8), ValueError),
        (np.zeros((4, 2, 2, 3), np.uint8), ValueError),
        (np.zeros((), np.uint8), ValueError),
    ):
        with pytest.raises(error):
            dsp.convert(wrong, "float32", source="int24")
    for out in (
        bytearray(2999),
        bytearray(3003),
        np.zeros((500, 3), np.uint8),
        np.zeros((500, 2, 6), np.uint8)[..., ::2],
    ):
        with pytest.raises(ValueError):
            dsp.convert(expected, "int24", out=out)


def test_24_bits_as_a_file_has_them(tmp_path: Any) -> None:
    x = rng.uniform(-1, 1, (3000, 2))
    soundfile.write(tmp_path / "a.raw", x, 44100, format="RAW", subtype="PCM_24")
    data = (tmp_path / "a.raw").read_bytes()
    np.testing.assert_allclose(
        dsp.convert(data, "float64", source="int24").reshape(-1, 2), x, atol=1.01 / 2**23
    )
    soundfile.write(tmp_path / "b.wav", x, 44100, subtype="PCM_24")
    stored, _ = soundfile.read(tmp_path / "b.wav", dtype="int32")
    np.testing.assert_array_equal(dsp.convert(data, "int32", source="int24").reshape(-1, 2), stored)


@pytest.mark.parametrize(
    "dtype", ["int16", "i2", "<i2", "short", np.int16, np.dtype("int16"), np.dtype("<i2")]
)
def test_names_of_types(dtype: Any) -> None:
    assert dsp.convert(np.zeros(3), dtype).dtype == np.int16


@pytest.mark.parametrize(
    ("dtype", "error"),
    [
        ("int12", ValueError),
        (np.int64, ValueError),
        (None, TypeError),
        (16, TypeError),
        (int, ValueError),
        (">i2", ValueError),
        (np.dtype(">i2"), TypeError),
        (b"", TypeError),
    ],
)
def test_wrong_types(dtype: Any, error: type[Exception]) -> None:
    with pytest.raises(error):
        dsp.convert(np.zeros(3), dtype)
    if dtype is not None:
        with pytest.raises(error):
            dsp.convert(np.zeros(3), "int16", source=dtype)


def test_source_must_fit() -> None:
    with pytest.raises(TypeError, match="must hold int16 samples, not float64"):
        dsp.convert(np.zeros(3), "int16", source="int16")
    assert dsp.convert(np.zeros(3), "int16", source="float64").shape == (3,)
    with pytest.raises(TypeError):
        dsp.convert(np.zeros(3, np.int64), "int16")


def test_in_place_between_types_of_one_size() -> None:
    x = rng.uniform(-1, 1, (5000, 2)).astype(np.float32)
    expected = dsp.convert(x, "int32")
    whole = x.view(np.int32)
    assert dsp.convert(x, "int32", out=whole) is whole
    np.testing.assert_array_equal(whole, expected)
    half = np.arange(-500, 500, dtype=np.int16)
    base = np.zeros(1000, np.float32)
    base.view(np.int16)[:1000] = half
    dsp.convert(base.view(np.int16)[:1000], "float32", out=base)
    np.testing.assert_array_equal(base, half / np.float32(32768))


# Dither


@pytest.mark.parametrize("source", ["float32", "float64", "int24", "int32"])
@pytest.mark.parametrize("target", ["uint8", "int8", "int16"])
def test_dither_is_triangular(source: str, target: str) -> None:
    """Error of a TPDF quantiser: mean 0 and power 1/4 (noise 1/6, rounding 1/12), whatever the sound is."""
    bits = BITS[target]
    for level in (0.0, 0.3, 0.5, 17.77):
        x = convert(np.full(200_000, level / (1 << bits - 1)), "float64", source)
        level = float(as_numbers(x[:1], source)[0]) * (1 << bits - 1)
        y = as_numbers(convert(x, source, target, dither=True, seed=5), target).astype(float) * (
            1 << bits - 1
        )
        error = y - level
        assert abs(error.mean()) < 5 * 0.5 / np.sqrt(error.size)
        assert error.var() == pytest.approx(0.25, rel=0.02)
        assert np.abs(error).max() <= 1.5


def test_the_noise_itself() -> None:
    """int32 to int16 of silence shows the rounded noise: -1, 0, 1 with probabilities 1/8, 3/4, 1/8."""
    y = dsp.convert(np.zeros(400_000, np.int32), "int16", dither=True)
    observed = [np.count_nonzero(y == v) for v in (-1, 0, 1)]
    assert sum(observed) == y.size
    assert stats.chisquare(observed, np.array([1 / 8, 3 / 4, 1 / 8]) * y.size).pvalue > 1e-4
    for lag in (1, 2, 3, 7, 31, 32, 33, 64, 128, 255, 256, 257, 512):
        assert abs(np.corrcoef(y[:-lag], y[lag:])[0, 1]) < 5 / np.sqrt(y.size)


def test_dither_depends_on_seed_and_place_only() -> None:
    x = rng.uniform(-0.1, 0.1, (30_000, 3)).astype(np.float32)
    y = dsp.convert(x, "int16", dither=True, seed=9)
    np.testing.assert_array_equal(dsp.convert(x, "int16", dither=True, seed=9), y)
    np.testing.assert_array_equal(dsp.convert(np.asfortranarray(x), "int16", dither=True, seed=9), y)
    np.testing.assert_array_equal(dsp.convert(x.ravel(), "int16", dither=True, seed=9), y.ravel())
    np.testing.assert_array_equal(dsp.convert(x[:100], "int16", dither=True, seed=9), y[:100])
    out = np.zeros((60_000, 3), np.int16)[::2]
    np.testing.assert_array_equal(dsp.convert(x, "int16", dither=True, seed=9, out=out), y)
    for seed in (8, -9, 2**64 - 1):
        assert np.mean(dsp.convert(x, "int16", dither=True, seed=seed) != y) > 0.3
    np.testing.assert_array_equal(dsp.convert(x, "int16", dither=True, seed=9 + 2**64), y)
    np.testing.assert_array_equal(
        dsp.convert(x, "int16", dither=True), dsp.convert(x, "int16", dither=True, seed=0)
    )
    for seed in (1.5, "1"):
        with pytest.raises(TypeError, match="seed"):
            dsp.convert(x, "int16", seed=seed)


def test_dither_does_nothing_where_no_bits_are_lost() -> None:
    for source, target in (("int16", "int16"), ("int16", "int24"), ("int8", "uint8"), ("int32", "float32"),
                           ("float64", "float32"), ("int24", "float64")):  # fmt: skip
        x = samples(source, 3000)
        np.testing.assert_array_equal(convert(x, source, target, dither=True), convert(x, source, target))


def test_dither_keeps_clipping_and_nan() -> None:
    x = np.array([2.0, -2.0, np.nan] * 1000)
    y = dsp.convert(x, "int16", dither=True)
    assert (y[0::3] == 32767).all() and (y[1::3] == -32768).all() and (np.abs(y[2::3]) <= 1).all()
