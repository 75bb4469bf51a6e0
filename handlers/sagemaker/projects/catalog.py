"""The switch that lets SageMaker's project templates into the service catalog; and SageMaker's own catalogs.

The switch is the account's in a region, off at first. No call makes a resource catalog: AWS keeps one, for feature
groups.
"""

from __future__ import annotations

from operator import itemgetter
from typing import TYPE_CHECKING

from emulator import arns
from emulator.aws.call import Call
from emulator.aws.registry import operation
from emulator.store import Exists
from handlers.sagemaker.listing import slice_of
from handlers.sagemaker.resource import SERVICE, Record

if TYPE_CHECKING:
    from emulator.services import Services

KIND = NAME = "ServicecatalogPortfolio"
CATALOG = "DefaultFeatureGroupCatalog"
MADE = 1669852800.0  # when AWS brought them: 1 December 2022
PAGE = 100


@operation(SERVICE, "EnableSagemakerServicecatalogPortfolio")
def enable(call: Call, services: Services) -> Record:
    """Let SageMaker's templates in; as often as one likes."""
    return _switch(call, services, "Enabled")


@operation(SERVICE, "DisableSagemakerServicecatalogPortfolio")
def disable(call: Call, services: Services) -> Record:
    """Take them out again."""
    return _switch(call, services, "Disabled")


def _switch(call: Call, services: Services, status: str) -> Record:
    with services.store.transaction():
        try:
            services.store.records.insert(call.scope, KIND, NAME, {"Status": status})
        except Exists:
            services.store.records.update(call.scope, KIND, NAME, {"Status": status})
    return {}


@operation(SERVICE, "GetSagemakerServicecatalogPortfolioStatus")
def status(call: Call, services: Services) -> Record:
    """How the switch stands."""
    return services.store.records.get(call.scope, KIND, NAME) or {"Status": "Disabled"}


@operation(SERVICE, "ListResourceCatalogs")
def list_catalogs(call: Call, services: Services) -> Record:
    """The one catalog there is, if it meets the filters."""
    params = call.params
    fits = (
        params.get("NameContains", "") in CATALOG
        and params.get("CreationTimeAfter", 0.0) < MADE
        and params.get("CreationTimeBefore", MADE + 1) > MADE
    )
    catalog = {
        "ResourceCatalogArn": arns.arn(call.scope, f"sagemaker-catalog/{CATALOG}"),
        "ResourceCatalogName": CATALOG,
        "Description": "The default catalog of feature groups.",
        "CreationTime": MADE,
    }
    page, token = slice_of([catalog] if fits else [], params, PAGE, itemgetter("ResourceCatalogName"))
    return {"ResourceCatalogs": list(page), **token}
