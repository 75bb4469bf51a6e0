"""``images``: what stands in for AWS's images here. Works on the data folder; the server need not run."""

from __future__ import annotations

import argparse
from collections.abc import Callable
from typing import TYPE_CHECKING

from emulator import config
from emulator.commands._output import Failure, progress, say, table
from emulator.commands._servers import settings_of

if TYPE_CHECKING:
    from emulator.images.catalogue import Images

HELP = "list, build, map (URI=LOCAL) or forget the images jobs run in"
MATTER = ("data_dir", "executor", "base_image")
"""The settings on which it depends what an image is."""


def add(parser: argparse.ArgumentParser) -> None:
    config.add_flags(parser, *MATTER)
    verbs = parser.add_subparsers(dest="verb", metavar="list|build|add|rm")
    listing = verbs.add_parser("list", help="what there is: the catalogue, and your own mappings (also without a word)")
    build = verbs.add_parser("build", help="make the image or environment for a URI now, not when a job first needs it")
    build.add_argument("uri", metavar="URI")
    mapping = verbs.add_parser("add", help="let a URI mean a local image, or the folder of a Python environment")
    mapping.add_argument("mapping", metavar="URI=LOCAL")
    forget = verbs.add_parser("rm", help="forget a mapping")
    forget.add_argument("uri", metavar="URI")
    for verb in (listing, build, mapping, forget):
        config.add_flags(verb, *MATTER)


def run(arguments: argparse.Namespace) -> int:
    from emulator.executors import choose
    from emulator.executors.base import ExecutorError
    from emulator.images.catalogue import ImageError, Images

    settings = settings_of(arguments)
    work = settings.data_dir / "work"
    work.mkdir(parents=True, exist_ok=True)
    try:
        executor = choose(settings, work)
        executor.close()
        return VERBS[arguments.verb or "list"](Images(settings, settings.data_dir, executor.name), arguments)
    except (ImageError, ExecutorError) as error:
        raise Failure(str(error)) from error


def _list(images: Images, arguments: argparse.Namespace) -> int:
    table(["IMAGE", "FROM", "RUNS"], [[entry.uri, entry.origin, entry.local or "-"] for entry in images.list()])
    return 0


def _build(images: Images, arguments: argparse.Namespace) -> int:
    with progress(f"making {arguments.uri}") as tell:
        made = images.build(arguments.uri, tell)
    say(f"{arguments.uri} is {made.environment or made.reference}")
    return 0


def _add(images: Images, arguments: argparse.Namespace) -> int:
    uri, equals, local = arguments.mapping.partition("=")
    if not (uri and equals and local):
        raise Failure(f"say URI=LOCAL, not {arguments.mapping!r}")
    images.add(uri, local)
    say(f"{uri} means {local} from now on")
    return 0


def _remove(images: Images, arguments: argparse.Namespace) -> int:
    if not images.remove(arguments.uri):
        raise Failure(f"there is no mapping for {arguments.uri}; see: sagemaker-emulator images list")
    say(f"forgotten: {arguments.uri}")
    return 0


VERBS: dict[str, Callable[[Images, argparse.Namespace], int]] = {
    "list": _list,
    "build": _build,
    "add": _add,
    "rm": _remove,
}
