"""Where an object comes from: the Template parameters behind its values, the file that kustomize built it from."""

from collections.abc import Mapping
from typing import TYPE_CHECKING, NamedTuple

from scclint.finding import Path
from scclint.record import EMPTY, record, replace

if TYPE_CHECKING:
    from scclint.model.object import ApiObject


class Parameter(NamedTuple):
    """A parameter of a Template: its value (None if unknown), the path of the value from the document's root, and in words where
    the value comes from.
    """

    name: str
    value: str | None
    path: Path
    how: str


@record
class Origin:
    """The file that kustomize built an object from, as its annotation has it, and the object in that file if it was found."""

    file: str
    source: "ApiObject | None" = None


@record
class Provenance:
    """What is known of an object beside its data. The defaults fit an object that stands in its file as the cluster gets it.

    - `home`: the namespace the object goes to if it names none and the user asked for none; empty if it is not known.
    - `label`: what messages call the object where kind and name would say nothing to its author.
    - `partial`: why the object is not a whole one, as a clause: it is a kustomize patch.
    - `unplaced`: whether it names namespace `default` only because Helm was given no namespace.
    - `whole`: False where a kustomization takes the object in, so that kustomize may add the fields that it lacks.
    - `elsewhere`: what decides about its pods and is not in the input, as a clause.
    - `beyond`: whether that is in the input but beyond a limit of scclint.
    - `origin`: the file that kustomize built it from.
    - `moved`: where its author wrote parts of it, by their path in the object, for parts that were put together.
    - `substitutions`: the Template parameters behind its values, by path, for each Template around it from the innermost on.
    """

    home: str = ""
    label: str = ""
    partial: str = ""
    unplaced: bool = False
    whole: bool = True
    elsewhere: str = ""
    beyond: bool = False
    origin: Origin | None = None
    moved: Mapping[Path, Path] = EMPTY
    substitutions: tuple[Mapping[Path, tuple[Parameter, ...]], ...] = ()

    def within(self, outer: "Provenance") -> "Provenance":
        """Return the provenance of an object that an object of provenance `outer` carries."""
        if not outer.home and not outer.substitutions:
            return self
        return replace(self, home=self.home or outer.home, substitutions=(*self.substitutions, *outer.substitutions))


WRITTEN = Provenance()
"""The provenance of an object that stands in its file as the cluster gets it."""
