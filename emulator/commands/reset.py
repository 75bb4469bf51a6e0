"""``reset``: forget everything clients have made. Environments and images that were built stay."""

from __future__ import annotations

import argparse

from emulator.commands._output import say
from emulator.commands._servers import add_data_dir, ask, data_dir_of, need

HELP = "stop all jobs and forget all resources, objects and logs of the running server"


def add(parser: argparse.ArgumentParser) -> None:
    add_data_dir(parser)


def run(arguments: argparse.Namespace) -> int:
    health = need(data_dir_of(arguments))
    ask(health["url"], "reset", "POST", timeout=120)
    say(f"forgotten: everything in {health['data_dir']}")
    return 0
