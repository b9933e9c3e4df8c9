"""What the units of an earlier run rendered to: a rendering is a function of the renderer and its input files.

To start kustomize or helm for each unit takes most of the time of a run. A rendering is taken from an earlier run only if the
renderer, its arguments, and the name and content of every file that it can read are the same.
"""

import os
from hashlib import blake2b

from scclint.config.model import Config
from scclint.engine.kept import KeptValues
from scclint.files.store import StoredFile, digest
from scclint.judge.render import inputs
from scclint.units.detect import Split
from scclint.units.render import installed
from scclint.units.unit import Rendering, Unit


class RenderingCache:
    """The renderings for one scope. `find` and `keep` raise nothing for what the disk holds or refuses."""

    def __init__(self, file: StoredFile, split: Split, config: Config) -> None:
        self._split = split
        self._config = config
        self._programs = installed()
        self._kept = KeptValues(file)
        self._keys: dict[str, str] = {}

    def find(self, unit: Unit) -> Rendering | None:
        """Return what the unit rendered to in an earlier run with the same input; None if there was none."""
        key = self._keys[unit.name] = self._key(unit)
        try:
            text, notices, marker = self._kept[key]
            found = Rendering(f"{unit.name} as rendered", str(text), "", tuple(map(str, notices)), str(marker))
        except (KeyError, ValueError, TypeError):
            return None
        self._kept.take_over(key)
        return found

    def keep(self, unit: Unit, rendering: Rendering) -> None:
        """Keep what the unit rendered to. Errors are not kept, because what is missing can be installed."""
        if (key := self._keys[unit.name]) and not rendering.error:
            self._kept[key] = [rendering.text, rendering.notices, rendering.marker]

    def save(self) -> None:
        """Write what is to be kept, if anything is new."""
        self._kept.save()

    def _key(self, unit: Unit) -> str:
        """Return the key of everything that a rendering depends on; empty if a file cannot be read."""
        config = self._config
        asked = (unit.path, unit.namespace, unit.view, config.namespace, config.openshift, config.helm_values, config.helm_set)
        read = inputs(unit, self._split.tree, self._split.closures, self._config)
        try:
            return digest(repr((self._programs, asked, [(name, _digest_of(name)) for name in sorted(read)])))
        except OSError:
            return ""


def _digest_of(path: str) -> str:
    if not os.path.isfile(path):
        # To open a FIFO would wait for a writer.
        raise OSError(f"{path} is no regular file")
    with open(path, "rb") as file:
        return blake2b(file.read(), digest_size=32).hexdigest()
