"""News for the admin: everything told goes to the log and, by the same name, into the record.

Rules of this file: what the record cannot take (a full disk) is in the log all the same.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from types import MappingProxyType

from vacnet.agent.effects import Notify
from vacnet.factory.logs import tell
from vacnet.record.record import Record

CALM: Mapping[str, tuple[str, str]] = MappingProxyType(
    {
        "restart": ("settings.waiting", "settings.waits-no-more"),
        "override": ("override.in-force", "override.gone"),
    }
)
"""Topics that are shown and no trouble: how they are told when they come and go."""


class News:
    """Tells what happens."""

    def __init__(self, record: Record, counted: Callable[[Notify], None]) -> None:
        """Tell the log and this record; `counted` is called with everything that is told."""
        self._record = record
        self._counted = counted

    def notify(self, effect: Notify) -> None:
        """Tell something that happened."""
        self._counted(effect)
        tell(effect.name, effect.fields, warning=effect.warning)
        self._record.add_event(effect.name, effect.fields, warning=effect.warning)

    def warning_came(self, topic: str, line: str) -> None:
        """Tell that something became wrong, or is to be known."""
        if topic in CALM:
            self.notify(Notify(CALM[topic][0], {"why": line}))
        else:
            self.notify(Notify(f"{topic}.bad", {"why": line}, warning=True))

    def warning_went(self, topic: str) -> None:
        """Tell that it is so no more."""
        self.notify(Notify(CALM[topic][1] if topic in CALM else f"{topic}.good"))
