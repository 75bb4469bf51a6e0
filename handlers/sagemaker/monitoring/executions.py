"""Executions and alerts of monitoring schedules: none, for no schedule comes due here."""

from __future__ import annotations

from emulator.aws.call import Call
from emulator.aws.registry import keeps, operation, refused
from emulator.errors import not_found
from emulator.services import Services
from handlers.sagemaker import crud
from handlers.sagemaker.listing import nothing
from handlers.sagemaker.resource import SERVICE, Record
from handlers.sagemaker.resources import RESOURCES

ROW = RESOURCES["MonitoringSchedule"]
NONE = keeps("none: no schedule comes due")


@operation(SERVICE, "ListMonitoringExecutions", does=NONE)
def list_executions(call: Call, services: Services) -> Record:
    """No execution, whatever the filters."""
    return nothing("MonitoringExecutionSummaries", call)


@operation(SERVICE, "ListMonitoringAlerts", does=NONE)
def list_alerts(call: Call, services: Services) -> Record:
    """No alert of a schedule that is there."""
    crud.find(ROW, call, services)
    return nothing("MonitoringAlertSummaries", call)


@operation(SERVICE, "ListMonitoringAlertHistory", does=NONE)
def list_alert_history(call: Call, services: Services) -> Record:
    """No alert has changed."""
    if "MonitoringScheduleName" in call.params:
        crud.find(ROW, call, services)
    return nothing("MonitoringAlertHistory", call)


@operation(SERVICE, "UpdateMonitoringAlert", does=refused("No schedule comes due, so none has an alert."))
def update_alert(call: Call, services: Services) -> Record:
    """There is no alert to change."""
    schedule, _ = crud.find(ROW, call, services)
    raise not_found(f"Monitoring schedule {schedule} has no alert {call.params['MonitoringAlertName']}.")
