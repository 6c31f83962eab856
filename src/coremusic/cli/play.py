"""coremusic play: audio files through a device."""

from __future__ import annotations

import argparse
import time
from collections.abc import Iterator
from typing import Any

from .. import dsp
from .._flat import float_frames
from ..audio.streaming import AudioOutputStream
from ..exceptions import CoreAudioError
from ..objects import AudioFile
from .live import Meter, find_device
from .quantities import gain, seconds
from .report import Failed, each

BLOCK_FRAMES = 1024
POLL_SECONDS = 0.02


def add_parser(commands: Any) -> None:
    parser: argparse.ArgumentParser = commands.add_parser("play", help="play audio files")
    parser.add_argument("files", nargs="+", metavar="FILE")
    parser.add_argument("--device", metavar="NAME", help="name, part of the name, uid or number of a device")
    parser.add_argument("--start", type=seconds, default=0.0, metavar="S", help="begin at this second")
    parser.add_argument("--end", type=seconds, metavar="S", help="end at this second")
    parser.add_argument("--volume", type=gain, default=1.0, metavar="X", help="linear gain (1)")
    parser.add_argument("--loop", action="store_true", help="over and over, until interrupted")
    parser.add_argument("--quiet", action="store_true", help="no meters")
    parser.set_defaults(run=run)


def run(options: argparse.Namespace) -> int:
    _, failed = each(options.files, lambda path: play_one(path, options))
    return 1 if failed else 0


def blocks(file: AudioFile, options: argparse.Namespace, meter: Meter) -> Iterator[Any]:
    """What is to be heard, block by block; looping does not end."""
    rate = file.sample_rate
    end = file.frame_count if options.end is None else min(file.frame_count, round(options.end * rate))
    begin = round(options.start * rate)
    if not 0 <= begin < end:
        raise Failed("there is nothing to play between --start and --end")
    while True:
        file.seek(begin)
        at = begin
        while at < end:
            room = float_frames(bytearray(4 * file.channels * min(BLOCK_FRAMES, end - at)), file.channels)
            block = file.read(out=room)
            if not len(block):
                break
            at += len(block)
            if options.volume != 1.0:
                dsp.gain(block, linear=options.volume, out=block)
            meter.add(block)
            yield block
        if not options.loop or at == begin:  # a damaged file may have no frame of those that it promises
            return


def play_one(path: str, options: argparse.Namespace) -> None:
    meter = Meter(not options.quiet)
    try:
        with AudioFile(path) as file:
            sound = blocks(file, options, meter)
            first = next(sound, None)  # errors belong here, not to the stream's thread
            if first is None:
                raise Failed("no frame of it can be read")
            stream = AudioOutputStream(
                find_device(options.device, "output"), file.channels, file.sample_rate, BLOCK_FRAMES
            )
            stream.set_generator(_chain(first, sound))
            total = None if options.loop else (options.end or file.duration) - options.start
            with stream:
                while stream.is_active and not stream.is_finished:
                    meter.show(stream.frames / file.sample_rate, total)
                    time.sleep(POLL_SECONDS)
                if not stream.is_finished:
                    raise Failed("the device is gone")
                time.sleep(stream.latency)  # what the device holds is heard, too
    except CoreAudioError as error:
        raise Failed(str(error)) from error
    finally:
        meter.close()


def _chain(first: Any, rest: Iterator[Any]) -> Iterator[Any]:
    yield first
    yield from rest
