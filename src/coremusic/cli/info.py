"""coremusic info: what a file is and what is in it."""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import Any

from .._flat import float_frames
from ..audio.conversion import field_summary
from ..exceptions import CoreAudioError
from ..objects import AudioFile
from .report import Failed, clock, each, print_facts, print_json, tags

BLOCK_FRAMES = 65536


def add_parser(commands: Any) -> None:
    parser: argparse.ArgumentParser = commands.add_parser("info", help="show what an audio file is")
    parser.add_argument("files", nargs="+", metavar="FILE")
    parser.add_argument("--json", action="store_true", help="print JSON")
    parser.add_argument(
        "--levels", action="store_true", help="also measure peak, true peak, RMS and loudness"
    )
    parser.set_defaults(run=run)


def run(options: argparse.Namespace) -> int:
    facts, failed = each(options.files, lambda path: collect(path, options.levels))
    if options.json:
        print_json(facts if len(options.files) > 1 else facts[0] if facts else None)
    else:
        for number, one in enumerate(facts):
            if number:
                print()
            show(one)
    return 1 if failed else 0


def collect(path: str, levels: bool = False) -> dict[str, Any]:
    """Everything that a file tells about itself, ready for JSON."""
    try:
        with AudioFile(path) as file:
            table = file.packet_table
            facts: dict[str, Any] = {
                "path": str(path),
                "bytes": Path(path).stat().st_size,
                "file_type": file.file_type,
                "type_name": file.type_name,
                "format_name": file.format_name,
                "format": field_summary(file.format),
                "duration": file.duration,
                "frames": file.frame_count,
                "packets": file.packet_count,
                "bit_rate": file.bit_rate,
                "priming_frames": table[1] if table else 0,
                "remainder_frames": table[2] if table else 0,
                "metadata": file.metadata,
                "artwork_bytes": len(file.artwork or b""),
                "markers": [{"frame": m.frame, "name": m.name, "id": m.id} for m in file.markers],
                "chunks": file.chunk_ids,
            }
            if levels:
                facts["levels"] = measure(file)
            return facts
    except CoreAudioError as error:
        raise Failed(str(error)) from error


def measure(file: AudioFile) -> dict[str, float | None]:
    """Levels of the whole file: peak and RMS linear, true peak and loudness in dB (None where it is not defined)."""
    from ..dsp import LevelMeter, to_db

    meter = LevelMeter(file.channels, file.sample_rate)
    room = float_frames(bytearray(4 * file.channels * BLOCK_FRAMES), file.channels)
    file.seek(0)
    while len(block := file.read(out=room)):
        meter.add(block)
    try:
        loudness = meter.loudness()
    except ValueError:  # this number of channels has no weights of its own, or the sample rate is too low
        loudness = None
    return {
        "peak": meter.peak(),
        "rms": meter.rms(),
        "true_peak_dbtp": to_db(meter.true_peak()),
        "loudness_lufs": loudness,
    }


def show(facts: dict[str, Any]) -> None:
    format = facts["format"]
    lines = [
        ("type", f"{facts['type_name']} ({facts['file_type']})"),
        ("coding", facts["format_name"]),
        ("sample rate", f"{format['sample_rate']:g} Hz"),
        ("channels", str(format["channels_per_frame"])),
        ("duration", f"{clock(facts['duration'])} ({facts['frames']} frames)"),
        ("bit rate", f"{facts['bit_rate'] / 1000:.1f} kbit/s"),
        ("size", f"{facts['bytes']:,} bytes"),
    ]
    if facts["priming_frames"] or facts["remainder_frames"]:
        lines.append(("gapless", f"{facts['priming_frames']} + {facts['remainder_frames']} frames trimmed"))
    lines += tags(facts["metadata"])
    if facts["artwork_bytes"]:
        lines.append(("artwork", f"{facts['artwork_bytes']:,} bytes"))
    rate = format["sample_rate"] or 1.0
    lines += [("marker", f"{clock(m['frame'] / rate)} {m['name']}") for m in facts["markers"]]
    if facts["chunks"]:
        lines.append(("chunks", " ".join(repr(c) for c in facts["chunks"])))
    for name, value in facts.get("levels", {}).items():
        lines.append((name.replace("_", " "), "not defined" if value is None else f"{value:.4f}"))
    print(facts["path"])
    print_facts(lines)
