"""Arguments that no program should pass, to every function about files and converters: an exception, never a crash.

What plays and records is in test_live_abuse.py, MIDI in test_capi_midi*.py.
"""

from __future__ import annotations

import inspect
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from capi_kit import asbd, pcm
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from objects_kit import write_pcm

from coremusic import capi

NAMES = [name for name in capi.__all__ if name.startswith(("audio_file_", "audio_converter_", "extended_"))]
HANDLES = {"audio_file_id", "stream_id", "converter_id", "ext_file_id"}
EXPECTED = (RuntimeError, TypeError, ValueError, OverflowError, KeyError, BufferError, MemoryError)

NOTHING = [
    None,
    "",
    "x",
    b"",
    0,
    -1,
    1,
    2**31,
    2**32,
    2**63,
    2**64,
    -(2**63),
    1.5,
    float("nan"),
    float("inf"),
    [],
    {},
]


@pytest.fixture(autouse=True)
def _elsewhere(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Names without a folder are files of the working directory, and some calls succeed in making them."""
    monkeypatch.chdir(tmp_path)


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("abuse")
    write_pcm(folder, "s16.wav", 500)
    return folder


@pytest.fixture(scope="module")
def live(folder: Path) -> Iterator[dict[str, int]]:
    """An open handle of each kind."""
    handles = {
        "audio_file_id": capi.audio_file_open_url(folder / "s16.wav"),
        "stream_id": capi.audio_file_stream_open("WAVE"),
        "converter_id": capi.audio_converter_new(pcm(), pcm(48000.0)),
        "ext_file_id": capi.extended_audio_file_open_url(folder / "s16.wav"),
    }
    yield handles
    capi.audio_file_close(handles["audio_file_id"])
    capi.audio_file_stream_close(handles["stream_id"])
    capi.audio_converter_dispose(handles["converter_id"])
    capi.extended_audio_file_dispose(handles["ext_file_id"])


def usual(parameter: str, live: dict[str, int], folder: Path) -> Any:
    return {
        **live,
        "file_path": folder / "s16.wav",
        "permissions": 1,
        "file_type": "WAVE",
        "file_type_hint": "WAVE",
        "property_id": "dfmt",
        "start_packet": 0,
        "num_packets": 10,
        "num_frames": 10,
        "packet_offset": 0,
        "flags": 0,
        "data": asbd(pcm()),
        "audio_data": bytes(40),
        "input_data": bytes(40),
        "input_packet_count": 10,
        "output_packet_count": 10,
        "codec_manufacturer": 0,
        "source_format": pcm(),
        "dest_format": pcm(48000.0),
        "source_format_dict": pcm(),
    }[parameter]


def parameters(name: str) -> list[str]:
    return list(inspect.signature(getattr(capi, name)).parameters)


def release(name: str, result: Any) -> None:
    closing = {
        "audio_file_open_url": capi.audio_file_close,
        "audio_file_stream_open": capi.audio_file_stream_close,
        "audio_converter_new": capi.audio_converter_dispose,
        "extended_audio_file_open_url": capi.extended_audio_file_dispose,
        "extended_audio_file_create_with_url": capi.extended_audio_file_dispose,
    }
    if name in closing:
        closing[name](result)


def is_closing(name: str) -> bool:
    return name.endswith(("_close", "_dispose"))


@pytest.mark.parametrize("name", NAMES)
def test_each_parameter_in_turn(name: str, live: dict[str, int], folder: Path, tmp_path: Path) -> None:
    function = getattr(capi, name)
    for wrong in parameters(name):
        if wrong in HANDLES and is_closing(name):
            continue
        for value in NOTHING:
            arguments = {p: usual(p, live, folder) for p in parameters(name)}
            if name.endswith("create_with_url"):
                arguments["file_path"] = tmp_path / "made.wav"
            arguments[wrong] = value
            try:
                release(name, function(**arguments))
            except EXPECTED as error:
                assert str(error)


@pytest.mark.parametrize("name", [n for n in NAMES if HANDLES & set(parameters(n))])
def test_handle_of_another_kind(name: str, live: dict[str, int], folder: Path) -> None:
    arguments = {p: usual(p, live, folder) for p in parameters(name)}
    [kind] = HANDLES & set(arguments)
    for other, handle in live.items():
        if other != kind:
            arguments[kind] = handle
            with pytest.raises(RuntimeError) as error:
                getattr(capi, name)(**arguments)
            assert error.value.status_code != 0  # type: ignore[attr-defined]


@pytest.mark.parametrize("name", [n for n in NAMES if HANDLES & set(parameters(n))])
@pytest.mark.parametrize("handle", [0, 1, -1, 2**31, 2**32 + 1, 2**48, 2**63 - 1, 2**64 - 1, -(2**63)])
def test_made_up_handle(name: str, handle: int, live: dict[str, int], folder: Path) -> None:
    arguments = {p: usual(p, live, folder) for p in parameters(name)}
    arguments[(HANDLES & set(arguments)).pop()] = handle
    with pytest.raises(RuntimeError):
        getattr(capi, name)(**arguments)


def test_the_handles_still_work(live: dict[str, int], folder: Path) -> None:
    assert capi.audio_file_read_packets(live["audio_file_id"], 0, 500)[1] == 500
    capi.audio_converter_reset(live["converter_id"])
    data, count = capi.audio_converter_fill_complex_buffer(live["converter_id"], bytes(400), 100, 1000, pcm())
    assert 100 <= count <= 110
    assert len(data) == 4 * count


numbers = st.one_of(
    st.integers(-(2**70), 2**70),
    st.sampled_from([-1, 0, 2**31 - 1, 2**31, 2**32 - 1, 2**32, 2**63 - 1, 2**63]),
)
formats = st.dictionaries(
    st.sampled_from(list(pcm())), st.one_of(st.integers(0, 64), numbers, st.floats(), st.text(max_size=4))
).map(lambda wrong: {**pcm(), **wrong})


@settings(max_examples=300, deadline=None)
@given(
    source=formats,
    dest=formats,
    data=st.binary(max_size=300),
    packets=st.integers(0, 50),
    room=st.integers(0, 500),
)
def test_any_formats(source: Any, dest: Any, data: bytes, packets: int, room: int) -> None:
    try:
        converter = capi.audio_converter_new(source, dest)
    except EXPECTED:
        return
    for call in (
        lambda: capi.audio_converter_convert_buffer(converter, data),
        lambda: capi.audio_converter_fill_complex_buffer(converter, data, packets, room, source),
        lambda: capi.audio_converter_fill_complex_buffer(converter, data, packets, room, dest),
        lambda: capi.audio_converter_fill_complex_buffer(converter, data, packets, room, pcm()),
    ):
        try:
            call()
        except EXPECTED as error:
            assert str(error)
    capi.audio_converter_dispose(converter)


@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(file_format=formats, client=formats, data=st.binary(max_size=300), frames=numbers)
def test_any_file_format(folder: Path, file_format: Any, client: Any, data: bytes, frames: int) -> None:
    try:
        file = capi.extended_audio_file_create_with_url(folder / "any.wav", "WAVE", file_format)
    except EXPECTED:
        return
    for call in (
        lambda: capi.extended_audio_file_set_property(file, "cfmt", asbd(client)),
        lambda: capi.extended_audio_file_write(file, frames, data),
        lambda: capi.extended_audio_file_write(file, 1, data),
        lambda: capi.extended_audio_file_read(file, 1),
    ):
        try:
            call()
        except Exception as error:  # asbd() has its own for numbers that do not fit
            assert isinstance(error, EXPECTED) or type(error).__module__ == "struct"
    try:
        capi.extended_audio_file_dispose(file)
    except RuntimeError as error:
        assert str(error)


SETTABLE = {
    "audio_converter": "srcq cdqu chmp dmgc cmgc prmm prim brat vebr aebr acps pamu mmap dmix spha srca icly ocly",
    "extended_audio_file": "cfmt ffmt fclo cclo cman accf iobs iobf xpti afil acnv",
}


@settings(max_examples=300, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.data())
def test_any_property_value(folder: Path, data: st.DataObject) -> None:
    kind = data.draw(st.sampled_from(sorted(SETTABLE)))
    code = data.draw(st.sampled_from(SETTABLE[kind].split()))
    value = data.draw(st.binary(max_size=64))
    if kind == "audio_converter":
        handle, close = capi.audio_converter_new(pcm(), pcm(48000.0)), capi.audio_converter_dispose
    else:
        handle, close = (
            capi.extended_audio_file_open_url(folder / "s16.wav"),
            capi.extended_audio_file_dispose,
        )
    try:
        getattr(capi, f"{kind}_set_property")(handle, code.ljust(4), value)
        getattr(capi, f"{kind}_get_property")(handle, code.ljust(4))
    except EXPECTED as error:
        assert str(error)
    try:
        if kind == "audio_converter":
            capi.audio_converter_fill_complex_buffer(handle, bytes(400), 100, 200, pcm())
        else:
            capi.extended_audio_file_read(handle, 100)
    except EXPECTED as error:
        assert str(error)
    close(handle)


class Odd:
    """A number whose conversion fails."""

    def __int__(self) -> int:
        raise ZeroDivisionError("odd")

    __index__ = __int__


@pytest.mark.parametrize("name", NAMES)
def test_exceptions_of_arguments_are_passed_on(
    name: str, live: dict[str, int], folder: Path, tmp_path: Path
) -> None:
    numeric = [
        p
        for p in parameters(name)
        if p.endswith(("id", "count", "frames", "packet", "packets", "offset", "flags"))
    ]
    for parameter in numeric:
        arguments = {p: usual(p, live, folder) for p in parameters(name)}
        if name.endswith("create_with_url"):
            arguments["file_path"] = tmp_path / "made.wav"
        arguments[parameter] = Odd()
        with pytest.raises(ZeroDivisionError):
            getattr(capi, name)(**arguments)


def test_a_number_that_closes_the_handle(folder: Path) -> None:
    """Converting the second argument runs Python code, which may do anything."""
    file = capi.audio_file_open_url(folder / "s16.wav")

    class Closing:
        def __int__(self) -> int:
            capi.audio_file_close(file)
            return 0

    with pytest.raises(RuntimeError, match="-38"):
        capi.audio_file_read_packets(file, Closing(), 10)
