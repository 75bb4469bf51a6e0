"""``env``: shell exports that make AWS this machine, for the shell at hand: ``eval "$(sagemaker-emulator env)"``."""

from __future__ import annotations

import argparse
import os
import shlex

from emulator.commands._environment import changes
from emulator.commands._output import say
from emulator.commands._servers import add_data_dir, data_dir_of, need

HELP = "print the environment in which AWS is this machine, as shell exports"


def add(parser: argparse.ArgumentParser) -> None:
    add_data_dir(parser)


def run(arguments: argparse.Namespace) -> int:
    for name, value in sorted(changes(need(data_dir_of(arguments)), os.environ).items()):
        say(f"export {name}={shlex.quote(value)}")
    return 0
