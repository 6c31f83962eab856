"""coremusic record | monitor: from a device into a file, or only to the level meters."""

from __future__ import annotations

import argparse
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from .._flat import float_frames
from ..audio.conversion import default_format, usual_codec
from ..audio.streaming import AudioInputStream
from ..audio_format import AudioFormat
from ..exceptions import CoreAudioError
from ..objects import AudioFile
from .live import Meter, find_device
from .quantities import count, rate, seconds
from .report import Failed, clock

BLOCK_FRAMES = 1024
WAIT_SECONDS = 0.5


def add_parser(commands: Any) -> None:
    record: argparse.ArgumentParser = commands.add_parser("record", help="record into an audio file")
    record.add_argument("file", metavar="FILE")
    record.add_argument("--bits", type=int, choices=(8, 16, 24, 32), help="bits per sample")
    record.add_argument("--no-overwrite", action="store_true", help="fail where the file exists")
    record.set_defaults(run=run_record)
    monitor: argparse.ArgumentParser = commands.add_parser("monitor", help="show what comes in")
    monitor.set_defaults(run=run_monitor)
    for parser in (record, monitor):
        parser.add_argument(
            "--device", metavar="NAME", help="name, part of the name, uid or number of a device"
        )
        parser.add_argument("--channels", type=count, default=2, metavar="N", help="number of channels (2)")
        parser.add_argument(
            "--rate",
            type=rate,
            default=44100.0,
            metavar="HZ",
            help="sample rate (44100), or the next the codec has",
        )
        parser.add_argument(
            "--seconds", type=seconds, metavar="S", help="stop then (default: when interrupted)"
        )
        parser.add_argument("--quiet", action="store_true", help="no meters")


@dataclass
class Heard:
    """What came in, and what ended it before its time, to be raised once it is safe in a file."""

    frames: int = 0
    gaps: int = 0
    ended_by: BaseException | None = None


def listen(options: argparse.Namespace, take: Callable[[Any], object]) -> Heard:
    """Gives what comes in to `take`, until the time is over, an interruption, or the loss of the device."""
    stream = AudioInputStream(
        find_device(options.device, "input"), options.channels, options.rate, BLOCK_FRAMES, buffers=64
    )
    left = None if options.seconds is None else round(options.seconds * options.rate)
    meter, heard = Meter(not options.quiet), Heard()
    try:
        with stream:
            while left is None or heard.frames < left:
                wanted = BLOCK_FRAMES if left is None else min(BLOCK_FRAMES, left - heard.frames)
                block = stream.next_block(wanted, WAIT_SECONDS)
                if block is None:
                    raise Failed("the device is gone")
                if not len(block):
                    continue  # nothing came in all the time that it waits, or the stream is moving
                samples = float_frames(block, options.channels)
                take(samples)
                heard.frames += len(samples)
                meter.add(samples)
                meter.show(heard.frames / options.rate, options.seconds)
    except KeyboardInterrupt:
        pass
    except (Failed, SystemExit) as early:
        heard.ended_by = early
    finally:
        meter.close()
    heard.gaps = stream.overruns
    return heard


def finish(heard: Heard, text: str) -> int:
    """Says what was heard, and then what ended it."""
    print(text)
    if heard.ended_by is not None:
        raise heard.ended_by
    return 0


def run_monitor(options: argparse.Namespace) -> int:
    try:
        heard = listen(options, lambda samples: None)
    except (RuntimeError, ValueError) as error:
        raise Failed(str(error)) from error
    return finish(heard, f"{clock(heard.frames / options.rate)}, {heard.gaps} gaps")


def run_record(options: argparse.Namespace) -> int:
    if options.no_overwrite and Path(options.file).exists():
        raise Failed(f"{options.file} exists")
    extension = Path(options.file).suffix
    try:
        kind = AudioFile.type_for_extension(extension)
        source = AudioFormat.pcm(options.rate, options.channels, 16)
        wanted = default_format(
            source,
            kind,
            codec=usual_codec(kind, extension),
            channels=options.channels,
            bits=options.bits,
        )
        options.rate = wanted.sample_rate  # frames go into the file as the device gives them
        with AudioFile(options.file, "w", format=wanted) as file:
            heard = listen(options, file.write)
    except (CoreAudioError, RuntimeError, ValueError) as error:
        raise Failed(str(error)) from error
    length = clock(heard.frames / options.rate)
    return finish(heard, f"{options.file}: {length}, {heard.frames} frames, {heard.gaps} gaps")
