"""System sounds, on the virtual device."""

from __future__ import annotations

import time
from pathlib import Path

import numpy as np
import pytest
import soundfile
from live_kit import find, hand, noise  # noqa: F401

from coremusic import capi
from coremusic.engine import virtual

IS_UI_SOUND = "isui"


def test_a_sound_is_played(hand: None, tmp_path: Path) -> None:  # noqa: F811
    samples = noise(4000)
    soundfile.write(tmp_path / "a.wav", samples, 48000, subtype="FLOAT")
    sound = capi.audio_services_create_system_sound_id(str(tmp_path / "a.wav"))
    with virtual.capture():
        assert capi.audio_services_play_system_sound(sound) is None
        heard, end = virtual.read_capture(), time.monotonic() + 20
        while find(samples, heard) < 0 and time.monotonic() < end:
            virtual.advance(512)
            heard = np.concatenate([heard, virtual.read_capture()])
    assert find(samples, heard) >= 0
    assert capi.audio_services_get_property(IS_UI_SOUND, sound) == 1
    assert capi.audio_services_set_property(IS_UI_SOUND, 0, sound) == 0
    assert capi.audio_services_get_property(IS_UI_SOUND, sound) == 0
    assert capi.audio_services_set_property(IS_UI_SOUND, (1).to_bytes(4, "little"), sound) == 0
    capi.audio_services_play_alert_sound(sound)
    assert capi.audio_services_dispose_system_sound_id(sound) == 0
    with pytest.raises(RuntimeError):
        capi.audio_services_dispose_system_sound_id(sound)


def test_errors(tmp_path: Path) -> None:
    with pytest.raises(ValueError):
        capi.audio_services_create_system_sound_id("")
    with pytest.raises(RuntimeError):
        capi.audio_services_create_system_sound_id(str(tmp_path / "none.wav"))
    assert capi.audio_services_play_system_sound(123456) is None
    with pytest.raises(RuntimeError):
        capi.audio_services_get_property("????")
    with pytest.raises(TypeError):
        capi.audio_services_set_property(IS_UI_SOUND, 1.5, 1)  # type: ignore[arg-type]
