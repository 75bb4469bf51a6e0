"""A feature group as its records see it, and the check of a record against it.

Values come as text whatever the feature's type. Integral is a 64-bit signed integer, Fractional a finite double, String
UTF-8. An event time is Unix seconds (Fractional) or ``yyyy-MM-dd'T'HH:mm:ssZ`` with optional milliseconds (String), as
CreateFeatureGroup's model documents. Errors are the runtime's ``ValidationError``.
"""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from emulator.errors import ServiceError

RESERVED = frozenset({"is_deleted", "write_time", "api_invocation_time"})
UNITS = {"Seconds": 1, "Minutes": 60, "Hours": 3600, "Days": 86400, "Weeks": 604800}

# The years 1 and 9999, which dates and Parquet's partitions can tell.
FIRST, LAST = -62135596800.0, 253402300799.0

_ISO = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d{3})?Z")
_INTEGER = re.compile(r"[+-]?\d+")

Values = dict[str, Any]
"""Feature name -> text, or a list of texts for a collection."""


@dataclass(frozen=True, slots=True)
class Group:
    """What a FeatureGroup record says about its records. ``ttl`` is a TtlDuration or ``None``."""

    name: str
    arn: str
    id: str
    event: str
    definitions: Mapping[str, Mapping[str, Any]]
    online: bool
    offline: bool
    storage: str
    ttl: Mapping[str, Any] | None

    @classmethod
    def of(cls, record: Mapping[str, Any]) -> Group:
        """From the record of kind ``FeatureGroup``."""
        online = record.get("OnlineStoreConfig", {})
        return cls(
            name=record["FeatureGroupName"],
            arn=record["FeatureGroupArn"],
            id=record["RecordIdentifierFeatureName"],
            event=record["EventTimeFeatureName"],
            definitions={entry["FeatureName"]: entry for entry in record["FeatureDefinitions"]},
            online=bool(online.get("EnableOnlineStore")),
            offline="OfflineStoreConfig" in record,
            storage=online.get("StorageType", "Standard"),
            ttl=online.get("TtlDuration"),
        )

    def values(self, record: list[dict[str, Any]]) -> Values:
        """The given FeatureValues by name, each checked against its definition."""
        values: Values = {}
        for given in record:
            name = given["FeatureName"]
            if name not in self.definitions:
                raise invalid(f"FeatureName {name} is not defined in FeatureGroup {self.name}")
            if name in values:
                raise invalid(f"FeatureName {name} is given more than once")
            values[name] = _value(self.definitions[name], given)
        return values

    def complete(self, record: list[dict[str, Any]]) -> tuple[str, float, Values]:
        """Identifier, event time (epoch seconds) and values of a whole record."""
        values = self.values(record)
        for needed, role in ((self.id, "record identifier"), (self.event, "event time")):
            if needed not in values:
                raise invalid(f"Missing value for the {role} feature {needed}")
        if not values[self.id]:
            raise invalid(f"The record identifier feature {self.id} must not be empty")
        return values[self.id], self.time(values[self.event]), values

    def time(self, text: str) -> float:
        """An event time in epoch seconds."""
        if self.definitions[self.event]["FeatureType"] == "Fractional":
            seconds = _fractional(self.event, text)
            if FIRST <= seconds <= LAST:
                return seconds
            raise invalid(f"The event time feature {self.event} must be Unix seconds, not {text!r}")
        if _ISO.fullmatch(text):
            try:
                return datetime.fromisoformat(text).astimezone(UTC).timestamp()
            except ValueError:
                pass  # the 31st of February: right in form only
        raise invalid(
            f"The event time feature {self.event} must be an ISO-8601 string in the format yyyy-MM-dd'T'HH:mm:ssZ or "
            f"yyyy-MM-dd'T'HH:mm:ss.SSSZ, not {text!r}"
        )

    def expires(self, event: float, ttl: Mapping[str, Any] | None) -> float | None:
        """When a record's time is up: its own TtlDuration, else the group's, counted from the event time."""
        chosen = ttl or self.ttl
        return min(LAST, event + chosen["Value"] * UNITS[chosen["Unit"]]) if chosen else None

    def features(self, values: Values, names: list[str] | None = None) -> list[dict[str, Any]]:
        """Values as FeatureValues in the order of the definitions; only those of ``names`` when given."""
        for name in names or ():
            if name not in self.definitions:
                raise invalid(f"FeatureName {name} is not defined in FeatureGroup {self.name}")
        wanted = [name for name in self.definitions if name in values and (not names or name in names)]
        return [_feature(name, values[name]) for name in wanted]


def invalid(text: str) -> ServiceError:
    """The runtime's 400, in the form AWS gives it (``Validation Error: ...``)."""
    return ServiceError("ValidationError", f"Validation Error: {text}")


def _feature(name: str, value: Any) -> dict[str, Any]:
    return {"FeatureName": name, "ValueAsStringList" if isinstance(value, list) else "ValueAsString": value}


def _value(definition: Mapping[str, Any], given: Mapping[str, Any]) -> Any:
    name, collection = definition["FeatureName"], definition.get("CollectionType")
    expected, other = ("ValueAsStringList", "ValueAsString") if collection else ("ValueAsString", "ValueAsStringList")
    if expected not in given or other in given:
        raise invalid(f"The value of feature {name} must be given as {expected}")
    check = CHECKS[definition["FeatureType"]]
    items = given[expected] if collection else [given[expected]]
    for item in items:
        check(name, item)
    if collection == "Vector":
        dimension = definition["CollectionConfig"]["VectorConfig"]["Dimension"]
        if len(items) != dimension:
            raise invalid(f"The vector feature {name} has {dimension} dimensions, not {len(items)}")
    return list(dict.fromkeys(items)) if collection == "Set" else given[expected]


def _integral(name: str, text: str) -> int:
    if _INTEGER.fullmatch(text) and -(1 << 63) <= int(text) < 1 << 63:
        return int(text)
    raise invalid(f"The value {text!r} of feature {name} is not of type Integral (a 64-bit signed integer)")


def _fractional(name: str, text: str) -> float:
    try:
        value = float(text)
    except ValueError:
        value = math.nan
    if not math.isfinite(value) or "_" in text:
        raise invalid(
            f"The value {text!r} of feature {name} is not of type Fractional (a 64-bit floating point number)"
        )
    return value


def _string(name: str, text: str) -> str:
    return text


CHECKS: Mapping[str, Callable[[str, str], Any]] = {"Integral": _integral, "Fractional": _fractional, "String": _string}
"""Feature type -> function ``(feature name, text)`` that gives the value; ``ValidationError`` if it is none."""
