"""The command line: coremusic info | convert | metadata | devices | play | record | monitor | midi."""

from __future__ import annotations

import argparse
import os
import signal
import sys
import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

from .. import __version__
from . import convert, devices, info, metadata, midi, play, record
from .report import Failed, allow_any_name


def build_parser() -> argparse.ArgumentParser:
    """The parser of the whole command line, which shell completion is generated from."""
    parser = argparse.ArgumentParser(
        prog="coremusic", description="Look at audio files, convert them, tag them; play and record; MIDI."
    )
    parser.add_argument("--version", action="version", version=f"coremusic {__version__}")
    commands = parser.add_subparsers(dest="command", required=True, metavar="COMMAND")
    for module in (info, convert, metadata, devices, play, record, midi):
        module.add_parser(commands)
    _add_completion(parser)
    return parser


def _complete_paths(parser: argparse.ArgumentParser, kinds: dict[str, object]) -> None:
    """Arguments whose metavar is in kinds are completed as shtab is told there."""
    for action in parser._actions:
        if isinstance(action, argparse._SubParsersAction):
            for below in action.choices.values():
                _complete_paths(below, kinds)
        elif action.metavar in kinds:
            action.complete = kinds[action.metavar]  # type: ignore[attr-defined]


def _add_completion(parser: argparse.ArgumentParser) -> None:
    """--print-completion SHELL, by shtab; without it the option says what to install."""
    try:
        import shtab
    except ImportError:

        class Missing(argparse.Action):
            def __call__(self, parser: argparse.ArgumentParser, *_: object) -> None:
                parser.exit(1, "shell completion needs shtab: pip install 'coremusic[cli]'\n")

        parser.add_argument("--print-completion", action=Missing, metavar="SHELL", help="bash, zsh or tcsh")
        return
    _complete_paths(parser, {"FILE": shtab.FILE, "IMAGE": shtab.FILE, "DIR": shtab.DIRECTORY})
    shtab.add_argument_to(parser, ["--print-completion"], help="print the completion script of a shell")


@contextmanager
def _ended_in_order() -> Iterator[None]:
    """A request to end is an exception, as an interruption is: what was begun is taken away again."""

    def end(number: int, _: object) -> None:
        raise SystemExit(128 + number)

    changed = []
    if threading.current_thread() is threading.main_thread():
        for name in ("SIGTERM", "SIGHUP"):
            number = getattr(signal, name)
            if signal.getsignal(number) is signal.SIG_DFL:
                signal.signal(number, end)
                changed.append(number)
    try:
        yield
    finally:
        for number in changed:
            signal.signal(number, signal.SIG_DFL)


def _drop_refused_output() -> None:
    """What standard output does not take stays in its buffer, and Python would try, and complain, again at exit."""
    if not sys.stdout:
        return
    try:
        sys.stdout.flush()
    except OSError:
        with Path(os.devnull).open("wb") as nowhere:
            os.dup2(nowhere.fileno(), sys.stdout.fileno())


def main(arguments: Sequence[str] | None = None) -> int:
    """Runs a command line (sys.argv by default). Returns 0, or 1 when something failed; usage errors exit with 2."""
    allow_any_name()
    options = argparse.Namespace()
    try:
        options = build_parser().parse_args(arguments)
        with _ended_in_order():
            status = int(options.run(options))
        if sys.stdout:
            sys.stdout.flush()
        return status
    except Failed as failure:
        print(f"coremusic: {failure}", file=sys.stderr)
        return 1
    except BrokenPipeError:
        sys.stderr.close()
        return 1
    except OSError as error:  # of the output: jobs on files report their own
        print(f"coremusic: {error}", file=sys.stderr)
        _drop_refused_output()
        return 1
    except KeyboardInterrupt:
        writes = getattr(options, "writes", False)
        print("coremusic: stopped" + ("; no file was changed half-way" if writes else ""), file=sys.stderr)
        return 130
