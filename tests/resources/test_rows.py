"""Every row of the table works through boto3: create, describe, list, tag, update, delete, with inputs made from the
model. Jobs, which run, have their own tests (tests/api/test_jobs_api.py); here they must only know what is missing."""

from __future__ import annotations

import re
import time
import uuid
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import conforming
import pytest
import resource_inputs as inputs
import resource_needs
from botocore.exceptions import ClientError

from emulator import arns
from emulator.aws import model
from handlers.sagemaker import listing, resource
from handlers.sagemaker.resource import Resource, has, members
from handlers.sagemaker.resources import RESOURCES

REFUSED = {row.noun for row in RESOURCES.values() if row.doing("Create").what == "refused"}
NOT_CREATED_HERE = {"TrainingJob", "ProcessingJob", "TransformJob", "ModelPackage", *REFUSED}
NOT_CREATED_HERE |= {"HubContent", "ImageVersion"}  # made by operations of their own: tests/api/test_studio.py
PLAIN = [row for row in RESOURCES.values() if row.noun not in NOT_CREATED_HERE]


def snake(operation: str) -> str:
    from botocore import xform_name

    return str(xform_name(operation))


@pytest.fixture(scope="module")
def sagemaker(client: Callable[..., Any]) -> Any:
    return client("sagemaker")


@pytest.fixture(scope="module")
def call(sagemaker: Any) -> Callable[..., dict[str, Any]]:
    def run(operation: str, **params: Any) -> dict[str, Any]:
        answer: dict[str, Any] = getattr(sagemaker, snake(operation))(**params)
        answer.pop("ResponseMetadata")
        conforming.check("sagemaker", operation, answer)
        return answer

    return run


@dataclass
class Made:
    """A resource made for a test: what Create was given and gave, and the members of a call that mean it."""

    params: dict[str, Any]
    created: dict[str, Any]
    name: str
    which: dict[str, Any]


def make(row: Resource, call: Callable[..., Any], name: str, settled: bool = True) -> Made:
    """Create what the row needs (resource_needs.py) and then one of its kind; by default wait until it is ready."""
    given = resource_needs.NEEDS.get(row.noun, resource_needs.nothing)(call, name)
    inputs_of = members(f"Create{row.noun}", "input")
    own = row.unique or row.facts.name
    params = inputs.minimal(f"Create{row.noun}", **{own: name} if own in inputs_of else {}, **given)
    if "Tags" in inputs_of:
        params["Tags"] = [{"Key": "team", "Value": "one"}]
    created = call(f"Create{row.noun}", **params)
    which = {key: params.get(key, created.get(key)) for key in row.identity}
    made = Made(params, created, name, {key: value for key, value in which.items() if value is not None})
    if settled and row.cycle:
        wait(row, call, made)
    return made


def wait(row: Resource, call: Callable[..., Any], made: Made) -> dict[str, Any]:
    """The description of a resource once its status stays."""
    for _ in range(300):
        answer = described(row, call, made)
        if answer[row.status_member] not in row.unfinished:
            return answer
        time.sleep(0.05)
    raise AssertionError(f"never settled: {answer}")


def wait_gone(row: Resource, call: Callable[..., Any], made: Made) -> str:
    """The error code of Describe once a resource that is being deleted is gone."""
    for _ in range(300):
        try:
            described(row, call, made)
        except ClientError as error:
            return str(error.response["Error"]["Code"])
        time.sleep(0.05)
    raise AssertionError("never gone")


def new_name(row: Resource) -> str:
    return f"{row.noun.lower()[:20]}{resource_needs.GLUE.get(row.noun, '-')}{uuid.uuid4().hex[:12]}"


def described(row: Resource, call: Callable[..., Any], made: Made) -> dict[str, Any]:
    answer = call(f"Describe{row.noun}", **made.which)
    found: dict[str, Any] = answer[row.wrapper] if row.wrapper else answer
    return found


def error(call: Callable[..., Any], operation: str, **params: Any) -> tuple[str, str, int]:
    with pytest.raises(ClientError) as caught:
        call(operation, **params)
    response = caught.value.response
    return response["Error"]["Code"], response["Error"]["Message"], response["ResponseMetadata"]["HTTPStatusCode"]


@pytest.mark.parametrize("row", PLAIN, ids=lambda row: row.noun)
def test_create_and_describe_round_trip(row: Resource, call: Callable[..., Any]) -> None:
    made = make(row, call, new_name(row), settled=False)
    params, answer = made.params, described(row, call, made)
    output = model.service("sagemaker").operation(f"Create{row.noun}").output_shape
    assert not output or made.created[row.facts.arn] == answer[row.facts.arn]
    assert answer[row.facts.arn].endswith(f":{row.type}/{row.name(made.which)}") or row.arn_id
    if row.cycle:
        assert answer[row.status_member] in row.cycle.create
        assert wait(row, call, made)[row.status_member] == row.cycle.create[-1]
    required = members(f"Describe{row.noun}", "output") if not row.wrapper else {}
    shape = model.service("sagemaker").operation(f"Describe{row.noun}").output_shape
    missing = set(shape.required_members) - {row.wrapper} - answer.keys()
    assert not missing
    for member in params.keys() & required.keys() - ANSWERED_OTHERWISE:
        assert contains(answer[member], params[member]), member


# Describe gives the hash of what Create was given.
ANSWERED_OTHERWISE = {"UiTemplate"}


def contains(answer: Any, sent: Any) -> bool:
    """Whether an answer repeats what was sent; the service may add defaults inside."""
    if isinstance(sent, dict):
        return all(key in answer and contains(answer[key], value) for key, value in sent.items())
    if isinstance(sent, list):
        return len(answer) == len(sent) and all(map(contains, answer, sent))
    return bool(answer == sent)


@pytest.mark.parametrize("row", [row for row in PLAIN if not row.new_id or row.unique], ids=lambda row: row.noun)
def test_a_name_is_taken_once(row: Resource, call: Callable[..., Any]) -> None:
    made = make(row, call, name := new_name(row))
    before = described(row, call, made)
    code, message, status = error(call, f"Create{row.noun}", **made.params)
    assert (code, status) == (modelled(f"Create{row.noun}", row.duplicate), 400)
    assert re.search(r"already exist|must be unique|duplicate|already in use", message)
    assert name in message or "{" not in row.duplicate_text
    assert described(row, call, made) == before


@pytest.mark.parametrize("row", [row for row in PLAIN if row.facts.listing], ids=lambda row: row.noun)
def test_list_finds_it(row: Resource, call: Callable[..., Any]) -> None:
    made = make(row, call, name := new_name(row), settled=False)
    filters = members(row.facts.listing, "input")
    params = {"NameContains": name[3:]} if "NameContains" in filters else {"MaxResults": 100}
    required = model.service("sagemaker").operation(row.facts.listing).input_shape.required_members
    params |= {member: made.which[member] for member in required}
    if "SortOrder" in filters:  # Descending, DESCENDING or Desc
        params["SortOrder"] = next(value for value in filters["SortOrder"].enum if value.lower().startswith("desc"))
    answer = call(row.facts.listing, **params)
    item_shape = members(row.facts.listing, "output")[row.facts.items].member
    (item,) = [item for item in answer[row.facts.items] if mine(row, made, item)]
    assert set(item_shape.required_members) - item.keys() <= OPTIONAL_IN_PRACTICE
    if "NameContains" in filters:
        assert len(answer[row.facts.items]) == 1
        assert call(row.facts.listing, **params | {"NameContains": "no-such-thing-anywhere"})[row.facts.items] == []


def mine(row: Resource, made: Made, item: dict[str, Any]) -> bool:
    """Whether a list item is what the test made: by its ARN, else by all its names."""
    if row.facts.arn in item and row.facts.arn in made.created:
        return bool(item[row.facts.arn] == made.created[row.facts.arn])
    return made.name in item.values()


# Required by the model, but only there when the request had it.
OPTIONAL_IN_PRACTICE = {"EndpointName"}


@pytest.mark.parametrize("row", PLAIN, ids=lambda row: row.noun)
def test_tags_given_at_creation(row: Resource, call: Callable[..., Any]) -> None:
    made = make(row, call, new_name(row), settled=False)
    arn = described(row, call, made)[row.facts.arn]
    assert call("ListTags", ResourceArn=arn)["Tags"] == made.params.get("Tags", [])


UPDATED = [row for row in PLAIN if "Update" in row.verbs and has(f"Update{row.noun}")]


@pytest.mark.parametrize("row", UPDATED, ids=lambda row: row.noun)
def test_update_changes_what_it_names(row: Resource, call: Callable[..., Any]) -> None:
    made = make(row, call, new_name(row))
    ready(row, call, made, "Update")
    special = resource_needs.NO_UPDATE.get(row.noun, ())
    left_out = special if isinstance(special, dict) else dict.fromkeys(special)
    params = {k: v for k, v in inputs.full(f"Update{row.noun}", **made.which, **left_out).items() if v is not None}
    call(f"Update{row.noun}", **params)
    answer = described(row, call, made)
    if row.cycle and row.cycle.update:
        assert answer[row.status_member] in row.cycle.update
        answer = wait(row, call, made)
        assert answer[row.status_member] == row.cycle.update[-1]
    output = members(f"Describe{row.noun}", "output")
    for member in (params.keys() & output.keys()) - set(row.identity):
        removed = params.get(f"{member}ToRemove", [])
        wanted = params[member]
        if removed:
            wanted = {key: value for key, value in wanted.items() if key not in removed}
        assert contains(answer[member], wanted), member


@pytest.mark.parametrize("row", [row for row in PLAIN if has(f"Delete{row.noun}")], ids=lambda row: row.noun)
def test_delete_forgets_it(row: Resource, call: Callable[..., Any]) -> None:
    made = make(row, call, new_name(row))
    arn = described(row, call, made)[row.facts.arn]
    ready(row, call, made, "Delete")
    call(f"Delete{row.noun}", **made.which)
    if row.cycle and row.cycle.left:
        assert wait(row, call, made)[row.status_member] == row.cycle.left
    else:
        assert wait_gone(row, call, made) == row.missing
        assert error(call, "ListTags", ResourceArn=arn)[2] == 400
    call(f"Create{row.noun}", **made.params)


def ready(row: Resource, call: Callable[..., Any], made: Made, verb: str) -> None:
    """Stop what must be stopped before the verb."""
    if row.cycle and not row.cycle.allows(verb, row.cycle.create[-1]):
        call(f"Stop{row.noun}", **made.which)
        wait(row, call, made)


CIRCLING = [row for row in PLAIN if row.cycle and len(row.cycle.create) > 1]


@pytest.mark.parametrize("row", CIRCLING, ids=lambda row: row.noun)
def test_what_is_not_ready_is_not_deleted(row: Resource, call: Callable[..., Any]) -> None:
    assert row.cycle
    if not has(f"Delete{row.noun}"):
        return
    made = make(row, call, new_name(row), settled=False)
    if row.cycle.allows("Delete", row.cycle.create[0]):
        call(f"Delete{row.noun}", **made.which)
    else:
        expected = modelled(f"Delete{row.noun}", row.cycle.refusal[0])
        assert error(call, f"Delete{row.noun}", **made.which)[0] == expected


STARTED = [row for row in CIRCLING if has(f"Start{row.noun}") and row.cycle and row.cycle.start]


@pytest.mark.parametrize("row", STARTED, ids=lambda row: row.noun)
def test_stop_and_start(row: Resource, call: Callable[..., Any]) -> None:
    assert row.cycle
    made = make(row, call, new_name(row))
    for verb, again, statuses in (("Stop", "Stop", row.cycle.stop), ("Start", "Start", row.cycle.start)):
        call(f"{verb}{row.noun}", **made.which)
        assert described(row, call, made)[row.status_member] in statuses
        assert wait(row, call, made)[row.status_member] == statuses[-1]
        expected = modelled(f"{again}{row.noun}", row.cycle.refusal[0])
        assert error(call, f"{again}{row.noun}", **made.which)[0] == expected


def modelled(operation: str, code: str) -> str:
    """The code of an error as an operation may answer it: an operation answers no error that it does not model."""
    known = {shape.error_code for shape in model.service("sagemaker").operation(operation).error_shapes}
    return code if code in known else "ValidationException"


MISSING = [
    (row, verb)
    for row in RESOURCES.values()
    for verb in ("Describe", "Delete", "Update", "Start", "Stop")
    if verb in row.verbs and has(verb + row.noun)
]


@pytest.mark.parametrize(("row", "verb"), MISSING, ids=lambda value: getattr(value, "noun", value))
def test_what_is_not_there(row: Resource, verb: str, call: Callable[..., Any]) -> None:
    keys = resource_needs.IDENTITY.get(row.noun, row.identity)
    identity = {key: inputs.missing(verb + row.noun, key) for key in keys}
    params = inputs.minimal(verb + row.noun, **identity)
    code, message, status = error(call, verb + row.noun, **params)
    assert (code, status) == (modelled(verb + row.noun, row.missing), 400)
    assert any(arns.tail(value) in message for value in identity.values()) or "{" not in row.missing_text


@pytest.mark.parametrize("row", [row for row in RESOURCES.values() if row.facts.listing], ids=lambda row: row.noun)
def test_no_list_filter_and_no_item_member_leads_nowhere(row: Resource) -> None:
    known = {*resource.described(row.noun), *members(f"Create{row.noun}", "input"), "LastModifiedTime"}
    done = {"SortBy", "SortOrder", row.parent, *listing.PLAIN, *row.filters}
    filters = members(row.facts.listing, "input").keys() - done
    assert {path.split(".")[0] for path in (listing.path_of(row, member) for member in filters)} <= known
    items = members(row.facts.listing, "output")[row.facts.items].member.members
    assert items.keys() <= known | row.paths.keys()
