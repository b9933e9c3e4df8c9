"""Where a person wrote a field of an object, or would write it: what tracers answer, and what places and remedies ask."""

from scclint.finding import Path
from scclint.record import record
from scclint.source import Span


@record
class FieldOrigin:
    """Where a field is written, or would be written: `span` is the place to edit.

    `keys` lead to the field in the values of a chart; they are empty where something else than a value writes it. `written` is False if the
    field is not there, and `span` is the mapping that would get it. `whole` is False if the value is only a part of the field, so that an
    operation on the field is none on the value. `replaces`: the templates have defaults for the mapping around the field, and the one of the
    values takes their place.
    """

    span: Span
    keys: Path = ()
    written: bool = True
    whole: bool = True
    replaces: bool = False

    @property
    def name(self) -> str:
        """The values key in the words of helm: `web.securityContext.runAsUser`, `containers[0].image`."""
        return "".join(f"[{step}]" if isinstance(step, int) else f".{step}" for step in self.keys).removeprefix(".")
