"""What the rows of projects, MLflow and partner applications check and add."""

from __future__ import annotations

from typing import TYPE_CHECKING

from emulator import arns
from emulator.aws.call import Call
from emulator.errors import validation
from handlers.sagemaker.resource import Hook, Record
from handlers.sagemaker.tags import put_tags

if TYPE_CHECKING:
    from emulator.services import Services

PROVIDERS = {"CfnTemplateProvider": "CfnTemplateProviderDetail"}
DETAILS = "TemplateProviderDetails"


def application_id() -> str:
    """``app-`` and twelve capital letters or digits, as the ARNs of partner and MLflow apps end."""
    return f"app-{arns.short_id(12).upper()}"


def prepare_project(call: Call, services: Services, record: Record) -> None:
    """A project is made from a product of the service catalog or from templates; neither is provisioned here."""
    templates = record.pop("TemplateProviders", [])
    if ("ServiceCatalogProvisioningDetails" in record) == bool(templates):
        raise validation("Exactly one of ServiceCatalogProvisioningDetails and TemplateProviders must be given.")
    record["ProjectId"] = f"p-{arns.short_id(12)}"
    if templates:
        record[DETAILS] = details(templates)


def provisioned(record: Record) -> Record:
    """What DescribeProject tells of the product once the project is there."""
    if "ServiceCatalogProvisioningDetails" not in record:
        return {}
    made = {"ProvisionedProductId": f"pp-{arns.short_id(13)}"}
    return {"ServiceCatalogProvisionedProductDetails": made}


def details(templates: list[Record]) -> list[Record]:
    """Template providers as DescribeProject shows them."""
    return [{PROVIDERS.get(kind, kind): value for kind, value in template.items()} for template in templates]


def amend_project(params: Record, record: Record, changed: Record) -> Record:
    """UpdateProject's own names of what it changes."""
    if "TemplateProvidersToUpdate" in changed:
        changed[DETAILS] = details(changed.pop("TemplateProvidersToUpdate"))
    return changed


def add_tags(member: str) -> Hook:
    """An Update that has tags adds them."""

    def hook(call: Call, services: Services, record: Record) -> None:
        put_tags(services, record[member], call.params.get("Tags", []))

    return hook


def prepare_tracking_server(call: Call, services: Services, record: Record) -> None:
    """Where the tracking server would be."""
    name, region = record["TrackingServerName"], call.scope.region
    record["TrackingServerUrl"] = f"https://{name}-{arns.short_id(4)}.mlflow.sagemaker.{region}.app.aws"


def prepare_partner_app(call: Call, services: Services, record: Record) -> None:
    """Where the application would be."""
    name = arns.tail(record["Arn"]).lower()
    record["BaseUrl"] = f"https://partner-{name}.{call.scope.region}.sagemaker.aws"


def active(record: Record) -> Record:
    """A tracking server that serves."""
    return {"IsActive": "Active"}


def inactive(record: Record) -> Record:
    """A tracking server that does not."""
    return {"IsActive": "Inactive"}


def default_for(record: Record, value: object) -> bool:
    """The filter ``DefaultForDomainId``."""
    return value in record.get("DefaultDomainIdList", [])
