"""What a monitoring schedule needs beyond the model, and what lists and Describe show of its definition."""

from __future__ import annotations

import re

from emulator.aws.call import Call
from emulator.errors import validation
from emulator.services import Services
from handlers.sagemaker.hooks import require_one
from handlers.sagemaker.resource import Record, dig, refusal

CONFIG = "MonitoringScheduleConfig"
CRON = re.compile(r"cron\((\S+\s+){5}\S+\)")


def prepare_schedule(call: Call, services: Services, record: Record) -> None:
    """A schedule has a definition of its own or names one, whose members Describe shows at the top as well."""
    record |= shown(call, services, record[CONFIG])


def redefine(call: Call, services: Services, record: Record) -> None:
    """As for a new schedule: the members shown at the top follow the new definition."""
    told = shown(call, services, call.params[CONFIG])
    name = record["MonitoringScheduleName"]
    services.store.records.update(call.scope, "MonitoringSchedule", name, told, touch=False)


def shown(call: Call, services: Services, config: Record) -> Record:
    """``MonitoringType`` and, where the definition says so, ``EndpointName``."""
    require_one(config, "MonitoringJobDefinition", "MonitoringJobDefinitionName", CONFIG)
    _check_times(config.get("ScheduleConfig", {}))
    kind = config.get("MonitoringType", "DataQuality")
    if "MonitoringJobDefinition" in config:
        inputs = config["MonitoringJobDefinition"]["MonitoringInputs"]
        endpoint = dig(inputs[0], "EndpointInput.EndpointName") if inputs else None
        return {"MonitoringType": kind, "EndpointName": endpoint}
    name = config["MonitoringJobDefinitionName"]
    definition = services.store.records.get(call.scope, f"{kind}JobDefinition", name)
    if definition is None:
        raise refusal(call, "ResourceNotFound", f"{kind} Job Definition {name} does not exist.")
    endpoint = dig(definition, f"{kind}JobInput.EndpointInput.EndpointName")
    return {"MonitoringType": kind, "EndpointName": endpoint}


def _check_times(schedule: Record) -> None:
    expression = schedule.get("ScheduleExpression")
    if expression is None:
        return
    if expression == "NOW":
        if not {"DataAnalysisStartTime", "DataAnalysisEndTime"} <= schedule.keys():
            raise validation("A schedule of NOW needs DataAnalysisStartTime and DataAnalysisEndTime.")
    elif not CRON.fullmatch(expression):
        raise validation(f"Invalid ScheduleExpression: '{expression}' is neither NOW nor a cron expression.")
