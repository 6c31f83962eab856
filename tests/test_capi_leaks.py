"""Every function of the functional API in a loop: memory, references and file descriptors stay where they are."""

from __future__ import annotations

import gc
import logging
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from capi_kit import asbd, coded, pcm
from objects_kit import music, open_descriptors, resident_bytes, write_pcm

from coremusic import capi

ROUNDS, WARM = 2000, 200
MANY = 10_000  # of what takes little time
ALLOWED = 1_000_000  # bytes: a leak of 100 in one of MANY rounds shows, and of 500 elsewhere


def expect(errors: Any, call: Callable[[], Any]) -> None:
    try:
        call()
    except errors:
        return
    raise AssertionError("nothing was raised")


def getters() -> None:
    for name in GETTERS:
        getattr(capi, name)()


GETTERS = [name for name in capi.__all__ if name.startswith("get_")]
SOUND = (music(500) * 32767).astype("<i2")
DATA = SOUND.tobytes()
FLOATS = music(500).astype("f4")


def reading(wav: Path) -> None:
    file = capi.audio_file_open_url(wav)
    capi.audio_file_get_property(file, "dfmt")
    capi.audio_file_get_property(file, "pcnt")
    capi.audio_file_read_packets(file, 0, 100)
    expect(RuntimeError, lambda: capi.audio_file_read_packets(file, 10**6, 1))
    expect(RuntimeError, lambda: capi.audio_file_get_property(file, "zzzz"))
    expect(ValueError, lambda: capi.audio_file_read_packets(file, -1, 1))
    capi.audio_file_close(file)


def streaming(wav: Path) -> None:
    data = wav.read_bytes()
    stream = capi.audio_file_stream_open("WAVE")
    capi.audio_file_stream_parse_bytes(stream, data[:1500])
    capi.audio_file_stream_parse_bytes(stream, data[1500:])
    for code in ("dfmt", "redy", "ffmt", "psze", "flst"):
        capi.audio_file_stream_get_property(stream, code)
    capi.audio_file_stream_get_property_ready_to_produce_packets(stream)
    capi.audio_file_stream_seek(stream, 10)
    expect(RuntimeError, lambda: capi.audio_file_stream_get_property(stream, "zzzz"))
    capi.audio_file_stream_close(stream)


def converting(_: Path) -> None:
    converter = capi.audio_converter_new(pcm(), pcm(bits=32, is_float=True))
    capi.audio_converter_convert_buffer(converter, DATA)
    capi.audio_converter_get_property(converter, "acid")
    expect(RuntimeError, lambda: capi.audio_converter_convert_buffer(converter, b"123"))
    expect(KeyError, lambda: capi.audio_converter_fill_complex_buffer(converter, DATA, 1, 1, {}))
    expect(ValueError, lambda: capi.audio_converter_fill_complex_buffer(converter, DATA, 10**6, 1, pcm()))
    capi.audio_converter_dispose(converter)
    expect(RuntimeError, lambda: capi.audio_converter_new({}, {"format_id": "none"}))
    expect(ValueError, lambda: capi.audio_converter_new({}, {"format_id": "no"}))
    expect(TypeError, lambda: capi.audio_converter_new({}, {"sample_rate": "no"}))


def resampling(_: Path) -> None:
    converter = capi.audio_converter_new(pcm(), pcm(48000.0))
    capi.audio_converter_set_property(converter, "srcq", bytes(4))
    capi.audio_converter_fill_complex_buffer(converter, DATA, 500, 100, pcm())
    capi.audio_converter_reset(converter)
    capi.audio_converter_fill_complex_buffer(converter, DATA, 500, 1000, pcm())
    capi.audio_converter_dispose(converter)


def coding(_: Path) -> None:
    adpcm = coded("ima4", packet=68, frames=64)
    converter = capi.audio_converter_new(pcm(), adpcm)
    packets, count = capi.audio_converter_fill_complex_buffer(converter, DATA, 500, 100, pcm())
    capi.audio_converter_dispose(converter)
    converter = capi.audio_converter_new(adpcm, pcm())
    capi.audio_converter_fill_complex_buffer(converter, packets, count, 1000, adpcm)
    capi.audio_converter_dispose(converter)


def opening(wav: Path) -> None:
    """Paths and handles alone, often enough to show what is lost with each."""
    capi.audio_file_close(capi.audio_file_open_url(wav))
    capi.extended_audio_file_dispose(capi.extended_audio_file_open_url(wav))
    capi.audio_file_stream_close(capi.audio_file_stream_open())


def ext_reading(wav: Path) -> None:
    file = capi.extended_audio_file_open_url(wav)
    capi.extended_audio_file_set_property(file, "cfmt", asbd(pcm(48000.0)))
    capi.extended_audio_file_get_property(file, "#frm")
    capi.extended_audio_file_read(file, 100)
    capi.extended_audio_file_read(file, 10**6)
    expect(RuntimeError, lambda: capi.extended_audio_file_set_property(file, "cfmt", b""))
    expect(ValueError, lambda: capi.extended_audio_file_set_property(file, "iobf", b"12345678"))
    expect(ValueError, lambda: capi.extended_audio_file_read(file, -1))
    expect(RuntimeError, lambda: capi.extended_audio_file_write(file, 1, DATA))
    capi.extended_audio_file_dispose(file)


def ext_writing(wav: Path) -> None:
    path = wav.with_name("written.wav")
    file = capi.extended_audio_file_create_with_url(path, "WAVE", {}, "appl")
    capi.extended_audio_file_write(file, 500, DATA)
    capi.extended_audio_file_write(file, 500, SOUND)
    expect(ValueError, lambda: capi.extended_audio_file_write(file, 501, DATA))
    capi.extended_audio_file_dispose(file)
    expect(RuntimeError, lambda: capi.extended_audio_file_create_with_url(path, "none", {}))
    expect(
        RuntimeError, lambda: capi.extended_audio_file_create_with_url(path, "WAVE", {"format_id": "aac "})
    )


def failing(wav: Path) -> None:
    expect(RuntimeError, lambda: capi.audio_file_open_url(wav.with_name("none.wav")))
    expect(ValueError, lambda: capi.audio_file_open_url("a\0b"))
    expect(ValueError, lambda: capi.audio_file_open_url(""))
    expect(TypeError, lambda: capi.audio_file_open_url(None))  # type: ignore[arg-type]
    expect(TypeError, lambda: capi.audio_file_open_url(wav, nonsense=1))  # type: ignore[call-arg]
    expect(OverflowError, lambda: capi.audio_file_close(2**70))
    expect(RuntimeError, lambda: capi.audio_file_read_packets(0, 0, 1))
    for call in (capi.audio_file_close, capi.audio_converter_dispose, capi.extended_audio_file_dispose):
        expect(RuntimeError, lambda call=call: call(0))


def codes(_: Path) -> None:
    assert capi.int_to_fourchar(capi.fourchar_to_int("lpcm")) == "lpcm"
    expect(AssertionError, lambda: capi.fourchar_to_int("abc"))
    expect(TypeError, lambda: capi.int_to_fourchar("abc"))  # type: ignore[arg-type]
    getters()


def buffers(_: Path) -> None:
    x, mono, ints = FLOATS.copy(), np.empty(500, "f4"), np.empty((500, 2), "i2")
    capi.normalize_audio_float32(x)
    capi.apply_gain_float32(x, -1)
    capi.mix_audio_float32(x, x, x)
    capi.convert_float32_to_int16(x, ints)
    capi.convert_int16_to_float32(ints, x)
    capi.stereo_to_mono_float32(x, mono)
    capi.mono_to_stereo_float32(mono, x)
    capi.apply_fade_in_float32(x, 10)
    capi.apply_fade_out_float32(x, 10)
    capi.calculate_rms_float32(x)
    capi.calculate_peak_float32(x)
    capi.normalize_audio(ints)
    capi.apply_gain(ints, 1)
    capi.apply_gain(x, gain=0.5)
    capi.calculate_rms(ints)
    capi.calculate_peak(x[::2])
    capi.mix_stereo_buffers(mono, mono)
    capi.apply_fade_in(mono, 5)
    capi.apply_fade_out(x, fade_frames=5)
    expect(ValueError, lambda: capi.normalize_audio_float32(mono))
    expect(TypeError, lambda: capi.calculate_rms_float32(None))  # type: ignore[arg-type]
    expect(AttributeError, lambda: capi.calculate_rms(b""))  # type: ignore[arg-type]


def objects(_: Path) -> None:
    thing = capi.CoreAudioObject(1, key=2)
    thing._set_object_id(5)
    thing.dispose()
    expect(RuntimeError, thing._ensure_not_disposed)
    expect(TypeError, lambda: thing._set_object_id(None))  # type: ignore[arg-type]


CALLS = [
    opening,
    reading,
    streaming,
    converting,
    resampling,
    coding,
    ext_reading,
    ext_writing,
    failing,
    codes,
    buffers,
    objects,
]


@pytest.fixture(autouse=True)
def quiet() -> Any:
    """pytest keeps every log record of a test; here that would be the leak."""
    logger = logging.getLogger("coremusic.capi")
    logger.disabled = True
    yield
    logger.disabled = False


@pytest.mark.parametrize("call", CALLS, ids=lambda call: call.__name__)
def test_nothing_grows(call: Callable[[Path], None], tmp_path: Path) -> None:
    wav = write_pcm(tmp_path, "s16.wav", 500)
    constants = (None, True, RuntimeError, ValueError, TypeError, capi.CoreAudioObject, DATA, SOUND, FLOATS)
    rounds = ROUNDS if call in (codes, ext_writing, ext_reading, streaming, resampling, buffers) else MANY
    for _ in range(WARM):
        call(wav)
    gc.collect()
    memory, files = resident_bytes(), open_descriptors()
    references = [sys.getrefcount(value) for value in constants]
    for _ in range(rounds):
        call(wav)
    gc.collect()
    grown = [sys.getrefcount(value) - before for value, before in zip(constants, references, strict=True)]
    assert open_descriptors() == files
    assert max(map(abs, grown)) < 100
    assert resident_bytes() - memory < ALLOWED
