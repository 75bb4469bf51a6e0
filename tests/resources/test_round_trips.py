"""What goes into Create and Update comes out of Describe: every member by itself, with all that it can hold."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from typing import Any

import pytest
import resource_needs
from resource_inputs import required
from resource_partners import create_params, update_params
from stories import TRAINING, World, name
from stories_told import FAIL
from test_rows import PLAIN, contains, ready

from emulator.app import App, load_handlers
from emulator.aws import model
from emulator.config import Settings
from handlers.sagemaker.resource import Resource, described, has, members
from handlers.sagemaker.resources import RESOURCES

load_handlers()


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    app = App(Settings(data_dir=tmp_path_factory.mktemp("round"), executor="process", hold=False, pace=0))
    yield World(app)
    app.close()


def answer(world: World, row: Resource, which: dict[str, Any]) -> dict[str, Any]:
    found = world(f"Describe{row.noun}", **which)
    return found[row.wrapper] if row.wrapper else found


def shared(row: Resource, verb: str) -> list[str]:
    """The members of a call that Describe gives too."""
    known = described(row.noun).keys()
    given = members(f"{verb}{row.noun}", "input")
    return [member for member in given if row.renamed.get(member, member) in known and member not in row.identity]


CREATED = [(row, member) for row in PLAIN for member in shared(row, "Create")]


@pytest.mark.parametrize(("row", "member"), CREATED, ids=lambda value: getattr(value, "noun", value))
def test_what_is_created_is_described(row: Resource, member: str, world: World) -> None:
    need = resource_needs.NEEDS.get(row.noun, resource_needs.nothing)
    inputs_of, called = members(f"Create{row.noun}", "input"), name(row.noun)
    own = row.unique or row.facts.name
    params = {own: called} if own in inputs_of and own != member else {}
    params |= create_params(world, row.noun, member, need(world, called), inputs_of[member], called)
    value = params[member]
    created = world(f"Create{row.noun}", **params)
    which = {key: params.get(key, created.get(key)) for key in row.identity}
    which = {key: it for key, it in which.items() if it is not None}
    told = row.renamed.get(member, member)
    got = answer(world, row, which)[told]
    assert contains(got, repeated(described(row.noun)[told], value))


UPDATED = [
    (row, member)
    for row in PLAIN
    if has(f"Update{row.noun}")
    for member in shared(row, "Update")
    if (row.noun, member) != ("Workforce", "OidcConfig")  # not of a workforce of Cognito users
]


@pytest.mark.parametrize(("row", "member"), UPDATED, ids=lambda value: getattr(value, "noun", value))
def test_what_is_updated_is_described(row: Resource, member: str, world: World) -> None:
    made, called = world.make(row.noun), name(row.noun)
    if row.cycle:
        ready(row, world, made, "Update")
    before = answer(world, row, made.which)
    shape = members(f"Update{row.noun}", "input")[member]
    params = update_params(world, row.noun, member, shape, called)
    world(f"Update{row.noun}", **made.which, **params)
    told = row.renamed.get(member, member)
    after = answer(world, row, made.which)
    assert contains(after[told], repeated(described(row.noun)[told], params[member]))
    for other in before.keys() & shared(row, "Create") - params.keys() - {told}:
        assert after[other] == before[other], other


Which = dict[str, Any]


def a_package(world: World) -> tuple[Which, list[str]]:
    return {"ModelPackageGroupName": world.make("ModelPackageGroup").name}, ["ModelPackageName:ModelPackageArn"]


def a_content(world: World) -> tuple[Which, list[str]]:
    named = {**world.make("Hub").which, "HubContentType": "Model", "HubContentName": name("content")}
    return {**named, "DocumentSchemaVersion": "1.0.0", "HubContentDocument": "{}"}, list(named)


def a_version(world: World) -> tuple[Which, list[str]]:
    return world.make("Image").which, ["ImageName"]


def a_pipeline(world: World) -> tuple[Which, list[str]]:
    definition = {"Version": "2020-12-01", "Metadata": {}, "Parameters": [], "Steps": [FAIL]}
    return {"PipelineName": name("Pipeline"), "PipelineDefinition": json.dumps(definition)}, ["PipelineName"]


def a_transform(world: World) -> tuple[Which, list[str]]:
    job = {"TransformJobName": name("job"), "ModelName": world.make("Model").name}
    return job, ["TransformJobName"]


def a_training(world: World) -> tuple[Which, list[str]]:
    return {"TrainingJobName": name("job"), **TRAINING}, ["TrainingJobName"]


# What is made by operations that are no row's: Create, Describe, and what makes the members of the first, with those
# of them, or of the answer, that say which it is.
OTHERS: dict[str, tuple[str, Callable[[World], tuple[Which, list[str]]]]] = {
    "CreateModelPackage": ("DescribeModelPackage", a_package),
    "ImportHubContent": ("DescribeHubContent", a_content),
    "CreateImageVersion": ("DescribeImageVersion", a_version),
    "CreatePipeline": ("DescribePipeline", a_pipeline),
    "CreateTrainingJob": ("DescribeTrainingJob", a_training),
    "CreateTransformJob": ("DescribeTransformJob", a_transform),
    "CreateProcessingJob": (
        "DescribeProcessingJob",
        lambda world: ({"ProcessingJobName": name("job")}, ["ProcessingJobName"]),
    ),
    "CreateAutoMLJobV2": ("DescribeAutoMLJobV2", lambda world: ({"AutoMLJobName": name("job")}, ["AutoMLJobName"])),
}
MADE = [
    (create, member)
    for create, (describe, _) in OTHERS.items()
    for member in members(create, "input").keys() & members(describe, "output").keys()
]


@pytest.mark.parametrize(("create", "member"), sorted(MADE))
def test_what_is_made_otherwise_is_described(create: str, member: str, world: World) -> None:
    describe, maker = OTHERS[create]
    given, keys = maker(world)
    noun, shape = create.removeprefix("Create").removeprefix("Import"), members(create, "input")[member]
    params = create_params(world, noun, member, given, shape, name("x"))
    created = world(create, **params)
    which = {key.partition(":")[0]: (params | created)[key.rpartition(":")[2]] for key in keys}
    got = world(describe, **which)[member]
    assert contains(got, repeated(members(describe, "output")[member], params[member]))


CHANGES = {
    "UpdateModelPackage": "CreateModelPackage",
    "UpdateHubContent": "ImportHubContent",
    "UpdateImageVersion": "CreateImageVersion",
    "UpdatePipeline": "CreatePipeline",
    "UpdateTrainingJob": "CreateTrainingJob",
}
CHANGED = [
    (update, member)
    for update, create in CHANGES.items()
    for member in members(update, "input").keys() & members(OTHERS[create][0], "output").keys()
    if member not in required(update) and member != "Version"
]


@pytest.mark.parametrize(("update", "member"), sorted(CHANGED))
def test_what_is_changed_otherwise_is_described(update: str, member: str, world: World) -> None:
    describe, maker = OTHERS[CHANGES[update]]
    given, keys = maker(world)
    created = world(CHANGES[update], **given)
    which = {key.partition(":")[0]: (given | created)[key.rpartition(":")[2]] for key in keys}
    before = world(describe, **which)
    params = {key: (before | which)[key] for key in required(update)}
    params |= update_params(world, update.removeprefix("Update"), member, members(update, "input")[member], name("x"))
    world(update, **params)
    after = world(describe, **which)
    assert contains(after[member], repeated(members(describe, "output")[member], params[member]))
    for other in before.keys() & members(CHANGES[update], "input").keys() - params.keys():
        assert after[other] == before[other], other


def repeated(shape: Any, value: Any) -> Any:
    """The part of what was given that the shape of an answer has a place for."""
    if shape.type_name == "structure":
        return {name: repeated(shape.members[name], item) for name, item in value.items() if name in shape.members}
    if shape.type_name == "list":
        return [repeated(shape.member, item) for item in value]
    return value


# Seen from AWS as ValidationException though the model has ResourceNotFound: boto3's waiters for jobs and Terraform's
# provider for Edge Manager look for that.
SEEN_OTHERWISE = {"TrainingJob", "ProcessingJob", "TransformJob", "DeviceFleet", "EdgePackagingJob"}


@pytest.mark.parametrize("noun", RESOURCES)
def test_the_code_of_what_is_not_there_is_the_one_that_describe_has(noun: str) -> None:
    modelled = {shape.error_code for shape in model.service("sagemaker").operation(f"Describe{noun}").error_shapes}
    found = "ResourceNotFound" in modelled and noun not in SEEN_OTHERWISE
    assert RESOURCES[noun].missing == ("ResourceNotFound" if found else "ValidationException")
