"""Every row of the table works through boto3: create, describe, list, tag, update, delete, with inputs made from the
model. Jobs, which run, have their own tests (tests/api/test_jobs_api.py); here they must only know what is missing."""

from __future__ import annotations

import re
import uuid
from collections.abc import Callable
from typing import Any

import pytest
import resource_inputs as inputs
from botocore.exceptions import ClientError

from emulator.aws import model
from handlers.sagemaker import listing
from handlers.sagemaker.resource import Resource, has, members
from handlers.sagemaker.resources import RESOURCES

ROLE = "arn:aws:iam::123456789012:role/service-role/Role"
NOT_CREATED_HERE = {"TrainingJob", "ProcessingJob", "TransformJob", "Endpoint", "ModelPackage"}
PLAIN = [row for row in RESOURCES.values() if row.noun not in NOT_CREATED_HERE]


def snake(operation: str) -> str:
    from botocore import xform_name

    return str(xform_name(operation))


@pytest.fixture
def sagemaker(client: Callable[..., Any]) -> Any:
    return client("sagemaker")


@pytest.fixture
def call(sagemaker: Any) -> Callable[..., dict[str, Any]]:
    def run(operation: str, **params: Any) -> dict[str, Any]:
        answer: dict[str, Any] = getattr(sagemaker, snake(operation))(**params)
        answer.pop("ResponseMetadata")
        return answer

    return run


def needs(row: Resource, call: Callable[..., Any], name: str) -> dict[str, Any]:
    """What Create of a row needs beyond the model's required members, with the resources it refers to made first."""
    container = {"Image": "123456789012.dkr.ecr.us-east-1.amazonaws.com/image:1"}
    if row.noun == "Model":
        return {"PrimaryContainer": container, "ExecutionRoleArn": ROLE}
    if row.noun == "EndpointConfig":
        call("CreateModel", ModelName=name, PrimaryContainer=container)
        variant = {"VariantName": "one", "ModelName": name, "InstanceType": "ml.m5.large", "InitialInstanceCount": 1}
        return {"ProductionVariants": [variant]}
    if row.noun == "Trial":
        call("CreateExperiment", ExperimentName=name)
        return {"ExperimentName": name}
    return {}


def make(row: Resource, call: Callable[..., Any], name: str) -> tuple[dict[str, Any], dict[str, Any]]:
    params = inputs.minimal(f"Create{row.noun}", **{row.facts.name: name}, **needs(row, call, name))
    if "Tags" in members(f"Create{row.noun}", "input"):
        params["Tags"] = [{"Key": "team", "Value": "one"}]
    return params, call(f"Create{row.noun}", **params)


def new_name(row: Resource) -> str:
    return f"{row.noun.lower()[:20]}-{uuid.uuid4().hex[:12]}"


def described(row: Resource, call: Callable[..., Any], name: str) -> dict[str, Any]:
    answer = call(f"Describe{row.noun}", **{row.facts.name: name})
    found: dict[str, Any] = answer[row.wrapper] if row.wrapper else answer
    return found


def error(call: Callable[..., Any], operation: str, **params: Any) -> tuple[str, str, int]:
    with pytest.raises(ClientError) as caught:
        call(operation, **params)
    response = caught.value.response
    return response["Error"]["Code"], response["Error"]["Message"], response["ResponseMetadata"]["HTTPStatusCode"]


@pytest.mark.parametrize("row", PLAIN, ids=lambda row: row.noun)
def test_create_and_describe_round_trip(row: Resource, call: Callable[..., Any]) -> None:
    name = new_name(row)
    params, created = make(row, call, name)
    output = model.service("sagemaker").operation(f"Create{row.noun}").output_shape
    assert not output or created[row.facts.arn].endswith(f":{row.type}/{name}")
    answer = described(row, call, name)
    required = members(f"Describe{row.noun}", "output") if not row.wrapper else {}
    shape = model.service("sagemaker").operation(f"Describe{row.noun}").output_shape
    missing = set(shape.required_members) - {row.wrapper} - answer.keys()
    assert not missing
    for member in params.keys() & required.keys():
        assert contains(answer[member], params[member]), member


def contains(answer: Any, sent: Any) -> bool:
    """Whether an answer repeats what was sent; the service may add defaults inside."""
    if isinstance(sent, dict):
        return all(key in answer and contains(answer[key], value) for key, value in sent.items())
    if isinstance(sent, list):
        return len(answer) == len(sent) and all(map(contains, answer, sent))
    return bool(answer == sent)


@pytest.mark.parametrize("row", PLAIN, ids=lambda row: row.noun)
def test_a_name_is_taken_once(row: Resource, call: Callable[..., Any]) -> None:
    name = new_name(row)
    params, _ = make(row, call, name)
    before = described(row, call, name)
    code, message, status = error(call, f"Create{row.noun}", **params)
    assert (code, status) == (row.duplicate, 400)
    assert re.search(r"already exist|must be unique", message)
    assert name in message
    assert described(row, call, name) == before


@pytest.mark.parametrize("row", [row for row in PLAIN if row.facts.listing], ids=lambda row: row.noun)
def test_list_finds_it(row: Resource, call: Callable[..., Any]) -> None:
    name = new_name(row)
    make(row, call, name)
    filters = members(row.facts.listing, "input")
    params = {"NameContains": name[3:]} if "NameContains" in filters else {"MaxResults": 100}
    if "SortOrder" in filters:
        params["SortOrder"] = "Descending"
    answer = call(row.facts.listing, **params)
    item_shape = members(row.facts.listing, "output")[row.facts.items].member
    (item,) = [item for item in answer[row.facts.items] if name in item.values()]
    assert set(item_shape.required_members) - item.keys() <= OPTIONAL_IN_PRACTICE
    if "NameContains" in filters:
        assert len(answer[row.facts.items]) == 1
        assert call(row.facts.listing, NameContains="no-such-thing-anywhere")[row.facts.items] == []


# Required by the model, but only there when the request had it.
OPTIONAL_IN_PRACTICE = {"EndpointName"}


@pytest.mark.parametrize("row", PLAIN, ids=lambda row: row.noun)
def test_tags_given_at_creation(row: Resource, call: Callable[..., Any]) -> None:
    name = new_name(row)
    params, _ = make(row, call, name)
    arn = described(row, call, name)[row.facts.arn]
    assert call("ListTags", ResourceArn=arn)["Tags"] == params.get("Tags", [])


UPDATED = [row for row in PLAIN if "Update" in row.verbs and has(f"Update{row.noun}")]


@pytest.mark.parametrize("row", UPDATED, ids=lambda row: row.noun)
def test_update_changes_what_it_names(row: Resource, call: Callable[..., Any]) -> None:
    name = new_name(row)
    make(row, call, name)
    params = inputs.full(f"Update{row.noun}", **{row.facts.name: name})
    call(f"Update{row.noun}", **params)
    answer = described(row, call, name)
    output = members(f"Describe{row.noun}", "output")
    for member in (params.keys() & output.keys()) - {row.facts.name}:
        removed = params.get(f"{member}ToRemove", [])
        wanted = params[member]
        if removed:
            wanted = {key: value for key, value in wanted.items() if key not in removed}
        assert contains(answer[member], wanted), member


@pytest.mark.parametrize("row", [row for row in PLAIN if has(f"Delete{row.noun}")], ids=lambda row: row.noun)
def test_delete_forgets_it(row: Resource, call: Callable[..., Any]) -> None:
    name = new_name(row)
    make(row, call, name)
    arn = described(row, call, name)[row.facts.arn]
    call(f"Delete{row.noun}", **{row.facts.name: name})
    assert error(call, f"Describe{row.noun}", **{row.facts.name: name})[0] == row.missing
    assert error(call, "ListTags", ResourceArn=arn)[2] == 400
    make(row, call, name) if row.noun not in {"Trial", "EndpointConfig"} else None


MISSING = [
    (row, verb)
    for row in RESOURCES.values()
    for verb in ("Describe", "Delete", "Update", "Stop")
    if verb in row.verbs and has(verb + row.noun)
]


@pytest.mark.parametrize(("row", "verb"), MISSING, ids=lambda value: getattr(value, "noun", value))
def test_what_is_not_there(row: Resource, verb: str, call: Callable[..., Any]) -> None:
    params = inputs.minimal(verb + row.noun, **{row.facts.name: "no-such-thing"})
    code, message, status = error(call, verb + row.noun, **params)
    assert (code, status) == (row.missing, 400)
    assert "no-such-thing" in message or row.noun == "TrainingJob"


@pytest.mark.parametrize("row", [row for row in RESOURCES.values() if row.facts.listing], ids=lambda row: row.noun)
def test_no_list_filter_and_no_item_member_leads_nowhere(row: Resource) -> None:
    known = {*members(f"Describe{row.noun}", "output"), *members(f"Create{row.noun}", "input"), "LastModifiedTime"}
    done = {"SortBy", "SortOrder", row.parent, *listing.PLAIN, *row.filters}
    filters = members(row.facts.listing, "input").keys() - done
    assert {path.split(".")[0] for path in (listing.path_of(row, member) for member in filters)} <= known
    items = members(row.facts.listing, "output")[row.facts.items].member.members
    assert items.keys() <= known | row.paths.keys()
