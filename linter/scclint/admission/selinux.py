"""The `seLinuxContext` strategy: under MustRunAs the options must be the SCC's, with the categories in any order."""

from collections.abc import Mapping

from scclint.admission.field import FieldError, Where
from scclint.finding import Path

_FIELDS = ("level", "role", "type", "user")


def validate(required: Mapping[str, str] | None, options: Mapping[str, str] | None, where: Where, at: Path) -> list[FieldError]:
    """Return the errors of the effective `seLinuxOptions` at the path `at`. `required` None is RunAsAny."""
    if required is None:
        return []
    if options is None:
        return [where.required("seLinuxOptions", "", ", ".join(f"{k}={v}" for k, v in required.items()), at=at)]
    errors = []
    for name in _FIELDS:
        wanted, actual = required.get(name) or "", options.get(name) or ""
        if wanted == actual or (name == "level" and _equal_levels(wanted, actual)):
            continue
        path = (*at, name)
        errors.append(where.invalid(f"seLinuxOptions.{name}", actual, f"must be {wanted}", wanted or "no value", at=path))
    return errors


def _equal_levels(expected: str, actual: str) -> bool:
    sensitivity, colon, categories = expected.partition(":")
    other_sensitivity, other_colon, other_categories = actual.partition(":")
    if not (colon and other_colon) or sensitivity != other_sensitivity:
        return False
    return sorted(categories.split(",")) == sorted(other_categories.split(","))
