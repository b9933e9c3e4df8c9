"""What an object of the input was made from: parameters of a Template, and the file before kustomize built it."""

from scclint.deploy.origins.kustomizations import before_kustomize
from scclint.finding import Located, Related
from scclint.objects.expand.template import parameters_behind
from scclint.objects.types import ApiObject


def made_from(obj: ApiObject, at: Located) -> tuple[tuple[Related, ...], tuple[str, ...]]:
    """Return the places that the value at a place was made from, and notes where kustomize made it and no place is known."""
    related = tuple(parameters_behind(obj, at)) if obj.provenance.substitutions else ()
    if obj.provenance.origin is None:
        return related, ()
    before = before_kustomize(obj, at)
    if before is None:
        return related, (f"kustomize made it from {obj.provenance.origin.file}",)
    return (*related, before), ()
