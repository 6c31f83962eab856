"""Conversion between linear PCM formats with NumPy, for coremusic.buffer_utils.

Samples are decoded to (frames, channels): 64-bit integers of the format's own scale, or 64-bit floats.
"""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction
from typing import TYPE_CHECKING, Any

try:
    import numpy as np
except ImportError as error:
    raise ImportError("NumPy is required to convert audio buffers (pip install numpy)") from error

if TYPE_CHECKING:
    from coremusic.buffer_utils import AudioStreamBasicDescription

Array = np.ndarray[Any, np.dtype[Any]]

_IS_ALIGNED_HIGH = 16
_FRACTION_SHIFT, _FRACTION_MASK = 7, 0x3F
_ZERO_CROSSINGS = 64  # of the sinc, on each side
_KAISER_BETA = 10.06  # stop band at -100 dB
_BAND = 0.95  # middle of the transition, as part of the lower Nyquist frequency
_MOST_WEIGHTS = 1 << 22  # in one table
_PHASES = 1024  # of a table that is interpolated
_MOST_RATIO = 256  # of two sample rates
_BLOCK = 1 << 18  # samples gathered at a time


@dataclass(frozen=True)
class Layout:
    """How one sample lies in memory.

    Attributes:
        size: Bytes of a sample, its padding included: 1, 2, 3, 4 or 8.
        bits: Bits that carry the sample.
        exponent: 1.0 is 2 ** exponent, for integers.
        high: Whether the bits are the upper ones of the bytes.
    """

    channels: int
    planar: bool
    size: int
    bits: int
    exponent: int
    floating: bool
    signed: bool
    big_endian: bool
    high: bool

    @property
    def fixed_point(self) -> bool:
        """Whether 1.0 is a value that the integers have."""
        return self.exponent != self.bits - 1

    @property
    def order(self) -> str:
        return ">" if self.big_endian else "<"


def layout_of(format: AudioStreamBasicDescription) -> Layout:
    """The layout of a format; ValueError where it is not linear PCM or contradicts itself."""
    if not format.is_pcm:
        raise ValueError(f"not linear PCM: {format}")
    bits, channels = format.bits_per_channel, format.channels_per_frame
    unspecified = format.bytes_per_frame == 0 and format.format_flags == 0
    per_buffer = 1 if format.is_non_interleaved else channels
    size, rest = divmod(format.bytes_per_frame or (bits + 7) // 8 * per_buffer, per_buffer)
    allowed = (4, 8) if format.is_float else (1, 2, 3, 4, 8)
    if rest or size not in allowed or bits > 8 * size or (format.is_float and bits != 8 * size):
        raise ValueError(f"{format.bytes_per_frame} bytes per frame do not fit {format}")
    fraction = 0 if format.is_float else format.format_flags >> _FRACTION_SHIFT & _FRACTION_MASK
    if fraction >= bits:
        raise ValueError(f"{fraction} fractional bits do not fit {format}")
    return Layout(
        channels=channels,
        planar=format.is_non_interleaved,
        size=size,
        bits=bits,
        exponent=fraction or bits - 1,
        floating=format.is_float,
        signed=format.is_signed_integer or unspecified,
        big_endian=format.is_big_endian,
        high=bool(format.format_flags & _IS_ALIGNED_HIGH),
    )


def _words(raw: Any, layout: Layout) -> Array:
    """The bytes of each sample as an unsigned 64-bit number."""
    if layout.size != 3:
        return np.frombuffer(raw, f"{layout.order}u{layout.size}").astype(np.uint64)
    triples = np.frombuffer(raw, np.uint8).reshape(-1, 3)
    wide = np.zeros((len(triples), 4), np.uint8)
    wide[:, :3] = triples[:, ::-1] if layout.big_endian else triples
    return wide.view("<u4").reshape(-1).astype(np.uint64)


def _unwords(words: Array, layout: Layout) -> Array:
    """Unsigned 64-bit numbers as the bytes of samples."""
    if layout.size != 3:
        return words.astype(f"u{layout.size}").astype(f"{layout.order}u{layout.size}", copy=False)
    quads = words.astype("<u4").view(np.uint8).reshape(-1, 4)[:, :3]
    return np.ascontiguousarray(quads[:, ::-1] if layout.big_endian else quads)


def _sign_bit(layout: Layout) -> np.uint64:
    return np.uint64(1 << (layout.bits - 1))


def _decode_ints(raw: Any, layout: Layout) -> Array:
    if layout.signed and layout.bits == 8 * layout.size != 24:
        return np.frombuffer(raw, f"{layout.order}i{layout.size}").astype(np.int64)
    words = _words(raw, layout)
    if layout.high:
        words >>= np.uint64(8 * layout.size - layout.bits)
    if not layout.signed:
        words ^= _sign_bit(layout)
    unused = 64 - layout.bits
    signed: Array = (words << np.uint64(unused)).view(np.int64) >> np.int64(unused)
    return signed


def _encode_ints(values: Array, layout: Layout) -> Array:
    words = values.reshape(-1).view(np.uint64)
    if not layout.signed:
        words = (words ^ _sign_bit(layout)) & np.uint64((1 << layout.bits) - 1)
    if layout.high:
        words = words << np.uint64(8 * layout.size - layout.bits)
    return _unwords(words, layout)


def _shape(flat: Array, layout: Layout) -> Array:
    """(frames, channels) from samples in the order in which they lie in memory."""
    return flat.reshape(layout.channels, -1).T if layout.planar else flat.reshape(-1, layout.channels)


def _flatten(samples: Array, layout: Layout) -> Array:
    return np.ascontiguousarray(samples.T if layout.planar else samples).reshape(-1)


def _decode(raw: Any, layout: Layout) -> Array:
    if layout.floating:
        return _shape(np.frombuffer(raw, f"{layout.order}f{layout.size}").astype(np.float64), layout)
    return _shape(_decode_ints(raw, layout), layout)


def _encode(samples: Array, layout: Layout) -> bytes:
    flat = _flatten(samples, layout)
    if layout.floating:
        return bytes(flat.astype(f"{layout.order}f{layout.size}").tobytes())
    return bytes(_encode_ints(flat, layout).tobytes())


def _limits(layout: Layout) -> tuple[int, int]:
    return -(1 << (layout.bits - 1)), (1 << (layout.bits - 1)) - 1


def _rescale(values: Array, source: Layout, target: Layout) -> Array:
    """Integers of one size as integers of another, without a detour through floats."""
    low, high = _limits(target)
    shift = target.exponent - source.exponent
    if shift >= 0:
        return np.clip(values, low >> shift, high >> shift) << np.int64(shift)
    down = -shift
    half = (values >> np.int64(down - 1)) & np.int64(1)
    return np.clip((values >> np.int64(down)) + half, low, high)


def _to_floats(values: Array, layout: Layout) -> Array:
    if layout.floating:
        return values
    floats: Array = values * 2.0**-layout.exponent
    return floats


def _to_ints(samples: Array, layout: Layout, from_floats: bool) -> Array:
    """Floats as integers. Full scale is 2**n - 1 for what was float, 2**n for what was integer before."""
    scale = 2.0**layout.exponent - (1.0 if from_floats and not layout.fixed_point else 0.0)
    low, high = _limits(layout)
    most = np.nextafter(2.0**63, 0.0) if layout.bits == 64 else float(high)
    numbers = np.nan_to_num(np.rint(samples * scale), nan=0.0, posinf=np.inf, neginf=-np.inf)
    clipped: Array = np.clip(numbers, float(low), most).astype(np.int64)
    return clipped


def _mix(samples: Array, channels: int) -> Array:
    present = samples.shape[1]
    if present == channels:
        return samples
    if (present, channels) == (1, 2):
        return np.repeat(samples, 2, axis=1)
    if (present, channels) == (2, 1):
        return np.asarray(samples.mean(axis=1, keepdims=True))
    raise ValueError(f"there is no rule to make {channels} channels of {present}")


@dataclass(frozen=True)
class Sinc:
    """A windowed sinc between two rates.

    Attributes:
        step: Old frames per new frame.
        band: Its band, as part of the old Nyquist frequency.
        half: Old frames that it reaches to each side.
    """

    step: Fraction
    band: float
    half: int

    @classmethod
    def between(cls, from_rate: float, to_rate: float) -> Sinc:
        step = (Fraction(from_rate) / Fraction(to_rate)).limit_denominator(1_000_000)
        band = _BAND * min(1.0, float(1 / step))
        return cls(step, band, int(_ZERO_CROSSINGS / band) + 1)

    def weights(self, offsets: Array) -> Array:
        """Its values at offsets from its middle, in old frames."""
        inside = 1.0 - (offsets * self.band / _ZERO_CROSSINGS) ** 2
        window = np.i0(_KAISER_BETA * np.sqrt(np.maximum(inside, 0.0))) / np.i0(_KAISER_BETA)
        return np.asarray(np.where(inside > 0, self.band * np.sinc(self.band * offsets) * window, 0.0))


def _resample_cycles(planes: Array, sinc: Sinc, cycles: int) -> Array:
    """New frames by matrix products: after step.numerator old and step.denominator new frames all repeats."""
    old, new = sinc.step.numerator, sinc.step.denominator
    width = old + 2 * sinc.half
    places = np.arange(width)[:, None] - sinc.half
    matrix = sinc.weights(places - np.arange(new) * old / new)
    windows = np.lib.stride_tricks.sliding_window_view(planes, width, axis=1)[:, ::old]
    result = np.empty((len(planes), cycles, new))
    block = max(1, _BLOCK // width)
    for start in range(0, cycles, block):
        part = slice(start, min(start + block, cycles))
        for plane, out in zip(windows, result, strict=True):
            np.matmul(np.ascontiguousarray(plane[part]), matrix, out=out[part])
    return result.reshape(len(planes), -1)


def _resample_frames(planes: Array, sinc: Sinc, frames: int) -> Array:
    """New frames one by one, for rates whose cycle is too long for a matrix.

    The sinc is read from a table with linear interpolation, whose error is below -115 dB.
    """
    old, new = sinc.step.numerator, sinc.step.denominator
    taps = np.arange(2 * sinc.half)
    table = sinc.weights(taps - sinc.half - np.arange(_PHASES + 1)[:, None] / _PHASES)
    result = np.empty((len(planes), frames))
    block = max(1, _BLOCK // len(taps))
    for start in range(0, frames, block):
        count = min(block, frames - start)
        whole, part = np.divmod(start * old + np.arange(count) * old, new)
        phase, rest = np.divmod(part * _PHASES, new)
        weights = table[phase]
        weights += (table[phase + 1] - weights) * (rest[:, None] / new)
        for plane, out in zip(planes, result, strict=True):
            np.einsum("ft,ft->f", weights, plane[whole[:, None] + taps], out=out[start : start + count])
    return result


def _resample(samples: Array, from_rate: float, to_rate: float) -> Array:
    """Band-limited interpolation at the times of the new frames."""
    if not 1 / _MOST_RATIO <= to_rate / from_rate <= _MOST_RATIO:
        raise ValueError(f"sample rates must not differ by more than {_MOST_RATIO} times")
    sinc = Sinc.between(from_rate, to_rate)
    frames = round(len(samples) / sinc.step)
    if frames == 0:
        return samples[:0]
    in_cycles = (sinc.step.numerator + 2 * sinc.half) * sinc.step.denominator <= _MOST_WEIGHTS
    cycles = -(-frames // sinc.step.denominator)
    last = cycles * sinc.step.numerator if in_cycles else int(frames * sinc.step)
    behind = max(0, last + sinc.half - len(samples))
    planes = np.pad(np.ascontiguousarray(samples.T), ((0, 0), (sinc.half, behind)))
    result = _resample_cycles(planes, sinc, cycles) if in_cycles else _resample_frames(planes, sinc, frames)
    return np.asarray(result[:, :frames].T)


@np.errstate(invalid="ignore", over="ignore")
def convert(
    data: memoryview, source: AudioStreamBasicDescription, target: AudioStreamBasicDescription
) -> bytes:
    """The audio of data in another format; see buffer_utils.convert_buffer_format."""
    before, after = layout_of(source), layout_of(target)
    if data.nbytes % (before.size * before.channels):
        raise ValueError(f"{data.nbytes} bytes are not whole frames of {source}")
    if before == after and source.sample_rate == target.sample_rate:
        return bytes(data)
    samples = _decode(data, before)
    same_grid = before.channels == after.channels and source.sample_rate == target.sample_rate
    if same_grid and not before.floating and not after.floating:
        return _encode(_rescale(samples.astype(np.int64, copy=False), before, after), after)
    floats = _mix(_to_floats(samples, before), after.channels)
    if source.sample_rate != target.sample_rate:
        floats = _resample(floats, source.sample_rate, target.sample_rate)
    return _encode(floats if after.floating else _to_ints(floats, after, before.floating), after)
