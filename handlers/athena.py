"""Athena: only queries about Feature Store's tables and the databases they are in. Everything else is moto's.

The SDK's ``athena_query()`` and ``create_dataset()`` come this way. What a newcomer would get wrong: the SDK looks at a
query again only after five seconds, so GetQueryExecution waits a little for one that is nearly done.
"""

from __future__ import annotations

import re
import sys
import uuid
from collections.abc import Iterator, Sequence
from io import TextIOWrapper
from itertools import islice
from typing import Any

from emulator import arns
from emulator.aws.call import Call
from emulator.aws.registry import NotOurs, shared
from emulator.errors import ServiceError
from emulator.features import layout, queries, running, tables
from emulator.services import Services

SERVICE = "athena"
HELD = 20.0
PAGE = 1000

Record = dict[str, Any]

_QUALIFIED = re.compile(r'["`]?(\w+)["`]?\s*\.')
_VALUE = re.compile(r'("(?:[^"]|"")*"|)([,\n])')
_QUERIES = ("SELECT", "WITH", "VALUES", "(")


@shared(SERVICE, "StartQueryExecution")
def start_query_execution(call: Call, services: Services) -> Record:
    """Store and start a query about tables of ours."""
    params, context = call.params, call.params.get("QueryExecutionContext", {})
    if not _about_ours(call, services, params["QueryString"], context.get("Database", "")):
        raise NotOurs
    if not running.available():
        raise ServiceError("InvalidRequestException", running.MISSING)
    location = params.get("ResultConfiguration", {}).get("OutputLocation", "")
    if not location:
        raise ServiceError(
            "InvalidRequestException",
            "No output location provided. An output location is required either through the Workgroup result "
            "configuration setting or as an API input.",
        )
    id, text = str(uuid.uuid4()), params["QueryString"].strip()
    selects = text.upper().startswith(_QUERIES)
    output = f"{location.rstrip('/')}/{id}.{'csv' if selects else 'txt'}"
    now = arns.now()
    record = {
        "QueryExecutionId": id,
        "Query": text,
        "StatementType": "DML" if selects else "DDL",
        "ResultConfiguration": params["ResultConfiguration"] | {"OutputLocation": output},
        "QueryExecutionContext": context,
        "WorkGroup": params.get("WorkGroup", "primary"),
        "CreationTime": now,
        "_Output": output,
        queries.STATUS: "QUEUED",
    }
    services.store.records.insert(call.scope, queries.KIND, id, record, status="QUEUED")
    services.queries.submit(call.scope, id)
    return {"QueryExecutionId": id}


@shared(SERVICE, "GetQueryExecution")
def get_query_execution(call: Call, services: Services) -> Record:
    """The state of a query of ours."""
    record = _held(call, services, _ours(call, services))
    return {"QueryExecution": record | {"Status": _status(record), "Statistics": _statistics(record)}}


@shared(SERVICE, "StopQueryExecution")
def stop_query_execution(call: Call, services: Services) -> Record:
    """Cancel a query of ours."""
    services.queries.stop(call.scope, _ours(call, services)["QueryExecutionId"])
    return {}


@shared(SERVICE, "GetQueryResults")
def get_query_results(call: Call, services: Services) -> Record:
    """A page of a result, read back from its object; the first row of all has the columns' names."""
    record = _ours(call, services)
    if record[queries.STATUS] != "SUCCEEDED":
        state = record[queries.STATUS]
        raise ServiceError("InvalidRequestException", f"Query did not finish successfully. Final query state: {state}")
    begin = _offset(call.params.get("NextToken", "0"))
    end = begin + call.params.get("MaxResults", PAGE)
    rows = list(islice(_rows(services, record), begin, end + 1))
    if begin and not rows:
        raise ServiceError("InvalidRequestException", "Invalid NextToken.")
    page = rows[: end - begin]
    shown = [{"Data": [{} if value is None else {"VarCharValue": value} for value in row]} for row in page]
    columns = [_column(name, kind) for name, kind in record["_Columns"]]
    answer: Record = {"ResultSet": {"Rows": shown, "ResultSetMetadata": {"ColumnInfo": columns}}, "UpdateCount": 0}
    return answer | ({"NextToken": str(end)} if len(rows) > len(page) else {})


def _about_ours(call: Call, services: Services, text: str, database: str) -> bool:
    """Whether a query is for a database of ours: that of its context, or one it names."""
    named = {database, *(_QUALIFIED.findall(text))} - {""}
    return any(tables.owns(services.store, call.scope, name) for name in named)


def _ours(call: Call, services: Services) -> Record:
    record = services.store.records.get(call.scope, queries.KIND, call.params["QueryExecutionId"])
    if record is None:
        raise NotOurs
    return record


def _held(call: Call, services: Services, record: Record) -> Record:
    """The record once its query has ended, as far as this server holds calls at all (handlers/sagemaker/holding.py)."""
    if not services.settings.hold or not services.callers.slots.acquire(blocking=False):
        return record
    try:
        ended = services.store.records.wait(
            call.scope,
            queries.KIND,
            record["QueryExecutionId"],
            lambda now: now[queries.STATUS] not in queries.RUNNING,
            HELD,
        )
    finally:
        services.callers.slots.release()
    return ended or record


def _status(record: Record) -> Record:
    status = {"State": record[queries.STATUS], "SubmissionDateTime": record["CreationTime"]}
    if "_Ended" in record:
        status["CompletionDateTime"] = record["_Ended"]
    if "_Reason" in record:
        error = {"ErrorCategory": 2, "ErrorType": 1006, "Retryable": False, "ErrorMessage": record["_Reason"]}
        status |= {"StateChangeReason": record["_Reason"], "AthenaError": error}
    return status


def _statistics(record: Record) -> Record:
    milliseconds = record.get("_Milliseconds", 0)
    return {
        "EngineExecutionTimeInMillis": milliseconds,
        "TotalExecutionTimeInMillis": milliseconds,
        "DataScannedInBytes": 0,
    }


def _column(name: str, kind: str) -> Record:
    place = {"CatalogName": "hive", "SchemaName": "", "TableName": "", "Name": name, "Label": name, "Type": kind}
    return place | {"Precision": 0, "Scale": 0, "Nullable": "UNKNOWN", "CaseSensitive": kind == "varchar"}


def _offset(token: str) -> int:
    if not (token.isascii() and token.isdigit() and len(token) <= len(str(sys.maxsize)) - 1):
        raise ServiceError("InvalidRequestException", "Invalid NextToken.")
    return int(token)


def _rows(services: Services, record: Record) -> Iterator[Sequence[str | None]]:
    """The rows of a result one by one: there may be more than memory holds."""
    _, file = services.objects.open(*layout.split_uri(record["_Output"]))
    if file is None:
        raise ServiceError("InvalidRequestException", f"Could not find results at {record['_Output']}.")
    with TextIOWrapper(file, encoding="utf-8", newline="\n") as lines:
        if record["StatementType"] == "DDL":
            yield from ([line.removesuffix("\n")] for line in lines)
            return
        text = ""
        for line in lines:
            text += line
            if text.count('"') % 2 == 0:  # else a value goes on behind the line's end
                yield [found[1][1:-1].replace('""', '"') if found[1] else None for found in _VALUE.finditer(text)]
                text = ""
