"""A MIDI server of the test's own: no driver, a folder for state that is thrown away."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

import pytest

from coremusic import capi

os.environ["COREMUSIC_MIDI_DRIVERS"] = "none"  # read when the first client is made


@pytest.fixture(autouse=True)
def state_home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path))
    return tmp_path


@pytest.fixture
def client() -> Iterator[int]:
    ref = capi.midi_client_create("test")
    yield ref
    capi.midi_client_dispose(ref)


def received(obj: int) -> bytes:
    """The bytes that wait at a port or destination, times left out."""
    return b"".join(data for _, data in capi.midi_receive(obj))
