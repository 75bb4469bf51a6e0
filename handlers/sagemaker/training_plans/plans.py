"""Training plans and the capacity they reserve; a plan that was not due when it was made is looked after here."""

from __future__ import annotations

from emulator import arns
from emulator.aws.call import Call
from emulator.aws.registry import keeps, operation
from emulator.errors import not_found
from emulator.services import Services
from handlers.sagemaker import crud
from handlers.sagemaker.listing import nothing
from handlers.sagemaker.resource import SERVICE, Record
from handlers.sagemaker.resources import RESOURCES
from handlers.sagemaker.training_plans.checks import capacities
from handlers.sagemaker.training_plans.offerings import unknown_offer

PLAN = RESOURCES["TrainingPlan"]


def settle(services: Services) -> None:
    """Plans become active and expire as their times come; there are few of them."""
    services.store.cycles.settle()
    now = arns.now()
    for stored in services.store.records.every(PLAN.noun, ("Scheduled", "Active")):
        plan = stored.record
        status = "Expired" if plan["EndTime"] <= now else "Active" if plan["StartTime"] <= now else "Scheduled"
        if status != plan["Status"]:
            changes = {"Status": status}
            services.store.records.update(stored.scope, PLAN.noun, stored.name, changes, status=status, touch=False)


@operation(SERVICE, "DescribeTrainingPlan")
def describe_plan(call: Call, services: Services) -> Record:
    """The plan as it is at this time."""
    settle(services)
    return capacities(crud.describe(PLAN, call, services))


@operation(SERVICE, "ListTrainingPlans")
def list_plans(call: Call, services: Services) -> Record:
    """The plans as they are at this time."""
    settle(services)
    answer = crud.list_(PLAN, call, services)
    return answer | {"TrainingPlanSummaries": [capacities(plan) for plan in answer["TrainingPlanSummaries"]]}


@operation(SERVICE, "DescribeReservedCapacity")
def describe_capacity(call: Call, services: Services) -> Record:
    """What a plan reserves, none of it in use."""
    return _capacity(call, services)


@operation(SERVICE, "ListUltraServersByReservedCapacity")
def list_ultra_servers(call: Call, services: Services) -> Record:
    """None: capacity is offered as instances."""
    _capacity(call, services)
    return nothing("UltraServers", call)


def _capacity(call: Call, services: Services) -> Record:
    arn = call.params["ReservedCapacityArn"]
    settle(services)
    plan = services.store.records.get(call.scope, PLAN.noun, arns.tail(arn))
    if plan is None or plan["_Capacity"]["ReservedCapacityArn"] != arn:
        raise not_found(f"Reserved capacity {arn} does not exist.")
    found: Record = capacities(plan)["ReservedCapacitySummaries"][0]
    return found | {"AvailableInstanceCount": found["TotalInstanceCount"], "InUseInstanceCount": 0}


@operation(SERVICE, "ExtendTrainingPlan", does=keeps("there is none: no extension is offered"))
def extend_plan(call: Call, services: Services) -> Record:
    """No extension is offered, so none is found."""
    raise unknown_offer(call.params["TrainingPlanExtensionOfferingId"])


@operation(SERVICE, "DescribeTrainingPlanExtensionHistory")
def describe_extensions(call: Call, services: Services) -> Record:
    """No plan has been extended."""
    arn = call.params["TrainingPlanArn"]
    if services.store.records.by_arn(arn, call.scope) is None:
        raise not_found(f"Training plan {arn} does not exist.")
    return nothing("TrainingPlanExtensions", call)
