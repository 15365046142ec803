"""What an edit of settings, keys or peers means for a running factory.

Rules of this file: what is good is used, what is bad is a warning and changes nothing. At a start with bad
settings, or without a key, there is nothing good to go on with: then nothing may start until the files
are mended, which is noticed like any other edit.
"""

from __future__ import annotations

from pathlib import Path

from vacnet.factory import settings as of_settings
from vacnet.factory.factory import Factory
from vacnet.factory.lists import keys_of, peers_of
from vacnet.factory.places import Places
from vacnet.factory.reload import Group
from vacnet.factory.watch import Watch


class Edits:
    """Takes edits over."""

    def __init__(self, factory: Factory, places: Places) -> None:
        """Know whose files they are."""
        self._factory = factory
        self._places = places
        self._has_keys = False

    def groups(self, settings: Watch) -> tuple[Group, ...]:
        """Return what is watched, and what reads it; the settings have been read, watched by `settings`."""
        return (
            Group(settings, self.settings),
            Group(Watch(lambda: [Path(self._factory.settings.space.key_file)]), self.keys),
            Group(Watch(lambda: [Path(self._factory.settings.space.peers_file)]), self.peers),
        )

    def settings(self) -> None:
        """Read the settings files and use them if they are good."""
        read = of_settings.read(self._places)
        factory = self._factory
        factory.bad_settings = read.problems
        factory.warned.replace("settings", map(str, read.problems))
        if read.settings is None:
            return
        factory.warned.replace("restart", of_settings.waits_for_restart(factory.settings, read.settings))
        factory.record.keep_settings([(file.name, file.data) for file in read.files])
        factory.restrictions.pop("settings", None)
        factory.use(of_settings.with_fixed(factory.settings, read.settings))
        self.override()

    def override(self) -> None:
        """Say that an override is in force."""
        factory = self._factory
        files = [name for name in factory.settings.sources if name.endswith("/override.toml")]
        active = files if factory.settings.override_active else []
        factory.warned.replace("override", (f"{name} is in force until the next reboot" for name in active))

    def keys(self) -> None:
        """Read the key file and use its keys."""
        keys, wrong = keys_of(self._factory.settings)
        self._factory.warned.replace("keys", wrong)
        if keys is not None:
            self._has_keys = True
            self._factory.feed(keys)
        self._factory.restrict("keys", "" if self._has_keys else "without a key nothing can be told or heard")

    def peers(self) -> None:
        """Read the peers file and use its peers."""
        peers, wrong = peers_of(self._factory.settings)
        self._factory.warned.replace("peers", wrong)
        if peers is not None:
            self._factory.resolver.use(peers)
