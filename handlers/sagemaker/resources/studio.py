"""Studio: domains and what lives in them."""

from __future__ import annotations

from emulator.aws.registry import keeps
from handlers.sagemaker.cycle import Cycle
from handlers.sagemaker.resource import Resource
from handlers.sagemaker.resources.texts import BRACKETED, BRACKETED_EXISTS
from handlers.sagemaker.studio import domains

SERVICE = Cycle(create=("Pending", "InService"), update=("Updating", "InService"), delete="Deleting")

ROWS = (
    Resource(
        "Domain",
        cycle=SERVICE,
        new_id=domains.domain_id,
        unique="DomainName",
        duplicate_text="Domain with the name {name} already exists.",
        missing_text=BRACKETED,
        defaults={
            "AppNetworkAccessType": "PublicInternetOnly",
            "HomeEfsFileSystemCreation": "Enabled",
            "TagPropagation": "DISABLED",
        },
        renamed={"DomainSettingsForUpdate": "DomainSettings"},
        merges=("DefaultUserSettings", "DefaultSpaceSettings"),
        prepare=domains.prepare_domain,
        deleting=domains.domain_is_empty,
    ),
    Resource(
        "UserProfile",
        keys=("DomainId", "UserProfileName"),
        parent="DomainId",
        cycle=SERVICE,
        missing_text=BRACKETED,
        duplicate_text=BRACKETED_EXISTS,
        merges=("UserSettings",),
        prepare=domains.prepare_user,
        deleting=domains.user_is_free,
    ),
    Resource(
        "Space",
        keys=("DomainId", "SpaceName"),
        parent="DomainId",
        cycle=SERVICE,
        missing_text=BRACKETED,
        duplicate_text=BRACKETED_EXISTS,
        merges=("SpaceSettings",),
        paths={
            "SpaceSettingsSummary": "SpaceSettings",
            "OwnershipSettingsSummary": "OwnershipSettings",
            "SpaceSharingSettingsSummary": "SpaceSharingSettings",
        },
        prepare=domains.prepare_space,
        deleting=domains.space_is_free,
    ),
    Resource(
        "App",
        keys=("DomainId", "UserProfileName", "SpaceName", "AppType", "AppName"),
        does={"Create": keeps("no application runs")},
        name_of=domains.app_name,
        parent="DomainId",
        cycle=Cycle(
            create=("Pending", "InService"),
            delete="Deleting",
            left="Deleted",
            allowed={"Delete": ("InService", "Failed", "Deleted")},  # the last two are refused in other words
        ),
        missing_text=BRACKETED,
        duplicate_text=BRACKETED_EXISTS,
        prepare=domains.prepare_app,
        deleting=domains.app_is_there,
    ),
    Resource(
        "StudioLifecycleConfig",
        paths={"AppTypeEquals": "StudioLifecycleConfigAppType"},
        missing_text=BRACKETED,
        duplicate_text=BRACKETED_EXISTS,
        deleting=domains.config_is_unused,
    ),
)
