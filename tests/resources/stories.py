"""Stories: calls that all succeed, each operation of the five services in at least one of them.

``story("AddAssociation", "DeleteAssociation")`` says which operations a story is told for (test_ledger.py tells them
all); a row of the table needs none for the verbs that the row alone carries out. Members that a story does not give are
generated from the model.
"""

from __future__ import annotations

import itertools
from collections.abc import Callable
from typing import Any

import conforming
import resource_inputs as inputs
from test_rows import Made, make

from emulator.app import App
from emulator.aws import model
from handlers.sagemaker.resources import RESOURCES
from tests import raw_calls

Members = dict[str, Any]
ROLE = "arn:aws:iam::123456789012:role/service-role/Role"
TAGS = [{"Key": "team", "Value": "one"}, {"Key": "Cost center", "Value": ""}]
TRAINING: Members = {
    "AlgorithmSpecification": {"TrainingImage": "image:1", "TrainingInputMode": "File"},
    "OutputDataConfig": {"S3OutputPath": "s3://bucket/output"},
    "ResourceConfig": {"InstanceCount": 1, "InstanceType": "ml.m5.large", "VolumeSizeInGB": 1},
}
# How long a passing status lasts where work must still go on; engines do not run there either.
LONG = 3600.0
_numbers = itertools.count(1)


class World:
    """An application, and which operations it has answered with 200 and what its model asks for."""

    def __init__(self, app: App) -> None:
        self.app = app
        self.answered: set[str] = set()

    def __call__(self, operation: str, service: str = "sagemaker", /, **given: Any) -> Members:
        """The answer to a call, which must be good; required members that are not given are generated."""
        params = inputs.minimal(operation, service, **given)
        shape = model.service(service).operation(operation).input_shape
        if shape and "Tags" in shape.members:
            params = {"Tags": TAGS} | params
        status, answer = raw_calls.ask(self.app, service, operation, params)
        assert status == 200, (operation, params, answer)
        conforming.check(service, operation, answer)
        answer.pop("ResponseMetadata")
        self.answered.add(operation)
        if "Tags" in params and operation != "AddTags":
            self._has_tags(operation, params["Tags"], answer)
        return answer

    def gone(self, operation: str, service: str = "sagemaker", expected: str = "", /, **which: Any) -> None:
        """A call about what has been deleted is answered with the error that its model has for that, or another one
        that is known from AWS."""
        modelled = {shape.error_code for shape in model.service(service).operation(operation).error_shapes}
        expected = expected or next((code for code in modelled if "NotFound" in code), "ValidationException")
        status, answer = raw_calls.ask(self.app, service, operation, inputs.minimal(operation, service, **which))
        assert (answer["Error"]["Code"], status < 500) == (expected, True), (operation, which, answer)

    def _has_tags(self, operation: str, tags: list[dict[str, str]], answer: Members) -> None:
        """What a call makes or changes has the tags it gives; the answer names it by its ARN, mostly the last one."""
        arns = [value for member, value in answer.items() if member.endswith("Arn")]
        if arns:
            status, listed = raw_calls.ask(self.app, "sagemaker", "ListTags", {"ResourceArn": arns[-1]})
            assert status == 200, (operation, listed)
            assert all(tag in listed["Tags"] for tag in tags), (operation, listed)

    def make(self, noun: str, settled: bool = True) -> Made:
        """A resource of the table, with what it needs."""
        return make(RESOURCES[noun], self, name(noun), settled)


Story = Callable[[World], None]
STORIES: dict[str, tuple[Story, float]] = {}


def story(*operations: str, pace: float = 0) -> Callable[[Story], Story]:
    """Register a story; ``pace`` is how many seconds a passing status lasts in its world."""

    def register(function: Story) -> Story:
        assert not STORIES.keys() & set(operations)
        STORIES.update(dict.fromkeys(operations, (function, pace)))
        return function

    return register


def name(noun: str) -> str:
    """A name that nothing has, and that every kind of resource may have."""
    return f"{noun.lower()[:24]}{next(_numbers):06}"
