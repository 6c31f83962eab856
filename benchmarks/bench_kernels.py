"""How fast are the kernels of coremusic.dsp beside the NumPy expressions that a user would write?

Run: python benchmarks/bench_kernels.py [--frames N ...] [--only NAME]

At 64 Ki frames of stereo float32 ours writes to an array that is there (out=) and NumPy's expression makes its own, as
it is written; "new array" rows let ours make one too. Processor time. At 64 Mi frames ours writes to memory that is
there, and the target is a fraction of memcpy's speed, where bytes read and bytes written both count. Wall clock: ours
runs as it always does with such results, on as many threads as there are processors; what one thread of it reaches,
as memcpy is one, stands beside it.
"""

from __future__ import annotations

import argparse
import os
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from functools import partial
from typing import Any

import numpy as np
from harness import PROCESSOR, WALL, Array, Memcpy, Row, best_times, markdown, text_of

from coremusic import dsp

SMALL, LARGE = 64 * 1024, 64 * 1024 * 1024
SECONDS = 1.0  # for each comparison


@dataclass
class Case:
    """One kernel: ours and NumPy's way, each with a place for the result, or None for a new array."""

    name: str
    expression: str
    ours: Callable[[Array | None], Any]
    numpy: Callable[[Array | None], Any]
    moved: int  # bytes read and written
    result: tuple[tuple[int, ...], str] | None = None  # shape and dtype of the result
    tolerance: float = 1e-6


def put(value: Array, out: Array | None) -> Array:
    if out is None:
        return value
    np.copyto(out, value)
    return out


def fade(x: Array, curve: Callable[[Array], Array], out: Array | None) -> Array:
    y = put(x.copy() if out is None else x, out)
    y *= curve(np.linspace(0, 1, len(x), endpoint=False, dtype=np.float32))[:, None]
    return y


def to_int16(x: Array, out: Array | None) -> Array:
    return put(np.clip(np.rint(x * 32768), -32768, 32767).astype(np.int16), out)


def dithered(x: Array, out: Array | None) -> Array:
    noise = np.random.default_rng(1).random((2, *x.shape), dtype=np.float32)
    return to_int16(x + (noise[0] + noise[1] - 1) / 32768, out)


def to_int24(x: Array, out: Array | None) -> Array:
    wide = np.clip(np.rint(x.astype(np.float64) * 2**23), -(2**23), 2**23 - 1).astype("<i4")
    return put(np.ascontiguousarray(wide.view(np.uint8).reshape(*x.shape, 4)[..., :3]), out)


def from_int24(x: Array, out: Array | None) -> Array:
    wide = np.zeros((*x.shape[:-1], 4), np.uint8)
    wide[..., 1:] = x
    return put(wide.view("<i4")[..., 0] * np.float32(2.0**-31), out)


def stack(left: Array, right: Array, out: Array | None) -> Array:
    return np.stack([left, right], axis=1, out=out)


def gain_cases(x: Array, y: Array) -> list[Case]:
    size, f32 = x.nbytes, (x.shape, "float32")
    gains = np.array([0.5, 0.8], np.float32)
    return [
        Case(
            "gain",
            "x * 10 ** (db / 20)",
            lambda o: dsp.gain(x, db=-6, out=o),
            lambda o: np.multiply(x, 10 ** (-6 / 20), out=o),
            2 * size,
            f32,
        ),
        Case(
            "gain per channel",
            "x * gains",
            lambda o: dsp.gain(x, linear=gains, out=o),
            lambda o: np.multiply(x, gains, out=o),
            2 * size,
            f32,
        ),
        Case(
            "gain in place",
            "x *= factor",
            lambda o: dsp.gain(y, linear=1, out=y),
            lambda o: np.multiply(y, 1.0, out=y),
            2 * size,
        ),
        Case(
            "clip",
            "np.clip(x, -0.5, 0.5)",
            lambda o: dsp.clip(x, -0.5, 0.5, out=o),
            lambda o: np.clip(x, -0.5, 0.5, out=o),
            2 * size,
            f32,
        ),
        Case(
            "normalize",
            "x * (0.9 / np.abs(x).max())",
            lambda o: dsp.normalize(x, peak=0.9, out=o),
            lambda o: np.multiply(x, 0.9 / np.abs(x).max(), out=o),
            3 * size,
            f32,
        ),
        Case(
            "remove_dc",
            "x - x.mean(axis=0)",
            lambda o: dsp.remove_dc(x, out=o),
            lambda o: np.subtract(x, x.mean(axis=0), out=o),
            3 * size,
            f32,
            1e-3,
        ),
        Case("peak", "np.abs(x).max()", lambda o: dsp.peak(x), lambda o: np.abs(x).max(), size),
        Case(
            "rms",
            "np.sqrt(np.mean(x ** 2))",
            lambda o: dsp.rms(x),
            lambda o: np.sqrt(np.mean(x**2)),
            size,
            tolerance=1e-4,
        ),
    ]


def combining_cases(x: Array, y: Array, mono: Array) -> list[Case]:
    size, f32 = x.nbytes, (x.shape, "float32")
    left, right = np.float32(np.cos(0.325 * np.pi)), np.float32(np.sin(0.325 * np.pi))
    ramp = np.linspace(0, 1, len(x), endpoint=False, dtype=np.float32)[:, None]
    return [
        Case(
            "mix of 2",
            "x * a + y * b",
            lambda o: dsp.mix([x, y], gains=[0.5, 0.7], out=o),
            lambda o: np.add(x * 0.5, y * 0.7, out=o),
            3 * size,
            f32,
        ),
        Case(
            "mix of 4",
            "x * a + y * b + z * c + w * d",
            lambda o: dsp.mix([x, y, y, x], gains=[0.5, 0.7, 0.1, 0.2], out=o),
            lambda o: np.add(x * 0.5 + y * 0.7 + y * 0.1, x * 0.2, out=o),
            5 * size,
            f32,
        ),
        Case(
            "pan mono",
            "np.stack([m * left, m * right], axis=1)",
            lambda o: dsp.pan(mono, 0.3, out=o),
            lambda o: stack(mono * left, mono * right, o),
            size * 3 // 2,
            f32,
        ),
        Case(
            "fade in, linear",
            "y = x.copy(); y *= np.linspace(0, 1, n)[:, None]",
            lambda o: dsp.fade_in(x, len(x), out=o),
            lambda o: fade(x, lambda t: t, o),
            2 * size,
            f32,
        ),
        Case(
            "fade in, equal power",
            "y = x.copy(); y *= np.sin(np.pi / 2 * np.linspace(0, 1, n))[:, None]",
            lambda o: dsp.fade_in(x, len(x), shape="equal_power", out=o),
            lambda o: fade(x, lambda t: np.sin(np.float32(np.pi / 2) * t), o),
            2 * size,
            f32,
        ),
        Case(
            "crossfade, linear",
            "x * (1 - ramp) + y * ramp",
            lambda o: dsp.crossfade(x, y, len(x), shape="linear", out=o),
            lambda o: np.add(x * (1 - ramp), y * ramp, out=o),
            3 * size,
            f32,
        ),
    ]


def layout_cases(x: Array, mono: Array) -> list[Case]:
    size, f32, f64 = x.nbytes, (x.shape, "float32"), (x.shape, "float64")
    i16, bytes24 = dsp.convert(x, "int16"), dsp.convert(x, "int24")
    return [
        Case(
            "reverse",
            "np.ascontiguousarray(x[::-1])",
            lambda o: dsp.reverse(x, out=o),
            lambda o: np.ascontiguousarray(x[::-1]) if o is None else put(x[::-1], o),
            2 * size,
            f32,
        ),
        Case(
            "interleave",
            "np.stack([left, right], axis=1)",
            lambda o: dsp.interleave([mono, mono], out=o),
            lambda o: stack(mono, mono, o),
            2 * size,
            f32,
        ),
        Case(
            "deinterleave",
            "np.ascontiguousarray(x.T)",
            lambda o: dsp.deinterleave(x, out=o),
            lambda o: np.ascontiguousarray(x.T) if o is None else put(x.T, o),
            2 * size,
            (x.T.shape, "float32"),
        ),
        Case(
            "float32 to int16",
            "np.clip(np.rint(x * 32768), ...).astype(np.int16)",
            lambda o: dsp.convert(x, "int16", out=o),
            lambda o: to_int16(x, o),
            size * 3 // 2,
            (x.shape, "int16"),
        ),
        Case(
            "float32 to int16, dither",
            "the same of x + (rng.random() + rng.random() - 1) / 32768",
            lambda o: dsp.convert(x, "int16", dither=True, out=o),
            lambda o: dithered(x, o),
            size * 3 // 2,
            (x.shape, "int16"),
            2.1,
        ),
        Case(
            "int16 to float32",
            "i.astype(np.float32) / 32768",
            lambda o: dsp.convert(i16, "float32", out=o),
            lambda o: np.divide(i16.astype(np.float32), 32768, out=o),
            size * 3 // 2,
            f32,
        ),
        Case(
            "float32 to int24",
            "np.clip(np.rint(x * 2 ** 23), ...) as bytes",
            lambda o: dsp.convert(x, "int24", out=o),
            lambda o: to_int24(x, o),
            size * 7 // 4,
            ((*x.shape, 3), "uint8"),
        ),
        Case(
            "int24 to float32",
            "bytes as int32, * 2 ** -31",
            lambda o: dsp.convert(bytes24, "float32", source="int24", out=o),
            lambda o: from_int24(bytes24, o),
            size * 7 // 4,
            f32,
        ),
        Case(
            "float32 to float64",
            "x.astype(np.float64)",
            lambda o: dsp.convert(x, "float64", out=o),
            lambda o: x.astype(np.float64) if o is None else put(x, o),
            3 * size,
            f64,
        ),
    ]


def cases(frames: int) -> list[Case]:
    rng = np.random.default_rng(7)
    x, y = (rng.random((frames, 2), np.float32) * np.float32(1.8) - np.float32(0.9) for _ in range(2))
    mono = np.ascontiguousarray(x[:, 0])
    return gain_cases(x, y) + combining_cases(x, y, mono) + layout_cases(x, mono)


def check(case: Case, ours: Any, theirs: Any) -> None:
    mine, other = np.asarray(ours).reshape(-1), np.asarray(theirs).reshape(-1)
    for at in range(0, mine.size, 1 << 22):
        part = slice(at, at + (1 << 22))
        difference = np.abs(mine[part].astype(np.float64) - other[part].astype(np.float64)).max()
        if not difference <= case.tolerance:
            raise SystemExit(f"{case.name}: results differ by {difference:g}")


def in_cache(case: Case, frames: int, memcpy: Memcpy) -> Iterator[Row]:
    place = np.ones(*case.result) if case.result else None
    check(case, case.ours(place), case.numpy(None))
    calls = [partial(case.ours, place), partial(case.numpy, None), partial(case.ours, None), memcpy]
    out, theirs, new, copied = map(PROCESSOR, best_times(calls, SECONDS, 10))
    fraction = (case.moved / out) / (memcpy.moved / copied)
    mine = f"{text_of(out)}, {fraction:.2f} of memcpy's speed"
    what = f"{case.name}, {frames // 1024} Ki frames"
    # An expression that goes once through the same memory cannot be beaten by more than what memcpy leaves.
    note = ", as fast as memory" if fraction > 0.8 else ""
    yield Row(what, mine, f"`{case.expression}`, {text_of(theirs)}", theirs / out, 3, note=note)
    if case.result:
        yield Row(f"{what}, new array", text_of(new), f"the same, {text_of(theirs)}", theirs / new)


def on_one_thread(call: Callable[[], Any]) -> None:
    os.environ["COREMUSIC_THREADS"] = "1"
    try:
        call()
    finally:
        del os.environ["COREMUSIC_THREADS"]


def in_memory(case: Case, frames: int, memcpy: Memcpy) -> Row:
    places = [np.ones(*case.result) if case.result else None for _ in range(2)]
    check(case, case.ours(places[0]), case.numpy(places[1]))
    del places[1]
    call = partial(case.ours, places[0])
    taken, alone, copied = map(WALL, best_times([call, partial(on_one_thread, call), memcpy], SECONDS))
    speed, speed_alone, limit = case.moved / taken, case.moved / alone, memcpy.moved / copied
    mine = f"{text_of(taken)}, {speed / 1e9:.1f} GB/s; one thread {speed_alone / limit:.2f} of memcpy's speed"
    theirs = f"memcpy, {limit / 1e9:.1f} GB/s"
    return Row(f"{case.name}, {frames >> 20} Mi frames", mine, theirs, speed / limit, 0.7)


def rows(sizes: Iterable[int] = (SMALL, LARGE), only: str = "") -> Iterator[Row]:
    before = os.environ.pop("COREMUSIC_THREADS", None)
    for frames in sizes:
        memcpy = Memcpy(frames * 8)
        for case in cases(frames):
            if only in case.name and frames <= 1 << 20:
                yield from in_cache(case, frames, memcpy)
            elif only in case.name:
                yield in_memory(case, frames, memcpy)
    if before is not None:
        os.environ["COREMUSIC_THREADS"] = before


def main() -> None:
    parser = argparse.ArgumentParser(description="Kernels of coremusic.dsp against NumPy expressions.")
    parser.add_argument("--frames", type=int, nargs="+", default=[SMALL, LARGE])
    parser.add_argument("--only", default="", help="only kernels whose name contains this")
    options = parser.parse_args()
    for line in markdown(row.cells() for row in rows(options.frames, options.only)):
        print(line, flush=True)


if __name__ == "__main__":
    main()
