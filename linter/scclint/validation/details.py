"""Rules of the API server about the other fields of pods: names, probes and hooks, environment variables, tolerations.

As pkg/apis/core/validation of Kubernetes 1.31 to 1.36 applies them on creation, with their words. `tools/record_real_server.py` records
answers to compare them with. Values of a wrong type are left to the walk over the schema: here they count as absent.
"""

import re
from collections.abc import Callable, Iterator
from functools import partial
from typing import Any

from scclint.finding import Path
from scclint.objects.unknown import is_open
from scclint.platform.releases import ENVIRONMENT_NAMES_RELAXED, FILE_KEYS_NAMED, TOLERATION_VALUE_PRINTED, ZERO_SLEEP
from scclint.platform.terms import EACH
from scclint.validation.names import dns_errors, qualified_errors
from scclint.validation.problem import Printed, Problems, forbidden, invalid, printed, required, unsupported
from scclint.validation.resources import check_claims, check_container_resources, check_pod_resources, check_reference
from scclint.yaml.untyped import Object, as_mapping, as_mappings, as_text

Errors = Callable[[str], Iterator[str]]
"""Yields why a text is not allowed, in the words of the API server."""

_OF_TOLERATION = ("key", "operator", "value", "effect")

_LABEL_VALUE = "(([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9])?"
_LABEL_VALUE_ERROR = (
    "a valid label must be an empty string or consist of alphanumeric characters, '-', '_' or '.', and must start and end with an "
    f"alphanumeric character (e.g. 'MyValue',  or 'my_value',  or '12345', regex used for validation is '{_LABEL_VALUE}')"
)
_NO_DOTS = (
    (r"(?s)(?!\.\Z).*", "must not be '.'"),
    (r"(?s)(?!\.\.\Z).*", "must not be '..'"),
    (r"(?s)(?!\.\..).*", "must not start with '..'"),
)
"""`hasChDirPrefix`: what a text that may become the name of a file must not be."""
_TEXTS: dict[str, tuple[tuple[str, str], ...]] = {
    "port": (
        (r"(?s).{1,15}", "must be no more than 15 characters"),
        (r"[-a-z0-9]+", "must contain only alpha-numeric characters (a-z, 0-9), and hyphens (-)"),
        (r"(?s)[^a-z]*[a-z].*", "must contain at least one letter (a-z)"),
        (r"(?s)(?!.*--).*", "must not contain consecutive hyphens"),
        (r"(?s)[^-](.*[^-])?", "must not begin or end with a hyphen"),
    ),
    "variable": (
        (r"[ -<>-~]+", "a valid environment variable name must consist only of printable ASCII characters other than '='"),
    ),
    "strict variable": (
        (
            r"[-._a-zA-Z][-._a-zA-Z0-9]*",
            "a valid environment variable name must consist of alphabetic characters, digits, '_', '-', or '.', and must not start with a "
            "digit (e.g. 'my.env-name',  or 'MY_ENV.NAME',  or 'MyEnvName1', regex used for validation is '[-._a-zA-Z][-._a-zA-Z0-9]*')",
        ),
        *_NO_DOTS,
    ),
    "key": (
        (
            r"[-._a-zA-Z0-9]+",
            "a valid config key must consist of alphanumeric characters, '-', '_' or '.' (e.g. 'key.name',  or 'KEY_NAME',  or 'key-name', "
            "regex used for validation is '[-._a-zA-Z0-9]+')",
        ),
        *_NO_DOTS,
    ),
    "label value": ((_LABEL_VALUE, _LABEL_VALUE_ERROR),),
}
"""Forms of texts: the patterns that each has, and what the API server says if a text differs."""


def _form(name: str, text: str) -> Iterator[str]:
    return (error for pattern, error in _TEXTS[name] if not re.fullmatch(pattern, text))


def _ip_errors(text: str) -> Iterator[str]:
    from ipaddress import ip_address

    try:
        ip_address(text)
    except ValueError:
        yield "must be a valid IP address, (e.g. 10.9.8.7 or 2001:db8::ffff)"


_SUBDOMAIN, _LABEL = partial(dns_errors, "subdomain"), partial(dns_errors, "label")
_OF_POD: tuple[tuple[Path, Errors], ...] = (
    (("serviceAccountName",), _SUBDOMAIN),
    (("priorityClassName",), _SUBDOMAIN),
    (("runtimeClassName",), _SUBDOMAIN),
    (("hostAliases", EACH, "ip"), _ip_errors),
    (("hostAliases", EACH, "hostnames", EACH), _SUBDOMAIN),
    (("readinessGates", EACH, "conditionType"), qualified_errors),
    (("tolerations", EACH, "key"), qualified_errors),
    (("resourceClaims", EACH, "name"), _LABEL),
    *((("resourceClaims", EACH, source), _SUBDOMAIN) for source in ("resourceClaimName", "resourceClaimTemplateName")),
    (("hostname",), _LABEL),
    (("subdomain",), _LABEL),
)
_OF_CONTAINER: tuple[tuple[Path, Errors], ...] = (
    (("ports", EACH, "name"), partial(_form, "port")),
    (("resources", "claims", EACH, "request"), _LABEL),
    (("envFrom", EACH, "secretRef", "name"), _SUBDOMAIN),
    (("envFrom", EACH, "configMapRef", "name"), _SUBDOMAIN),
    *((("env", EACH, "valueFrom", source, "key"), partial(_form, "key")) for source in ("configMapKeyRef", "secretKeyRef")),
    *((("env", EACH, "valueFrom", source, "name"), _SUBDOMAIN) for source in ("configMapKeyRef", "secretKeyRef")),
)
_VARIABLES: tuple[Path, ...] = (("env", EACH, "name"), ("envFrom", EACH, "prefix"))
_NEVER_EMPTY = frozenset(
    (
        ("runtimeClassName",),
        ("resourceClaims", EACH, "resourceClaimName"),
        ("resourceClaims", EACH, "resourceClaimTemplateName"),
        ("env", EACH, "valueFrom", "configMapKeyRef", "name"),
        ("env", EACH, "valueFrom", "secretKeyRef", "name"),
    )
)
"""Fields whose empty text is no absent value."""

_HANDLERS = ("exec", "httpGet", "tcpSocket", "grpc", "sleep")
_SOURCES = ("fieldRef", "resourceFieldRef", "configMapKeyRef", "secretKeyRef", "fileKeyRef")
_READ = (
    *("metadata.name", "metadata.namespace", "metadata.uid", "spec.nodeName", "spec.serviceAccountName"),
    *("status.hostIP", "status.hostIPs", "status.podIP", "status.podIPs"),
)
"""The fields of a pod that environment variables read."""
_WITH_KEYS = ("metadata.annotations", "metadata.labels")
_READ_ELSEWHERE = ("spec.restartPolicy", "spec.schedulerName", "status.phase")
_NO_DEADLINE = {
    "Deployment": "ReplicaSet",
    "ReplicaSet": "ReplicaSet",
    "DaemonSet": "DaemonSet",
    "StatefulSet": "StatefulSet",
    "ReplicationController": "ReplicationController",
}
"""The kinds whose pods have no deadline, with the name of the kind in the text of the API server."""


def check_details(spec: Object, path: Path, kind: str, minor: int) -> Problems:
    """Values of `nodeSelector`, and kinds whose pods have no `activeDeadlineSeconds`. `path` leads to the spec of the pod."""
    # The controller of a StatefulSet sets the last two, so that its template is not checked for them.
    yield from _check_texts(spec, path, _OF_POD[:-2] if kind == "StatefulSet" else _OF_POD)
    for key, value in as_mapping(spec.get("nodeSelector")).items():
        for text, errors in ((key, qualified_errors(key)), (value, _form("label value", as_text(value)))):
            yield from (invalid((*path, "nodeSelector"), text, error) for error in errors if not is_open(text))
    if spec.get("activeDeadlineSeconds") is not None and kind in _NO_DEADLINE:
        yield forbidden((*path, "activeDeadlineSeconds"), f"activeDeadlineSeconds in {_NO_DEADLINE[kind]} is not Supported")
    for index, toleration in enumerate(as_mappings(spec.get("tolerations"))):
        yield from _check_toleration(toleration, (*path, "tolerations", index), minor)
    yield from check_claims(spec, path)
    claims = [as_text(claim.get("name")) for claim in as_mappings(spec.get("resourceClaims"))]
    yield from check_pod_resources(spec, path, claims, minor, is_pod=kind == "Pod")
    grace = spec.get("terminationGracePeriodSeconds")
    for field in ("initContainers", "containers"):
        for index, container in enumerate(as_mappings(spec.get(field))):
            at = (*path, field, index)
            yield from _check_texts(container, at, _OF_CONTAINER)
            form = partial(_form, "variable" if ENVIRONMENT_NAMES_RELAXED.holds(minor) else "strict variable")
            yield from _check_texts(container, at, tuple((name, form) for name in _VARIABLES))
            yield from _check_environment(container, at, minor)
            yield from check_container_resources(container, at, claims, minor, is_pod=kind == "Pod")
            if field == "containers" or container.get("restartPolicy") == "Always":
                yield from _check_handlers(container, at, grace if isinstance(grace, int) else 30, minor)


def _check_texts(part: Object, path: Path, rows: tuple[tuple[Path, Errors], ...]) -> Problems:
    """The form of names, keys, addresses and environment variables."""
    for field, errors in rows:
        # Most parts have few of these fields.
        for text, at in _values(part, path, field) if field[0] in part else ():
            if isinstance(text, str) and (text or field in _NEVER_EMPTY) and not is_open(text):
                yield from (invalid(at, text, error) for error in errors(text))


def _values(part: Any, path: Path, field: Path) -> Iterator[tuple[Any, Path]]:
    """Yield the values at a path below a part, in which `EACH` means every item of a list, with their paths."""
    if not field:
        yield part, path
    elif field[0] == EACH:
        for index, item in enumerate(part if isinstance(part, list) else ()):
            yield from _values(item, (*path, index), field[1:])
    elif isinstance(part, dict) and part.get(field[0]) is not None:
        yield from _values(part[field[0]], (*path, field[0]), field[1:])


def _check_toleration(toleration: Object, at: Path, minor: int) -> Problems:
    """`ValidateTolerations`: what the operator wants of key and value, and the effect that lasts for some time."""
    operator, value = as_text(toleration.get("operator")), as_text(toleration.get("value"))
    if not toleration.get("key") and operator != "Exists":
        text = 'operator must be Exists when `key` is empty, which means "match all values and all keys"'
        yield invalid((*at, "operator"), operator, text)
    if toleration.get("tolerationSeconds") is not None and toleration.get("effect") != "NoExecute":
        yield invalid(
            (*at, "effect"), as_text(toleration.get("effect")), "effect must be 'NoExecute' when `tolerationSeconds` is set"
        )
    if operator == "Exists" and value:
        fields = ", ".join(f"{field.capitalize()}:{printed(as_text(toleration.get(field)))}" for field in _OF_TOLERATION)
        whole = Printed(f"core.Toleration{{{fields}, TolerationSeconds:(*int64)(nil)}}")
        shown = value if TOLERATION_VALUE_PRINTED.holds(minor) else whole
        yield invalid((*at, "operator"), shown, "value must be empty when `operator` is 'Exists'")
    elif operator in ("", "Equal"):
        yield from (invalid((*at, "operator"), value, error) for error in _form("label value", value) if not is_open(value))


def _check_environment(container: Object, at: Path, minor: int) -> Problems:
    """`validateEnvVarValueFrom` and `ValidateEnvFrom`: a value has one source."""
    sources = _SOURCES if FILE_KEYS_NAMED.holds(minor) else _SOURCES[:-1]
    for index, variable in enumerate(as_mappings(container.get("env"))):
        source, where = variable.get("valueFrom"), (*at, "env", index, "valueFrom")
        if not isinstance(source, dict):
            continue
        fields = [name for name in sources if source.get(name) is not None]
        if not fields:
            names = [f"`{name}`" for name in sources]
            yield invalid(where, "", f"must specify one of: {', '.join(names[:-1])} or {names[-1]}")
        elif variable.get("value"):
            yield invalid(where, "", "may not be specified when `value` is not empty")
        elif len(fields) > 1:
            yield invalid(where, "", "may not have more than one field specified at a time")
        yield from _check_field(as_mapping(source.get("fieldRef")), (*where, "fieldRef"))
        yield from check_reference(as_mapping(source.get("resourceFieldRef")), (*where, "resourceFieldRef"))
    for group in as_mappings(container.get("envFrom")):
        fields = [name for name in ("configMapRef", "secretRef") if group.get(name) is not None]
        if len(fields) != 1:
            text = (
                "may not have more than one field specified at a time"
                if fields
                else "must specify one of: `configMapRef` or `secretRef`"
            )
            yield invalid((*at, "envFrom"), "", text)


def _check_field(reference: Object, at: Path) -> Problems:
    """`validateObjectFieldSelector`: an environment variable reads a field of the pod, or one of its labels or annotations."""
    path, version = as_text(reference.get("fieldPath")), as_text(reference.get("apiVersion")) or "v1"
    name, subscript, key = path.removesuffix("']").partition("['")
    if version != "v1" and path:
        yield invalid((*at, "fieldPath"), path, f"error converting fieldPath: unsupported pod version: {version}")
    elif subscript and path.endswith("']") and name in _WITH_KEYS:
        key = key.lower() if name == "metadata.annotations" else key
        yield from (invalid(at, key, error) for error in qualified_errors(key) if not is_open(key))
    elif path in (*_WITH_KEYS, *_READ_ELSEWHERE):
        yield unsupported((*at, "fieldPath"), path, _READ)
    elif path and path not in (*_READ, "spec.host") and not is_open(path):
        text = "does not support subscript" if subscript and path.endswith("']") else "not supported"
        yield invalid((*at, "fieldPath"), path, f"error converting fieldPath: field label {text}: {path}")


def _check_handlers(container: Object, at: Path, grace: int, minor: int) -> Problems:
    """`validateProbe` and `validateLifecycle`: a probe or hook does one thing, and what each needs."""
    for name in ("livenessProbe", "readinessProbe", "startupProbe"):
        probe = container.get(name)
        if not isinstance(probe, dict):
            continue
        yield from _check_handler(probe, (*at, name), grace, minor)
        successes, period = probe.get("successThreshold"), probe.get("terminationGracePeriodSeconds")
        if name != "readinessProbe" and isinstance(successes, int) and successes not in (0, 1):
            yield invalid((*at, name, "successThreshold"), successes, "must be 1")
        if isinstance(period, int) and period <= 0:
            yield invalid((*at, name, "terminationGracePeriodSeconds"), period, "must be greater than 0")
        if period is not None and name == "readinessProbe":
            yield invalid((*at, name, "terminationGracePeriodSeconds"), period, "must not be set for readinessProbes")
    for name, hook in as_mapping(container.get("lifecycle")).items():
        if isinstance(hook, dict) and name in ("postStart", "preStop"):
            yield from _check_handler(hook, (*at, "lifecycle", name), grace, minor)


def _check_handler(handler: Object, at: Path, grace: int, minor: int) -> Problems:
    """`validateHandler`: a handler is of one type, and has the command, the port or the seconds that it needs."""
    handler_types = [name for name in _HANDLERS if handler.get(name) is not None]
    yield from (forbidden((*at, extra), "may not specify more than 1 handler type") for extra in handler_types[1:])
    if not handler_types:
        yield required(at, "must specify a handler type")
        return
    action, where = as_mapping(handler[handler_types[0]]), (*at, handler_types[0])
    if handler_types[0] == "exec" and not action.get("command"):
        yield required((*where, "command"))
    if handler_types[0] in ("httpGet", "tcpSocket"):
        port, where = action.get("port"), (*where, "port")
        if isinstance(port, int) and port < 2**31 and not 0 < port < 65536:
            yield invalid(where, port, "must be between 1 and 65535, inclusive")
        elif isinstance(port, str) and not is_open(port):
            yield from (invalid(where, port, error) for error in _form("port", port))
    seconds = action.get("seconds") if handler_types[0] == "sleep" else None
    if isinstance(seconds, int) and ZERO_SLEEP.holds(minor) and not 0 <= seconds <= grace:
        yield invalid(where, seconds, f"must be non-negative and less than terminationGracePeriodSeconds ({grace})")


def check_pull_policy(source: Object, at: Path) -> Problems:
    """`validatePullPolicy` of an image volume."""
    policies, policy = ("Always", "IfNotPresent", "Never"), source.get("pullPolicy")
    if isinstance(policy, str) and policy and policy not in policies:
        yield unsupported((*at, "pullPolicy"), policy, policies)
