"""coremusic metadata: titles, artwork and markers of a file, shown and changed."""

from __future__ import annotations

import argparse
import re
from pathlib import Path
from typing import Any

from ..exceptions import CoreAudioError
from ..objects import AudioFile
from .report import Failed, each, print_facts, print_json, tags


def add_parser(commands: Any) -> None:
    parser: argparse.ArgumentParser = commands.add_parser(
        "metadata",
        help="show or change titles, artwork and other metadata",
        description="Keys are those of Core Audio's info dictionary: title, artist, album, composer, genre, year,"
        " 'track number', comments, copyright, tempo, 'key signature' ...",
    )
    parser.add_argument("files", nargs="+", metavar="FILE")
    parser.add_argument(
        "--set", action="append", default=[], metavar="KEY=VALUE", help="set a key; may be repeated"
    )
    parser.add_argument(
        "--remove", action="append", default=[], metavar="KEY", help="remove a key; may be repeated"
    )
    parser.add_argument("--clear", action="store_true", help="remove every key first")
    parser.add_argument("--artwork", metavar="IMAGE", help="set the cover picture ('' removes it)")
    parser.add_argument("--extract-artwork", metavar="IMAGE", help="write the cover picture to a file")
    parser.add_argument("--json", action="store_true", help="print JSON")
    parser.set_defaults(run=run, parser=parser, writes=True)


def run(options: argparse.Namespace) -> int:
    changes = [text.partition("=") for text in options.set]
    if any(not separator or not key for key, separator, _ in changes):
        options.parser.error("--set takes KEY=VALUE")
    if options.extract_artwork and len(options.files) > 1:
        options.parser.error("--extract-artwork takes one FILE")
    values = {key: value for key, _, value in changes}
    results, failed = each(options.files, lambda path: work(path, values, options))
    if options.json:
        print_json(results if len(options.files) > 1 else results[0] if results else None)
    else:
        for one in results:
            print(one["path"])
            facts = tags(one["metadata"])
            if one["artwork_bytes"]:
                facts.append(("artwork", f"{one['artwork_bytes']:,} bytes"))
            print_facts(facts)
    return 1 if failed else 0


def work(path: str, values: dict[str, str], options: argparse.Namespace) -> dict[str, Any]:
    try:
        if values or options.remove or options.clear or options.artwork is not None:
            change(path, values, options)
        with AudioFile(path) as file:
            metadata, artwork = file.metadata, file.artwork
    except CoreAudioError as error:
        raise Failed(str(error)) from error
    if options.extract_artwork:
        if not artwork:
            raise Failed("there is no artwork in it")
        Path(options.extract_artwork).write_bytes(artwork)
    return {"path": path, "metadata": metadata, "artwork_bytes": len(artwork or b"")}


PICTURE = re.compile(rb"\xff\xd8\xff|\x89PNG\r\n|GIF8|BM|RIFF....WEBP|II\*\0|MM\0\*", re.DOTALL)


def picture_in(path: str) -> bytes:
    data = Path(path).read_bytes()
    if not PICTURE.match(data):
        raise Failed(f"{path} is no picture: JPEG, PNG, GIF, BMP, WebP or TIFF")
    return data


def change(path: str, values: dict[str, str], options: argparse.Namespace) -> None:
    picture = picture_in(options.artwork) if options.artwork else None
    with AudioFile(path, "r+") as file:
        metadata = {} if options.clear else file.metadata
        for key in options.remove:
            metadata.pop(key, None)
        file.metadata = {**metadata, **values}
        if options.artwork is not None:
            file.artwork = picture
