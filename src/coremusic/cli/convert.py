"""coremusic convert: audio files in another format."""

from __future__ import annotations

import argparse
import os
from pathlib import Path
from typing import Any

from ..audio.conversion import Conversion, convert_file, default_format, field_summary, usual_codec
from ..audio_format import AudioFormat
from ..exceptions import CoreAudioError
from ..objects import AudioFile
from .quantities import count, rate, seconds
from .report import Failed, Progress, clock, each, print_json

CODECS = {
    "pcm": "lpcm",
    "aac": "aac ",
    "alac": "alac",
    "flac": "flac",
    "mp2": ".mp2",
    "mp3": ".mp3",
    "ac3": "ac-3",
    "opus": "opus",
    "vorbis": "vorb",
    "ima4": "ima4",
    "ulaw": "ulaw",
    "alaw": "alaw",
}


def add_parser(commands: Any) -> None:
    parser: argparse.ArgumentParser = commands.add_parser(
        "convert",
        help="convert audio files",
        description="coremusic convert IN OUT converts one file; coremusic convert IN... --to EXT converts many.",
    )
    parser.add_argument("files", nargs="+", metavar="FILE")
    parser.add_argument("--to", metavar="EXT", help="convert every FILE to this type, e.g. flac")
    parser.add_argument(
        "--out-dir",
        metavar="DIR",
        help="with --to: where the new files go, made if missing (default: beside the old)",
    )
    parser.add_argument(
        "--codec", choices=sorted(CODECS), help="how the audio is coded (default: as usual for the type)"
    )
    parser.add_argument("--rate", type=rate, metavar="HZ", help="sample rate")
    parser.add_argument("--channels", type=count, metavar="N", help="number of channels")
    parser.add_argument("--bits", type=int, choices=(8, 16, 20, 24, 32, 64), help="bits per sample")
    parser.add_argument("--float", action="store_true", dest="is_float", help="floating-point samples (PCM)")
    parser.add_argument("--bit-rate", type=rate, metavar="KBIT", help="kilobits per second for lossy codecs")
    parser.add_argument("--quality", type=int, metavar="0..127", help="the encoder's quality")
    parser.add_argument("--start", type=seconds, default=0.0, metavar="S", help="begin at this second")
    parser.add_argument("--end", type=seconds, metavar="S", help="end at this second")
    parser.add_argument("--no-metadata", action="store_true", help="leave titles, artwork and markers behind")
    parser.add_argument("--no-overwrite", action="store_true", help="fail where the new file exists")
    parser.add_argument("--json", action="store_true", help="print JSON")
    parser.set_defaults(run=run, parser=parser, writes=True)


def pairs(options: argparse.Namespace) -> list[tuple[str, str]]:
    """Sources with their targets. Exits with a usage error when the files do not make sense."""
    files: list[str] = options.files
    if options.to is None:
        if len(files) != 2:
            options.parser.error("give one file and its new name, or files and --to EXT")
        return [(files[0], files[1])]
    extension = options.to.lstrip(".")
    folder = options.out_dir
    found = [
        (f, str((Path(folder) if folder else Path(f).parent) / f"{Path(f).stem}.{extension}")) for f in files
    ]
    targets = [os.path.realpath(target) for _, target in found]
    twice = {target for target in targets if targets.count(target) > 1}
    if twice:
        options.parser.error(f"more than one file would become {', '.join(sorted(twice))}")
    return found


def run(options: argparse.Namespace) -> int:
    targets = dict(pairs(options))
    done, failed = each(list(targets), lambda source: convert_one(source, targets[source], options))
    if options.json:
        print_json([summary(one) for one in done] if options.to else summary(done[0]) if done else None)
    else:
        for one in done:
            print(f"{one.target}: {clock(one.duration)}, {one.frames} frames")
    return 1 if failed else 0


def summary(conversion: Conversion) -> dict[str, Any]:
    return {
        "source": str(conversion.source),
        "target": str(conversion.target),
        "file_type": conversion.file_type,
        "format": field_summary(conversion.format),
        "frames": conversion.frames,
        "duration": conversion.duration,
    }


def wanted_format(source: str, kind: str, extension: str, options: argparse.Namespace) -> AudioFormat:
    with AudioFile(source) as file:
        return default_format(
            file.format,
            kind,
            codec=CODECS[options.codec] if options.codec else usual_codec(kind, extension),
            sample_rate=options.rate,
            channels=options.channels,
            bits=options.bits,
            is_float=options.is_float,
        )


def convert_one(source: str, target: str, options: argparse.Namespace) -> Conversion:
    if options.no_overwrite and Path(target).exists():
        raise Failed(f"{target} exists")
    if Path(target).exists() and Path(source).exists() and Path(target).samefile(source):
        raise Failed("a file cannot be converted to itself")
    progress = Progress(Path(target).name, not options.json)
    try:
        extension = Path(target).suffix
        kind = AudioFile.type_for_extension(extension)
        if options.out_dir:
            Path(options.out_dir).mkdir(parents=True, exist_ok=True)
        return convert_file(
            source,
            target,
            format=wanted_format(source, kind, extension, options),
            start=options.start,
            end=options.end,
            bit_rate=round(options.bit_rate * 1000) if options.bit_rate else None,
            quality=options.quality,
            metadata=not options.no_metadata,
            progress=progress,
        )
    except CoreAudioError as error:
        raise Failed(str(error)) from error
    finally:
        progress.close()
