"""Taking image URIs apart, and which recipe stands in for which image."""

from __future__ import annotations

import pytest

from emulator.images.recipes import recipe_for
from emulator.images.recipes.versions import nearest
from emulator.images.uri import parse

ECR = "683313688378.dkr.ecr.us-east-1.amazonaws.com"


@pytest.mark.parametrize(
    ("text", "registry", "repository", "tag", "digest"),
    [
        (f"{ECR}/sagemaker-xgboost:1.7-1", ECR, "sagemaker-xgboost", "1.7-1", ""),
        (f"{ECR}.cn/sagemaker-xgboost", f"{ECR}.cn", "sagemaker-xgboost", "latest", ""),
        (f"{ECR}/team/mine@sha256:ab", ECR, "team/mine", "latest", "sha256:ab"),
        ("localhost:5000/mine:2", "localhost:5000", "mine", "2", ""),
        ("localhost/mine", "localhost", "mine", "latest", ""),
        ("library/python:3.11-slim", "", "library/python", "3.11-slim", ""),
        ("mine", "", "mine", "latest", ""),
    ],
)
def test_parts(text: str, registry: str, repository: str, tag: str, digest: str) -> None:
    uri = parse(text)
    assert (uri.registry, uri.repository, uri.tag, uri.digest) == (registry, repository, tag, digest)


@pytest.mark.parametrize("text", ["", ":1", f"{ECR}/", "a:b:c"])
def test_no_image(text: str) -> None:
    with pytest.raises(ValueError, match="not an image URI"):
        parse(text)


def test_the_account_and_region_of_a_registry() -> None:
    uri = parse(f"{ECR}.cn/mine")
    assert (uri.is_ecr, uri.account, uri.region) == (True, "683313688378", "us-east-1")
    assert not parse("docker.io/mine").is_ecr


@pytest.mark.parametrize(
    ("short", "name"),
    [
        ("sagemaker-scikit-learn:1.2-1-cpu-py3", "sklearn-1.2-1"),
        ("sagemaker-scikit-learn:1.2-1", "sklearn-1.2-1"),
        ("sagemaker-scikit-learn:0.20.0-cpu-py3", "sklearn-0.20.0"),
        ("sagemaker-scikit-learn:1.4-2-py312-cpu-py3", "sklearn-1.4-2"),
        ("sagemaker-scikit-learn:1.9-1-cpu-py3", "sklearn-1.9-1"),
        ("sagemaker-xgboost:1.7-1", "xgboost-1.7-1"),
        ("sagemaker-xgboost:1.0-1-cpu-py3", "xgboost-1.0-1"),
        ("sagemaker-xgboost:3.9-2", "xgboost-3.9-2"),
        ("xgboost:1", "xgboost-0.72"),
        ("xgboost:latest", "xgboost-0.72"),
        ("sagemaker-base-python-310:1.0", "base-python-1.0"),
        ("pytorch-training:2.5-cpu-py311", "pytorch-2.5"),
        ("tensorflow-inference:2.16-cpu", "tensorflow-2.16"),
        ("huggingface-pytorch-inference:2.1.0-transformers4.37.0-cpu-py310-ubuntu22.04", "huggingface-4.37.0"),
    ],
)
def test_known_images(short: str, name: str) -> None:
    """The account and the region say nothing: sdk-wire §5.1."""
    recipe = recipe_for(parse(f"123456789012.dkr.ecr.eu-west-1.amazonaws.com/{short}"))
    assert recipe is not None
    assert recipe.name == name


@pytest.mark.parametrize("short", ["linear-learner:1", "team/sagemaker-xgboost:1.7-1", "sagemaker-xgboost", "python:3"])
def test_unknown_images(short: str) -> None:
    assert recipe_for(parse(f"{ECR}/{short}")) is None


def test_the_python_of_a_tag() -> None:
    recipe = recipe_for(parse("pytorch-training:2.5-cpu-py311"))
    assert recipe is not None
    assert (recipe.python, recipe.on_request) == ("3.11", True)


@pytest.mark.parametrize(
    ("package", "version", "python", "chosen"),
    [
        ("scikit-learn", "1.2.1", "3.9", "scikit-learn==1.2.1"),
        ("scikit-learn", "1.2.1", "3.11", "scikit-learn==1.2.1"),
        ("scikit-learn", "1.0.2", "3.11", "scikit-learn==1.1.3"),
        ("scikit-learn", "1.10.0", "3.12", "scikit-learn==1.10.0"),
        ("numpy", "1.24.1", "3.13", "numpy==2.1.3"),
        ("xgboost", "1.7.4", "3.11", "xgboost-cpu==2.1.4"),
        ("xgboost", "3.0.5", "3.11", "xgboost-cpu==3.0.5"),
        ("boto3", "1.28.57", "3.14", "boto3==1.28.57"),
    ],
)
def test_nearest_version(package: str, version: str, python: str, chosen: str) -> None:
    pin = nearest(package, version, python)
    assert f"{pin.package}=={pin.version}" == chosen


def test_differences_are_told() -> None:
    recipe = recipe_for(parse("sagemaker-scikit-learn:1.0-1-cpu-py3"))
    assert recipe is not None
    assert recipe.requirements("3.8").differences == ()
    assert recipe.requirements("3.8").lines[0] == "scikit-learn==1.0.2"
    told = recipe.requirements("3.11").differences
    assert told[:2] == ("Python 3.11 instead of 3.8", "scikit-learn 1.1.3 instead of 1.0.2")


def test_a_python_too_old_for_the_toolkit_is_not_sought() -> None:
    old, new = recipe_for(parse("sagemaker-xgboost:1.3-1")), recipe_for(parse("sagemaker-xgboost:1.5-1"))
    assert old is not None
    assert new is not None
    assert (old.preferred_python, new.preferred_python) == ("", "3.8")
