"""What the units of an earlier run rendered to: a rendering depends only on the renderer and its input files.

To start kustomize or helm for each unit takes most of the time of a run. A rendering is taken from an earlier run only if the
renderer, its arguments, and the name and content of every file that it can read are the same.
"""

import os
from collections.abc import Callable
from hashlib import blake2b

from scclint.engine.stored_values import StoredValues
from scclint.files.store import digest
from scclint.judge.render import UnitRenderer
from scclint.units.render import RendererOutput, installed
from scclint.units.unit import Unit


class RenderingCache:
    """The renderings for one scope. Nothing here raises for what the disk holds or refuses."""

    def __init__(self, values: StoredValues, renderer: UnitRenderer) -> None:
        self._values = values
        self._renderer = renderer
        self._programs = installed()

    def output(self, unit: Unit, make: Callable[[], RendererOutput]) -> RendererOutput:
        """Return what the unit rendered to in an earlier run with the same input, or else what `make` returns, and keep it."""
        key = self._key(unit)
        try:
            text, notices = self._values[key]
            found = RendererOutput(str(text), notices=tuple(map(str, notices)))
        except (KeyError, ValueError, TypeError):
            found = make()
            # Errors are not kept, because what is missing can be installed.
            if key and not found.error:
                self._values[key] = [found.text, found.notices]
            return found
        self._values.take_over(key)
        return found

    def _key(self, unit: Unit) -> str:
        """Return the key of everything that a rendering depends on; empty if a file cannot be read."""
        config = self._renderer.config
        asked = (unit.path, unit.namespace, unit.view, config.namespace, config.openshift, config.helm_values, config.helm_set)
        try:
            read = [(name, _digest_of(name)) for name in sorted(self._renderer.inputs(unit))]
        except OSError:
            return ""
        return digest(repr((self._programs, asked, read)))


def _digest_of(path: str) -> str:
    if not os.path.isfile(path):
        # To open a FIFO would wait for a writer.
        raise OSError(f"{path} is no regular file")
    with open(path, "rb") as file:
        return blake2b(file.read(), digest_size=32).hexdigest()
