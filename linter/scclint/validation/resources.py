"""Rules of the API server about resources: requests and limits, claims, and what an environment variable reads of them.

As `validateResourceRequirements` and the functions that it calls in pkg/apis/core/validation of Kubernetes 1.31 to 1.36 apply them on
creation, with their words. Values of a wrong type are left to the walk over the schema: here they count as absent.
"""

import re
from collections.abc import Callable, Iterator
from functools import lru_cache
from typing import Any, NamedTuple

from scclint.finding import Path
from scclint.objects.unknown import is_open
from scclint.platform.releases import JSON_IN_MESSAGES
from scclint.text import field_path
from scclint.validation.names import qualified_errors
from scclint.validation.problem import Printed, Problems, duplicate, forbidden, invalid, not_found, required, unsupported
from scclint.yaml.untyped import Object, as_mapping, as_mappings, as_text, value_at

QUANTITY = r"(?P<number>[+-]?(?:\d++(?:\.\d*+)?|\.\d++))(?:(?P<unit>[numkMGTPE]|[KMGTPE]i)|[eE](?P<exponent>[+-]?\d+))?"

_LONGEST = 100
"""A quantity of more characters is not compared with others."""
_SMALLEST = -3
"""The power of ten that the API server rounds amounts up to."""
_HIGHEST = (2**63 - 1) * 1000
_DECIMAL, _BINARY = "num kMGTPE", "KMGTPE"
_HUGE = "hugepages-"
_OF_PODS = ("cpu", "memory")
_OF_CONTAINERS = frozenset(("cpu", "memory", "ephemeral-storage"))
_COUNTED = frozenset((
    "configmaps", "persistentvolumeclaims", "pods", "replicationcontrollers", "resourcequotas", "secrets", "services",
    "services.loadbalancers", "services.nodeports",
))  # fmt: skip
_STANDARD = (
    {f"{prefix}{name}" for name in _OF_CONTAINERS for prefix in ("", "requests.", "limits.")}
    | {"storage", "requests.storage"}
    | _COUNTED
)
_READ = tuple(sorted(f"{field}.{name}" for field in ("limits", "requests") for name in _OF_CONTAINERS))
_UNITS = ("1", *(f"1{unit}" for unit in "kMGTPE"), *(f"1{unit}i" for unit in _BINARY))
_DIVISORS: dict[str, tuple[tuple[str, ...], str]] = {
    "cpu": (("1m", "1"), "cpu"),
    "memory": (_UNITS, "memory"),
    "ephemeral-storage": (_UNITS, "local ephemeral storage"),
    "hugepages": (_UNITS, "hugepages"),
}
"""The divisors that go with each resource, and what the API server calls it."""


class Quantity(NamedTuple):
    """An amount in thousandths, rounded up, and how it is printed: with units of 1,000, with units of 1,024, or with an exponent.

    `written` is the text if the API server keeps it, as it does where it takes it for the shortest one. `number` and `scale` are the
    amount as a number and a power of ten.
    """

    thousandths: int
    form: str = "decimal"
    written: str = ""
    number: int = 0
    scale: int = 0

    def __str__(self) -> str:
        """The amount as the API server prints it."""
        if self.written or not self.thousandths:
            return self.written or "0"
        if self.form == "binary" and abs(self.thousandths) >= 1024 * 1000 and self.thousandths % 1000 == 0:
            whole, unit = _factored(self.thousandths // 1000, 1024)
            return f"{whole}{f' {_BINARY}'[unit]}i" if unit else str(whole)
        whole, unit = _factored(self.thousandths, 1000)
        if self.form == "exponent" and unit != 1:
            return f"{whole}e{3 * unit - 3}"
        return f"{whole}{_DECIMAL[unit + 2].strip()}"

    @property
    def struct(self) -> Printed:
        """The amount as API servers up to Kubernetes 1.33 print it in some errors, for one that is no integer."""
        amount = (
            f"resource.int64Amount{{value:{self.number}, scale:{self.scale}}}, d:resource.infDecAmount{{Dec:(*inf.Dec)(nil)}}"
        )
        return Printed(f'resource.Quantity{{i:{amount}, s:"{self.written}", Format:"DecimalSI"}}')


Amounts = dict[str, Quantity]
"""Amounts by the names of their resources."""
Names = Callable[[str], Iterator[str]]
"""Yields why a name is not one of a resource."""


def _divided(number: int, by: int) -> int:
    """Return a quotient, rounded away from zero."""
    return -(-number // by) if number > 0 else number // by


def _factored(whole: int, base: int) -> tuple[int, int]:
    """Return a number without factors of the base, and how many there were."""
    unit = 0
    while whole % base == 0 and unit < len(_BINARY) + (base == 1000):
        whole, unit = whole // base, unit + 1
    return whole, unit


def quantity(written: Any) -> Quantity | None:
    """Return the amount that a field says; None if it says none."""
    text = str(written).strip()
    return _quantity(text) if len(text) <= _LONGEST else None


@lru_cache(maxsize=256)
def _quantity(text: str) -> Quantity | None:
    found = re.fullmatch(QUANTITY, text)
    if found is None:
        return None
    unit, number, form = found["unit"] or " ", found["number"], "exponent" if found["exponent"] else "decimal"
    whole, decimals = int(number.replace(".", "")), len(number.partition(".")[2])
    if unit.endswith("i"):
        amount = _divided(whole * 1024 ** (_BINARY.index(unit[0]) + 1) * 1000, 10**decimals)
        return Quantity(min(max(amount, -_HIGHEST), _HIGHEST), "binary")
    scale = max(-_LONGEST, min(int(found["exponent"] or 0), _LONGEST)) - decimals + 3 * (_DECIMAL.index(unit) - 3)
    digits = str(abs(whole))
    if scale < _SMALLEST:
        whole = _divided(whole, 10 ** (_SMALLEST - scale))
        return Quantity(whole, form, "", whole, _SMALLEST)
    # A leading zero of the whole part is one of the digits of the API server, too.
    kept = scale % 3 == 0 and not digits.endswith("000") and not re.match(r"[+-]?0*\.", number)
    return Quantity(whole * 10 ** (scale - _SMALLEST), form, text if kept else "", whole, scale)


def check_container_resources(container: Object, at: Path, claims: list[str], minor: int, *, is_pod: bool) -> Problems:
    """`ValidateContainerResourceRequirements`: names and amounts of resources, requests within limits, huge pages, and claims.

    `at` leads to the container, and `claims` are the names of the claims of its pod.
    """
    part, at = as_mapping(container.get("resources")), (*at, "resources")
    yield from _check_amounts(*_amounts(part, defaulted=is_pod), at, _container_name_errors, minor)
    yield from _check_claim_names(part, (*at, "claims"), claims)


def _check_claim_names(part: Object, at: Path, claims: list[str]) -> Problems:
    """`validateResourceClaimNames`: each claim, or request of it, is one of the pod and is named once."""
    used: set[str] = set()
    for index, claim in enumerate(as_mappings(part.get("claims"))):
        name, request, where = as_text(claim.get("name")), as_text(claim.get("request")), (*at, index)
        key = f"{name}/{request}" if request else name
        if not name:
            yield required(where)
            continue
        if name in used or key in used:
            yield duplicate(where, name if name in used else key)
        elif not request:
            yield from (duplicate(where, name) for other in used if other.startswith(f"{name}/"))
        used.add(key)
        if name not in claims and not is_open(name):
            known = f": {', '.join(sorted(set(claims)))}" if claims else " which is empty"
            yield not_found(where, name, f"must be one of the names in pod.spec.resourceClaims{known}")


def check_pod_resources(spec: Object, path: Path, claims: list[str], minor: int, *, is_pod: bool) -> Problems:
    """`validatePodResources` and `validateOverhead`: the amounts of a whole pod are enough for its containers.

    `path` leads to the spec of the pod, and `claims` are the names of its claims.
    """
    overhead, _ = _amounts({"limits": spec.get("overhead")}, defaulted=False)
    yield from _check_amounts(overhead, {}, (*path, "overhead"), _container_name_errors, minor)
    part, at = as_mapping(spec.get("resources")), (*path, "resources")
    limits, requests = _amounts(part, defaulted=False)
    if value_at(spec, ("os", "name")) == "windows" or not part:
        return
    if part.get("claims") is not None:
        yield forbidden((*at, "claims"), "claims may not be set for Resources at pod-level")
        yield from _check_claim_names(part, (*at, "claims"), claims)
    of_all = [_total(spec, field, is_pod=is_pod) for field in (0, 1)]
    if is_pod:
        limits, requests = _with_amounts_of_containers(limits, requests, *of_all)
    yield from _check_amounts(limits, requests, at, _name_errors, minor)
    for field, amounts, all_amounts in (("limits", limits, of_all[0]), ("requests", requests, of_all[1])):
        for name, amount in amounts.items():
            where, named, total = (*at, field, name), f"{field_path((*at, field))}[{name}]", all_amounts.get(name)
            if not _is_of_pods(name) and not any(_name_errors(name)):
                yield unsupported(where, name, ("cpu", _HUGE, "memory"), named=named)
            if total is not None and total.thousandths > amount.thousandths and (field == "requests" or name.startswith(_HUGE)):
                text = f"must be greater than or equal to aggregate container {field} of {total}"
                yield invalid(where, str(amount), text, named=named)
    for index, container in enumerate(as_mappings(spec.get("containers"))):
        for name, amount in _amounts(as_mapping(container.get("resources")), defaulted=False)[0].items():
            if name in limits and amount.thousandths > limits[name].thousandths:
                named = f"{field_path(at)}.containers[{index}][{name}].limits"
                yield invalid(
                    (*at, "limits"), str(amount), f"must be less than or equal to pod limits of {limits[name]}", named=named
                )


def _with_amounts_of_containers(
    limits: Amounts, requests: Amounts, all_limits: Amounts, all_requests: Amounts
) -> tuple[Amounts, Amounts]:
    """The limits and requests of a whole pod with the API server's defaults, which are those of all containers."""
    if limits or requests:
        huge = {name: amount for name, amount in all_limits.items() if name.startswith(_HUGE) and name not in requests}
        limits = {**huge, **limits}
    if limits:
        added = {**limits, **{name: amount for name, amount in all_requests.items() if name in _OF_PODS}}
        requests = {**{name: amount for name, amount in added.items() if _is_of_pods(name)}, **requests}
    return limits, requests


def _total(spec: Object, field: int, *, is_pod: bool) -> Amounts:
    """`AggregateContainerRequests`: what the containers of a pod take together, or before they start. `field` is 0 for limits."""
    lasting: Amounts = {}
    most: Amounts = {}
    for name in ("initContainers", "containers"):
        for container in as_mappings(spec.get(name)):
            amounts = _amounts(as_mapping(container.get("resources")), defaulted=is_pod)[field]
            together = _joined(lasting, amounts, lambda one, other: Quantity(one.thousandths + other.thousandths, one.form))
            most = _joined(most, together, max)
            lasting = together if name == "containers" or container.get("restartPolicy") == "Always" else lasting
    return most


def _joined(one: Amounts, other: Amounts, join: Callable[[Quantity, Quantity], Quantity]) -> Amounts:
    return {**one, **{name: join(one[name], amount) if name in one else amount for name, amount in other.items()}}


def check_reference(reference: Object, at: Path) -> Problems:
    """`validateContainerResourceFieldSelector`: an environment variable reads a known resource, in a unit that it has."""
    name, divisor = as_text(reference.get("resource")), quantity(reference.get("divisor"))
    field, _, resource = name.partition(".")
    huge = field in ("limits", "requests") and resource.startswith(_HUGE)
    if name and name not in _READ and not huge and not is_open(name):
        yield unsupported((*at, "resource"), name, _READ)
    known = "hugepages" if huge else resource
    divisors, kind = _DIVISORS[known] if huge or name in _READ else ((), "")
    if divisors and divisor is not None and divisor.thousandths and str(divisor) not in divisors:
        listed = " and ".join(divisors) if resource == "cpu" else ", ".join(divisors)
        yield invalid((*at, "divisor"), name, f"only divisor's values {listed} are supported with the {kind} resource")


def check_claims(spec: Object, path: Path) -> Problems:
    """`validatePodResourceClaim`: each claim of a pod has a name of its own, and names a claim or a template of one."""
    used = set()
    sources = {"resourceClaimName": "ResourceClaimName", "resourceClaimTemplateName": "ResourceClaimTemplateName"}
    for index, claim in enumerate(as_mappings(spec.get("resourceClaims"))):
        name, at = as_text(claim.get("name")), (*path, "resourceClaims", index)
        if name and name in used:
            yield duplicate((*at, "name"), name)
        used.add(name)
        given = [field for field in sources if claim.get(field) is not None]
        # Up to Kubernetes 1.30, a claim has the field `source` instead.
        if len(given) != 1 and "source" not in claim:
            both = "at most one of `resourceClaimName` or `resourceClaimTemplateName` may be specified"
            none = "must specify one of: `resourceClaimName`, `resourceClaimTemplateName`"
            shown = {"Name": name, **{printed: claim.get(field) for field, printed in sources.items()}}
            yield invalid(at, shown, both if given else none)


def _amounts(part: Object, *, defaulted: bool) -> tuple[Amounts, Amounts]:
    """Return limits and requests; none if one of them is not known.

    `defaulted`: a resource that has only a limit also has a request of that amount, as in a container of a pod.
    """
    found: list[Amounts] = []
    for field in ("limits", "requests"):
        written = as_mapping(part.get(field))
        found.append({name: amount for name, value in written.items() if not is_open(name) and (amount := quantity(value))})
        if len(found[-1]) < len(written):
            return {}, {}
    limits, requests = found
    return limits, {**limits, **requests} if defaulted else requests


def _check_amounts(limits: Amounts, requests: Amounts, at: Path, name_errors: Names, minor: int) -> Problems:
    for field, amounts in (("limits", limits), ("requests", requests)):
        for name, amount in amounts.items():
            json = JSON_IN_MESSAGES.holds(minor)
            errors: list[tuple[object, str]] = [(name if json else Printed(name), error) for error in name_errors(name)]
            errors += ((str(amount), error) for error in _amount_errors(name, amount))
            if (name in _COUNTED or _is_extended(name)) and amount.thousandths % 1000:
                errors.append((str(amount) if json else amount.struct, "must be an integer"))
            for shown, error in errors:
                yield invalid((*at, field, name), shown, error, named=f"{field_path((*at, field))}[{name}]")
    for name, amount in requests.items():
        limit, fixed = limits.get(name), not _is_native(name) or name.startswith(_HUGE)
        if limit is None and fixed:
            yield required((*at, "limits"), "Limit must be set for non overcommitable resources")
        elif limit is not None and (
            amount.thousandths > limit.thousandths or (fixed and amount.thousandths != limit.thousandths)
        ):
            text = f"must be {'equal to' if fixed else 'less than or equal to'} {name} limit of {limit}"
            yield invalid((*at, "requests"), str(amount), text)
    names = limits.keys() | requests.keys()
    if any(name.startswith(_HUGE) for name in names) and not names & set(_OF_PODS):
        yield forbidden(at, "HugePages require cpu or memory")


def _amount_errors(name: str, amount: Quantity) -> Iterator[str]:
    """`ValidateResourceQuantityValue` and `validateResourceQuantityHugePageValue`."""
    if amount.thousandths < 0:
        yield "must be greater than or equal to 0"
    if name.startswith(_HUGE):
        page = quantity(name.removeprefix(_HUGE))
        if page is None or page.thousandths <= 0 or _divided(amount.thousandths, 1000) * 1000 % page.thousandths:
            yield f"{amount} is not positive integer multiple of {name}"


def _name_errors(name: str) -> Iterator[str]:
    """`validateResourceName`: a standard resource, or a name with a prefix."""
    qualified = list(qualified_errors(name))
    yield from qualified
    if not qualified and "/" not in name and name not in _STANDARD and not name.startswith((_HUGE, f"requests.{_HUGE}")):
        yield "must be a standard resource type or fully qualified"


def _container_name_errors(name: str) -> Iterator[str]:
    """`validateContainerResourceName`: a resource of containers, or one whose prefix is not Kubernetes' own."""
    yield from _name_errors(name)
    if "/" not in name:
        if name not in _OF_CONTAINERS and not name.startswith(_HUGE):
            yield "must be a standard resource for containers"
    elif not _is_native(name) and not _is_extended(name):
        yield "doesn't follow extended resource name standard"


def _is_of_pods(name: str) -> bool:
    return name in _OF_PODS or name.startswith(_HUGE)


def _is_native(name: str) -> bool:
    return "/" not in name or "kubernetes.io/" in name


def _is_extended(name: str) -> bool:
    return not (_is_native(name) or name.startswith("requests.") or any(qualified_errors(f"requests.{name}")))
