"""Resolving image URIs without Docker: the user's mapping, the catalogue, and what cannot be had."""

from __future__ import annotations

import threading
from pathlib import Path

import pytest

from emulator.config import Settings
from emulator.images.catalogue import ImageError, Images
from emulator.images.environments import Environments
from emulator.images.mapping import Mapping
from emulator.images.recipes import Recipe
from emulator.images.uri import parse

ECR = "683313688378.dkr.ecr.us-east-1.amazonaws.com"
SMALL = Recipe("small", "1", "", {"six": "1.16.0"})


@pytest.fixture
def images(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Images:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    return Images(Settings(), tmp_path, "process")


def test_what_the_user_maps_wins(images: Images, tmp_path: Path) -> None:
    python = tmp_path / "venv/bin/python3"
    python.parent.mkdir(parents=True)
    python.touch()
    images.add("sagemaker-xgboost:1.7-1", str(tmp_path / "venv"))
    image = images.resolve(f"{ECR}/sagemaker-xgboost:1.7-1")
    assert image.environment == tmp_path / "venv"
    assert images.list()[0].local == str(tmp_path / "venv")
    assert images.remove("sagemaker-xgboost:1.7-1")
    assert not images.remove("sagemaker-xgboost:1.7-1")


def test_a_mapping_to_nothing(images: Images) -> None:
    images.add("mine", "/nonexistent")
    with pytest.raises(ImageError, match=r"mapped to the folder of a Python environment.*images add"):
        images.resolve("mine")


def test_an_image_that_only_docker_can_run(images: Images) -> None:
    with pytest.raises(ImageError, match=r"needs Docker.*sagemaker-emulator images add .*linear-learner:1="):
        images.resolve(f"{ECR}/linear-learner:1")
    with pytest.raises(ImageError, match="no recipe"):
        images.build(f"{ECR}/linear-learner:1")


def test_a_large_image_is_made_on_request_only(images: Images) -> None:
    with pytest.raises(ImageError, match=r"sagemaker-emulator images build .*pytorch-training:2.5-cpu-py311"):
        images.resolve("763104351884.dkr.ecr.us-east-1.amazonaws.com/pytorch-training:2.5-cpu-py311")


def test_a_tag_that_is_not_known(images: Images) -> None:
    with pytest.raises(
        ImageError, match=r"knows sagemaker-scikit-learn with the tags .*1\.2-1-cpu-py3.* 9\.9-1 is a guess"
    ):
        images.resolve(f"{ECR}/sagemaker-scikit-learn:9.9-1")


def test_no_image_uri(images: Images) -> None:
    with pytest.raises(ImageError, match="not an image URI"):
        images.resolve("a:b:c")


def test_the_list_says_what_is_made(images: Images) -> None:
    rows = {entry.uri: entry for entry in images.list()}
    assert rows["sagemaker-xgboost:1.7-1"].origin == "catalogue"
    assert rows["sagemaker-xgboost:1.7-1"].local == ""


def test_a_mapping_outlives_its_object_and_is_found_by_every_key(tmp_path: Path) -> None:
    path = tmp_path / "data/images.json"
    Mapping(path).set(f"{ECR}/mine:1", "exact")
    Mapping(path).set("mine:1", "by tag")
    Mapping(path).set("mine", "by name")
    found = [Mapping(path).find(parse(text)) for text in (f"{ECR}/mine:1", "mine:1", "mine:2", "other")]
    assert found == ["exact", "by tag", "by name", None]
    assert [entry.name for entry in path.parent.iterdir()] == ["images.json"]


def test_an_environment_is_made_once_for_all_callers(tmp_path: Path) -> None:
    lines: list[str] = []
    paths: list[Path] = []
    threads = [
        threading.Thread(target=lambda: paths.append(Environments(tmp_path).get(SMALL, lines.append))) for _ in range(3)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    (path,) = set(paths)
    assert [line for line in lines if line.startswith("Making")] == [lines[0]]
    assert (path / "bin/train").stat().st_mode & 0o111
    assert not [entry for entry in tmp_path.iterdir() if entry.name.startswith(".small")]


def test_an_environment_that_cannot_be_made_leaves_nothing(tmp_path: Path) -> None:
    wrong = Recipe("wrong", "1", "", {"six": "0.0.0.1"})
    with pytest.raises(ImageError, match=r"(?s)could not be made.*six==0.0.0.1"):
        Environments(tmp_path).get(wrong, lambda line: None)
    assert [entry.name for entry in tmp_path.iterdir()] == [".locks"]
