"""RenderUiTemplate: a worker's page with a task's data in it.

Templates are Liquid. Values (``{{ task.input.text | escape }}``) are put in; blocks (``{% for %}``) are not carried
out, and the answer's ``Errors`` name each, as the service does for a template it cannot render.
"""

from __future__ import annotations

import html
import re
from typing import Any

import orjson

from emulator.aws.call import Call
from emulator.aws.registry import EXECUTES, operation
from emulator.errors import validation
from emulator.services import Services
from handlers.sagemaker.hooks import require_one
from handlers.sagemaker.labeling.checks import no_ui
from handlers.sagemaker.resource import SERVICE, Record

VALUE = re.compile(r"\{\{-?\s*(.*?)\s*-?\}\}", re.DOTALL)
BLOCK = re.compile(r"\{%-?\s*(\w+).*?%\}", re.DOTALL)
# Filters of Ground Truth's own that leave a value as it is: access to S3 is not granted by address here.
AS_IT_IS = frozenset({"grant_read_access", "s3_presign", "skip_autoescape"})


@operation(SERVICE, "RenderUiTemplate", does=EXECUTES)
def render(call: Call, services: Services) -> Record:
    """The page, and what could not be put into it."""
    require_one(call.params, "UiTemplate", "HumanTaskUiArn", "RenderUiTemplate")
    try:
        task = orjson.loads(call.params["Task"]["Input"])
    except orjson.JSONDecodeError as error:
        raise validation(f"Task.Input is not valid JSON: {error}") from error
    template = _template(call, services)
    errors = [_error(f"Block '{name}' is not supported.") for name in BLOCK.findall(template)]

    def put_in(found: re.Match[str]) -> str:
        try:
            return _value(found[1], {"task": {"input": task}})
        except LookupError as error:
            errors.append(_error(str(error.args[0])))
            return ""

    return {"RenderedContent": VALUE.sub(put_in, template), "Errors": errors}


def _template(call: Call, services: Services) -> str:
    if "UiTemplate" in call.params:
        return str(call.params["UiTemplate"]["Content"])
    found = services.store.records.by_arn(call.params["HumanTaskUiArn"], call.scope)
    if found is None:
        raise no_ui(call, call.params["HumanTaskUiArn"])
    return str(found.record["UiTemplate"]["Content"])


def _error(message: str) -> Record:
    return {"Code": "TemplateRenderingError", "Message": message}


def _value(expression: str, data: Record) -> str:
    """The text of ``path | filter | filter``; ``LookupError`` with what is wrong."""
    path, *filters = (part.strip() for part in expression.split("|"))
    value: Any = data
    for part in path.split("."):
        if not isinstance(value, dict) or part not in value:
            raise LookupError(f"'{path}' is not in the task.")
        value = value[part]
    for name in filters:
        value = _filtered(name, value)
    escaped = not {"skip_autoescape", "escape", "to_json"} & set(filters)
    text = value if isinstance(value, str) else orjson.dumps(value).decode()
    return html.escape(text) if escaped else text


def _filtered(name: str, value: Any) -> Any:
    if name == "to_json":
        return orjson.dumps(value).decode()
    if name == "escape":
        return html.escape(str(value))
    if name not in AS_IT_IS:
        raise LookupError(f"Filter '{name}' is not supported.")
    return value
