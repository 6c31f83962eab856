"""CoreAudioObject, the base class of the object layer."""

from __future__ import annotations

import copy
import gc
import pickle
import sys
import weakref

import pytest

import coremusic
from coremusic import capi
from coremusic.capi import CoreAudioObject


def test_one_class_for_both_layers() -> None:
    assert coremusic.CoreAudioObject is capi.CoreAudioObject
    assert coremusic.objects.CoreAudioObject is capi.CoreAudioObject
    for name in ("AudioFile", "AudioFileStream", "AudioConverter", "ExtendedAudioFile"):
        assert issubclass(getattr(coremusic, name), CoreAudioObject)


def test_at_first() -> None:
    thing = CoreAudioObject()
    assert thing.object_id == 0
    assert thing.is_disposed is False
    assert thing._ensure_not_disposed() is None  # type: ignore[func-returns-value]


def test_any_arguments() -> None:
    assert CoreAudioObject(1, "two", three=3).object_id == 0


def test_dispose() -> None:
    thing = CoreAudioObject()
    thing._set_object_id(12)
    assert thing.object_id == 12
    for _ in range(2):
        assert thing.dispose() is None  # type: ignore[func-returns-value]
        assert thing.is_disposed is True
        assert thing.object_id == 0
        with pytest.raises(RuntimeError, match="^CoreAudioObject has been disposed$"):
            thing._ensure_not_disposed()


class Synth(CoreAudioObject):
    def __init__(self, name: str, *, voices: int) -> None:
        self.name, self.voices = name, voices  # and no call of the base


class Disposing(CoreAudioObject):
    calls = 0

    def dispose(self) -> None:
        Disposing.calls += 1
        super().dispose()


def test_subclass_with_its_own_constructor() -> None:
    synth = Synth("organ", voices=8)
    assert (synth.name, synth.voices, synth.object_id, synth.is_disposed) == ("organ", 8, 0, False)
    synth._set_object_id(5)
    synth.dispose()
    with pytest.raises(RuntimeError, match="^Synth has been disposed$"):
        synth._ensure_not_disposed()


def test_made_without_any_constructor() -> None:
    thing = CoreAudioObject.__new__(CoreAudioObject)
    assert thing.object_id == 0 and not thing.is_disposed


@pytest.mark.parametrize("number", [0, 1, -1, 2**31, 2**32, sys.maxsize, -sys.maxsize - 1])
def test_id_of_64_bits(number: int) -> None:
    thing = CoreAudioObject()
    thing._set_object_id(number)
    assert thing.object_id == number


@pytest.mark.parametrize("number", [2**63, 2**64, -(2**63) - 1])
def test_id_out_of_range(number: int) -> None:
    with pytest.raises(OverflowError):
        CoreAudioObject()._set_object_id(number)


@pytest.mark.parametrize("value", [None, "1", b"1", [1]])
def test_id_of_another_type(value: object) -> None:
    with pytest.raises(TypeError):
        CoreAudioObject()._set_object_id(value)  # type: ignore[arg-type]


@pytest.mark.parametrize("name", ["object_id", "is_disposed"])
def test_read_only(name: str) -> None:
    thing = CoreAudioObject()
    with pytest.raises(AttributeError):
        setattr(thing, name, 1)
    with pytest.raises(AttributeError):
        delattr(thing, name)


def test_the_class_cannot_be_changed() -> None:
    with pytest.raises(TypeError):
        CoreAudioObject.dispose = None  # type: ignore[method-assign, assignment]


def test_finalisation_does_not_call_an_override() -> None:
    thing = Disposing()
    del thing
    gc.collect()
    assert Disposing.calls == 0


def test_attributes_weak_references_and_cycles() -> None:
    thing = CoreAudioObject()
    thing.me = thing  # type: ignore[attr-defined]
    seen = weakref.ref(thing)
    del thing
    gc.collect()
    assert seen() is None


def test_subclass_in_a_cycle_is_freed() -> None:
    synth = Synth("organ", voices=1)
    synth.friends = [synth]  # type: ignore[attr-defined]
    seen = weakref.ref(synth)
    del synth
    gc.collect()
    assert seen() is None


def test_a_handle_cannot_be_copied() -> None:
    """Two owners of one native object would release it twice."""
    thing = Synth("organ", voices=1)
    thing._set_object_id(7)
    for attempt in (copy.copy, copy.deepcopy, pickle.dumps):
        with pytest.raises(TypeError):
            attempt(thing)


def test_references_are_steady() -> None:
    before = sys.getrefcount(CoreAudioObject)
    for _ in range(10_000):
        thing = CoreAudioObject()
        thing._set_object_id(3)
        thing.extra = thing  # type: ignore[attr-defined]
        thing.dispose()
        del thing.extra  # type: ignore[attr-defined]
    del thing
    gc.collect()
    assert abs(sys.getrefcount(CoreAudioObject) - before) < 5
