"""A pytest plugin: the fixture ``sagemaker_emulator`` is a running server and the environment to reach it.

Imported by every pytest run in an environment that has us installed: only the standard library and pytest here, the
rest when a test asks for the fixture. The server is a child process (``python -P -m emulator``), so that our modules,
``handlers`` above all, never meet those of the project under test. It dies with pytest.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from emulator.commands._fixture import Emulator


@pytest.fixture(scope="session")
def sagemaker_emulator_flags() -> list[str]:
    """Flags of ``sagemaker-emulator serve`` for the fixture below; override it in your conftest."""
    return []


@pytest.fixture(scope="session")
def _sagemaker_emulator_server(
    tmp_path_factory: pytest.TempPathFactory, sagemaker_emulator_flags: list[str]
) -> Iterator[Emulator]:
    from emulator.commands import _fixture

    folder: Path = tmp_path_factory.mktemp("sagemaker-emulator")
    with _fixture.running(folder, sagemaker_emulator_flags) as emulator:
        yield emulator


@pytest.fixture
def sagemaker_emulator(_sagemaker_emulator_server: Emulator, monkeypatch: pytest.MonkeyPatch) -> Iterator[Any]:
    """A server, empty at the start of each test; in the test's environment AWS is that server.

    ``url`` is its address, ``client("s3")`` a boto3 client, ``reset()`` forgets everything.
    """
    for name, value in _sagemaker_emulator_server.environment(os.environ).items():
        monkeypatch.setenv(name, value)
    yield _sagemaker_emulator_server
    _sagemaker_emulator_server.reset()
