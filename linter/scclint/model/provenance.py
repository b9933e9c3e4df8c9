"""Where an object was made from: the Template parameters behind its values, the file that kustomize took it from."""

from typing import TYPE_CHECKING, NamedTuple

from scclint.finding import Path
from scclint.record import record

if TYPE_CHECKING:
    from scclint.model.object import ApiObject


class Parameter(NamedTuple):
    """A parameter of a Template: its value, None where it is not known; where it is written, from the document's root; `how`
    says in words where the value comes from.
    """

    name: str
    value: str | None
    path: Path
    how: str


@record
class Origin:
    """The file that kustomize took an object from, as its annotation has it, and the object there if it was found."""

    file: str
    source: "ApiObject | None" = None
