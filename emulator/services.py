"""Services: everything a handler may use, as one dataclass. Made by ``app.py``, handed to every handler."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from emulator.arns import Scope
from emulator.aws.keys import Keys
from emulator.callers import Callers
from emulator.config import Settings
from emulator.jobs.base import CallApi

if TYPE_CHECKING:
    from emulator.features.offline import Offline
    from emulator.features.queries import Queries
    from emulator.images.catalogue import Images
    from emulator.jobs.engine import Engine
    from emulator.logs import Logs
    from emulator.objects import Objects
    from emulator.pipelines.runner import Runner
    from emulator.store import Store


@dataclass(frozen=True, slots=True)
class Services:
    """What handlers work with: ``engine`` runs jobs, ``runner`` pipeline executions, ``call`` is the API itself,
    ``offline`` writes Feature Store's Parquet files, ``queries`` runs SQL over them, ``callers`` who has
    asked about what runs, ``notify`` sends a document to a queue, topic, function or event bus, ``notifiable`` says
    whether there is such a one."""

    settings: Settings
    store: Store
    objects: Objects
    logs: Logs
    images: Images
    engine: Engine
    runner: Runner
    call: CallApi
    offline: Offline
    queries: Queries
    notify: Callable[[Scope, str, dict[str, Any]], None]
    notifiable: Callable[[Scope, str], bool]
    keys: Keys
    callers: Callers = field(default_factory=Callers)
