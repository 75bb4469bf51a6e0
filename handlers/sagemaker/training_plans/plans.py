"""Training plans and the capacity they reserve; a plan that was not due when it was made is looked after here."""

from __future__ import annotations

from operator import itemgetter

from emulator import arns
from emulator.aws.call import Call
from emulator.aws.registry import keeps, operation
from emulator.errors import not_found
from emulator.services import Services
from handlers.sagemaker import crud
from handlers.sagemaker.listing import PAGE, nothing, slice_of
from handlers.sagemaker.resource import SERVICE, Record
from handlers.sagemaker.resources import RESOURCES
from handlers.sagemaker.training_plans.checks import capacities
from handlers.sagemaker.training_plans.offerings import EXTENDABLE, extension, find_plan, unknown_offer

PLAN = RESOURCES["TrainingPlan"]
EXTENSIONS, OFFER = "_Extensions", "TrainingPlanExtensionOfferingId"


def settle(services: Services) -> None:
    """Plans become active and expire as their times come; there are few of them."""
    services.store.cycles.settle()
    for stored in services.store.records.every(PLAN.noun, EXTENDABLE):
        plan = stored.record
        status = _status(plan["StartTime"], plan["EndTime"])
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


@operation(SERVICE, "ExtendTrainingPlan", does=keeps("nothing is reserved, nothing is paid"))
def extend_plan(call: Call, services: Services) -> Record:
    """The plan and its capacity end later; an offer is good for the plan as it was when it was made."""
    offer = call.params["TrainingPlanExtensionOfferingId"]
    name, more = extension(offer)
    settle(services)

    def extended(plan: Record) -> Record:
        if plan["EndTime"] != more["StartDate"] or plan["Status"] not in EXTENDABLE:
            raise unknown_offer(offer)
        span = {"EndTime": more["EndDate"], "DurationHours": plan["DurationHours"] + more["DurationHours"]}
        capacity = plan["_Capacity"] | span
        extensions = [*plan.get(EXTENSIONS, []), more | {"ExtendedAt": arns.now()}]
        return {**span, "_Capacity": capacity, EXTENSIONS: extensions}

    plan = services.store.records.update(call.scope, PLAN.noun, name, extended)
    if plan is None:
        raise unknown_offer(offer)
    return {"TrainingPlanExtensions": _history(plan)}


@operation(SERVICE, "DescribeTrainingPlanExtensionHistory")
def describe_extensions(call: Call, services: Services) -> Record:
    """The extensions of a plan, the first one first."""
    found, more = slice_of(_history(find_plan(call, services)), call.params, PAGE, itemgetter(OFFER))
    return {"TrainingPlanExtensions": found, **more}


def _history(plan: Record) -> list[Record]:
    """A plan's extensions with their present statuses."""
    return [it | {"Status": _status(it["StartDate"], it["EndDate"])} for it in plan.get(EXTENSIONS, [])]


def _status(start: float, end: float) -> str:
    """The status of a span of time now."""
    now = arns.now()
    return "Expired" if end <= now else "Active" if start <= now else "Scheduled"
