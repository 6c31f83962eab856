"""coremusic devices: what can play and record here."""

from __future__ import annotations

import argparse
from typing import Any

from .._capi import int_to_fourchar
from ..audio_device import AudioDevice, AudioDeviceManager
from .report import print_json


def add_parser(commands: Any) -> None:
    parser: argparse.ArgumentParser = commands.add_parser("devices", help="list audio devices")
    parser.add_argument("--json", action="store_true", help="print JSON")
    parser.set_defaults(run=run)


def facts(device: AudioDevice, defaults: dict[str, AudioDevice | None]) -> dict[str, Any]:
    return {
        "id": device.object_id,
        "uid": device.uid,
        "name": device.name,
        "manufacturer": device.manufacturer,
        "transport": int_to_fourchar(device.transport_type).strip() if device.transport_type else "",
        "input_channels": device.input_channels,
        "output_channels": device.output_channels,
        "sample_rate": device.sample_rate,
        "sample_rates": device.available_sample_rates,
        "buffer_frames": device.buffer_frame_size,
        "default": [side for side, default in defaults.items() if default == device],
    }


def run(options: argparse.Namespace) -> int:
    defaults = {
        "input": AudioDeviceManager.get_default_input_device(),
        "output": AudioDeviceManager.get_default_output_device(),
    }
    found = [facts(device, defaults) for device in AudioDeviceManager.get_devices()]
    if options.json:
        print_json(found)
        return 0
    for device in found:
        marks = ", ".join(f"default {side}" for side in device["default"])
        sides = f"{device['input_channels']} in, {device['output_channels']} out"
        print(f"{device['id']:>5}  {device['name']}" + (f"  ({marks})" if marks else ""))
        print(
            f"       {sides}, {device['sample_rate']:g} Hz, {device['buffer_frames']} frames, {device['uid']}"
        )
    return 0
