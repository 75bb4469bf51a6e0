"""The executor that plays what a test writes down."""

from __future__ import annotations

from pathlib import Path

import pytest

from emulator.executors.base import ContainerSpec, ExecutorError, Exit, Image, Mount
from emulator.executors.fake import FakeExecutor, Play

IMAGE = Image("image", "image")


def test_a_play(tmp_path: Path) -> None:
    executor = FakeExecutor()
    executor.play("train", Play(lines=("a", "b"), code=3, files={"/opt/ml/model/deep/m": b"model"}))
    mounts = (Mount(tmp_path, "/opt/ml"), Mount(tmp_path / "m", "/opt/ml/model"))
    container = executor.start(ContainerSpec("train-1", IMAGE, mounts=mounts, labels={"a": "b"}))
    assert [*executor.logs(container)] == [b"a", b"b"]
    assert executor.wait(container) == Exit(3)
    assert (tmp_path / "m/deep/m").read_bytes() == b"model"
    assert executor.find({"a": "b"}) == [container]
    executor.remove(container)
    assert executor.find({}) == []
    assert executor.wait(container) == Exit(-1, lost=True)


def test_holding_stopping_losing() -> None:
    executor = FakeExecutor()
    executor.play("", Play(hold=True))
    executor.play("deaf", Play(hold=True, deaf=True))
    one, two, three, deaf = (executor.start(ContainerSpec(name, IMAGE)) for name in ("one", "two", "three", "deaf"))
    assert executor.wait(one, 0.01) is None
    executor.release("one")
    executor.lose("two")
    executor.stop(three, 1)
    executor.stop(deaf, 1)
    exits = [executor.wait(container) for container in (one, two, three, deaf)]
    assert exits == [Exit(0), Exit(-1, lost=True), Exit(143), Exit(137)]
    executor.close()


def test_a_play_may_refuse() -> None:
    executor = FakeExecutor()
    executor.play("bad", Play(refused="no such image"))
    with pytest.raises(ExecutorError, match="no such image"):
        executor.start(ContainerSpec("bad-1", IMAGE))
    assert executor.started == []
