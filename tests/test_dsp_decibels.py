"""to_db and from_db against NumPy and the definition of the decibel."""

from __future__ import annotations

import math
from array import array
from fractions import Fraction
from typing import Any

import numpy as np
import pytest

from coremusic import dsp

INFINITY = float("inf")


@pytest.mark.parametrize(
    ("linear", "db"),
    [(1, 0.0), (10, 20.0), (0.001, -60.0), (-0.1, -20.0), (0, -INFINITY), (INFINITY, INFINITY), (True, 0.0)],
)
def test_numbers(linear: float, db: float) -> None:
    assert dsp.to_db(linear) == pytest.approx(db, abs=1e-12)
    assert dsp.from_db(db) == pytest.approx(abs(linear), rel=1e-12)
    assert type(dsp.to_db(linear)) is type(dsp.from_db(db)) is float


def test_other_kinds_of_number() -> None:
    for half in (Fraction(1, 2), np.float32(0.5), np.float64(0.5), np.array(0.5)):
        assert dsp.to_db(half) == pytest.approx(-6.0205999, abs=1e-6)
    assert math.isnan(dsp.to_db(math.nan)) and math.isnan(dsp.from_db(math.nan))
    assert dsp.to_db([1, 0.1]) == (0.0, pytest.approx(-20))
    assert dsp.from_db(()) == ()
    assert dsp.to_db(dsp.peak(np.array([[1.0, 0.0]]), per_channel=True)) == (0.0, -INFINITY)


@pytest.mark.parametrize(("dtype", "tolerance"), [("float32", 2e-6), ("float64", 1e-14)])
@pytest.mark.parametrize("shape", [(0,), (1,), (5000, 2), (70_000,)])
def test_arrays(shape: tuple[int, ...], dtype: str, tolerance: float) -> None:
    x = np.random.default_rng(1).uniform(-2, 2, shape).astype(dtype)
    x[:1] = 0
    with np.errstate(divide="ignore"):
        expected = 20 * np.log10(np.abs(x.astype("float64")))
    db = dsp.to_db(x)
    assert (db.shape, db.dtype) == (x.shape, x.dtype)
    np.testing.assert_allclose(db, expected, rtol=tolerance, atol=tolerance)
    np.testing.assert_allclose(dsp.from_db(db), np.abs(x), rtol=20 * tolerance)
    np.testing.assert_array_equal(dsp.to_db(x[::-1]), db[::-1])
    assert dsp.to_db(x, out=x) is x
    np.testing.assert_array_equal(x, db)


def test_without_numpy_arrays() -> None:
    levels = array("f", [1.0, 0.0, 0.1])
    assert dsp.to_db(levels, out=levels) is levels
    assert levels.tolist() == pytest.approx([0, -INFINITY, -20], rel=1e-6)


@pytest.mark.parametrize("function", [dsp.to_db, dsp.from_db])
def test_what_is_refused(function: Any) -> None:
    for wrong in ("1", None, {}, b"12", [None], np.zeros(3, "int16"), np.zeros(3, "float16"), 1j):
        with pytest.raises(TypeError):
            function(wrong)
    with pytest.raises(ValueError, match="value must have 1 or 2 dimensions"):
        function(np.zeros((1, 1, 1)))
    with pytest.raises(ValueError, match="out must have shape"):
        function(np.zeros(3), out=np.zeros(4))
    with pytest.raises(TypeError, match="out needs an array"):
        function(1.0, out=np.zeros(1))
