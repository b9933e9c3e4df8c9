"""What the ValidatingAdmissionPolicies of a cluster answer to the creation of an object.

Source: `pkg/admission/plugin/policy` of k8s.io/apiserver. `matching/matching.go` says which requests a policy is about,
`generic/policy_dispatcher.go` goes through its bindings and their parameters, and `validating` evaluates and words the answer.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any, NamedTuple

from scclint.admission.verdict import User
from scclint.cel.evaluator import EVALUATOR, TOO_MUCH, LimitReached
from scclint.cluster import Cluster
from scclint.limits import CEL_CPU, CEL_SECONDS_OF_RUN
from scclint.objects.kinds import TEMPLATES
from scclint.objects.types import Workload
from scclint.objects.unknown import known
from scclint.platform.labels import labels_of, selects
from scclint.record import grouped, record
from scclint.text import how_to_install
from scclint.yaml.untyped import Object, as_mapping, as_text, mappings, texts, value_at


class CreateRequest(NamedTuple):
    """A request to create an object of an API group (empty for the core's) and `resource` (`deployments`) in a Namespace."""

    obj: Object
    group: str
    resource: str
    namespace: Object
    user: User

    @property
    def namespace_name(self) -> str:
        return as_text(value_at(self.namespace, ("metadata", "name")))


@record
class PolicyAnswer:
    """What a policy answers to a request by one of its bindings.

    `text` is what the API server prints after `is forbidden: `, or as a warning. `denies` is False for a warning. If the answer is
    not known, `text` is empty, and `unknown` says why ("because ..."). `of_template` is True for the request to create a workload, and
    False for that of its pod.
    """

    policy: str
    denies: bool
    text: str = ""
    unknown: str = ""
    of_template: bool = False


class _Error(Exception):
    """An expression has no value in the API server either."""


class _Unknown(Exception):
    """scclint cannot tell the value of an expression."""


class Policies:
    """The policies of a cluster with their bindings. `params` are the objects of the input that they may take values from."""

    def __init__(self, cluster: Cluster, params: Sequence[Object] = ()) -> None:
        self._policies = sorted(cluster.policies.items())
        bindings = (binding for _, binding in sorted(cluster.policy_bindings.items()))
        self._bindings = grouped((as_text(_spec(binding).get("policyName")), binding) for binding in bindings)
        self._params = params
        self._seconds: float = CEL_SECONDS_OF_RUN
        self._valid: dict[str, bool] = {}

    def answers(self, request: CreateRequest) -> Iterator[PolicyAnswer]:
        """Yield what the policies answer to a request, unless they allow it."""
        for name, policy in self._policies:
            spec = _spec(policy)
            if not matches(spec.get("matchConstraints"), request):
                continue
            for binding in self._bindings.get(name, ()):
                bound = _spec(binding)
                actions = texts(bound.get("validationActions"))
                resources = bound.get("matchResources")
                if not {"Deny", "Warn"}.isdisjoint(actions) and (resources is None or matches(resources, request)):
                    yield from self._by_binding(name, spec, binding, request, denies="Deny" in actions)

    def _by_binding(
        self, name: str, spec: Object, binding: Object, request: CreateRequest, *, denies: bool
    ) -> Iterator[PolicyAnswer]:
        by = f"ValidatingAdmissionPolicy '{name}' with binding '{value_at(binding, ('metadata', 'name'))}'"
        words = f"{by} denied request" if denies else f"Validation failed for {by}"
        try:
            for params in self._parameters(spec, _spec(binding), request):
                if (why := self._failure(spec, params, request)) is not None:
                    yield PolicyAnswer(name, denies, f"{words}: {why}")
                    return
        except _Unknown as unknown:
            yield PolicyAnswer(name, denies, unknown=f"{by} cannot be evaluated: {unknown}")

    def _failure(self, spec: Object, params: Object | None, request: CreateRequest) -> str | None:
        """Return why the validations of a policy fail for a request; None if they do not."""
        strict = spec.get("failurePolicy") != "Ignore"
        values = self._values(params, request)
        try:
            if not all(self._value(as_text(each.get("expression")), values) for each in mappings(spec.get("matchConditions"))):
                return None
        except _Error as error:
            return str(error) if strict else None
        for variable in mappings(spec.get("variables")):
            try:
                value = self._value(as_text(variable.get("expression")), values)
            except _Error:  # whatever asks for it fails
                continue
            values = {**values, "variables": {**values["variables"], as_text(variable.get("name")): value}}
        for validation in mappings(spec.get("validations")):
            expression = as_text(validation.get("expression")).strip()
            try:
                if self._value(expression, values) is True:
                    continue
            except _Error as error:
                if strict:
                    return str(error)
                continue
            return self._message(validation, values) or f"failed expression: {expression}"
        return None

    def _message(self, validation: Object, values: Mapping[str, Any]) -> str:
        if made := as_text(validation.get("messageExpression")):
            try:
                text = as_text(self._value(made, values)).strip()
            except _Error:
                text = ""
            if text and "\n" not in text:
                return text
        return as_text(validation.get("message")).strip()

    def _value(self, expression: str, values: Mapping[str, Any]) -> Any:
        try:
            answer = EVALUATOR.evaluate(expression, values, kubernetes=True) if self._is_valid(expression) else {}
        except LimitReached as ended:
            self._seconds -= CEL_CPU
            raise _Unknown(f"`{expression}` takes {TOO_MUCH}") from ended
        except ImportError as missing:
            raise _Unknown(f"this needs a library that is not installed; {how_to_install('cel')}") from missing
        except OSError as error:
            raise _Unknown(str(error)) from error
        self._seconds -= answer.get("seconds", 0)
        if "value" in answer:
            return answer["value"]
        if "missing" in answer:
            raise _Error(f"expression '{expression}' resulted in error: no such key: {answer['missing']}")
        raise _Unknown(f"`{expression}`: {answer.get('why', 'the syntax is not known').split('. Check ')[0]}")

    def _is_valid(self, expression: str) -> bool:
        if self._seconds <= 0:
            raise _Unknown(f"the policies took {CEL_SECONDS_OF_RUN} seconds altogether")
        if expression not in self._valid:
            self._valid[expression] = "error" not in EVALUATOR.check(expression)
        return self._valid[expression]

    def _values(self, params: Object | None, request: CreateRequest) -> dict[str, Any]:
        group, version = ("", *as_text(request.obj.get("apiVersion")).split("/"))[-2:]
        metadata = as_mapping(request.obj.get("metadata"))
        kind = {"group": group, "version": version, "kind": request.obj.get("kind")}
        resource = {"group": group, "version": version, "resource": request.resource}
        return {
            "object": request.obj,
            "oldObject": None,
            "params": params,
            "namespaceObject": request.namespace,
            "variables": {},
            "request": {
                **{"kind": kind, "requestKind": kind, "resource": resource, "requestResource": resource},
                **{
                    "name": metadata.get("name", ""),
                    "namespace": request.namespace_name,
                    "operation": "CREATE",
                    "dryRun": False,
                },
                "userInfo": {"username": request.user.name, "groups": list(request.user.groups)},
            },
        }

    def _parameters(self, spec: Object, bound: Object, request: CreateRequest) -> Iterator[Object | None]:
        """Yield the objects that a policy is evaluated with by a binding; None for a policy without parameters."""
        wanted, ref = as_mapping(spec.get("paramKind")), as_mapping(bound.get("paramRef"))
        if not wanted or not ref:
            yield None
            return
        namespace = ref.get("namespace") or request.namespace_name
        selector = as_mapping(ref.get("selector"))
        count = 0
        for params in self._params:
            metadata = as_mapping(params.get("metadata"))
            named = selects(selector, labels_of(params)) if "selector" in ref else metadata.get("name") == ref.get("name")
            same = (params.get("apiVersion"), params.get("kind")) == (wanted.get("apiVersion"), wanted.get("kind"))
            if same and named and metadata.get("namespace", namespace) == namespace:
                count += 1
                yield params
        if not count and ref.get("parameterNotFoundAction") != "Allow":
            named = f"{wanted.get('kind')} {ref.get('name') or 'that its selector selects'}"
            raise _Unknown(f"its parameters, {named}, are not in the input, or differ between units")


def matches(constraints: Any, request: CreateRequest) -> bool:
    """Return whether the `matchConstraints` of a policy, or the `matchResources` of a binding, are about a request."""
    match = as_mapping(constraints)
    rules = mappings(match.get("resourceRules"))
    return (
        selects(as_mapping(match.get("namespaceSelector")), labels_of(request.namespace))
        and selects(as_mapping(match.get("objectSelector")), labels_of(request.obj))
        and not any(_is_about(rule, request, match) for rule in mappings(match.get("excludeResourceRules")))
        and (any(_is_about(rule, request, match) for rule in rules) or not rules)
    )


def requests(
    workload: Workload, pod: Object | None, namespace: str, cluster: Cluster, users: tuple[User, User]
) -> Iterator[CreateRequest]:
    """Yield the requests that create a workload of Kubernetes or OpenShift, and its `pod` if there is one. `users` make them."""
    namespace_manifest = cluster.namespaces.get(namespace, {})
    metadata = as_mapping(namespace_manifest.get("metadata"))
    labels = {**as_mapping(metadata.get("labels")), "kubernetes.io/metadata.name": namespace}
    whole = {**namespace_manifest, "metadata": {**metadata, "name": namespace, "labels": labels}}
    if workload.kind != "Pod" and (workload.group, workload.kind) in TEMPLATES and not workload.path:
        yield CreateRequest(
            _placed(known(workload.manifest), namespace), workload.group, f"{workload.kind.lower()}s", whole, users[0]
        )
    if pod is not None:
        yield CreateRequest({**_placed(pod, namespace), "apiVersion": "v1", "kind": "Pod"}, "", "pods", whole, users[1])


def _placed(obj: Object, namespace: str) -> Object:
    """Return an object with the namespace of its request, which the API server writes into it."""
    return {**obj, "metadata": {**as_mapping(obj.get("metadata")), "namespace": namespace}}


def _is_about(rule: Object, request: CreateRequest, match: Object) -> bool:
    """Return whether a rule of a policy is about a request. By default, it is about the other versions of its resources, too."""
    version = as_text(request.obj.get("apiVersion")).rpartition("/")[2]
    names = texts(rule.get("resourceNames"))
    return (
        _has(rule.get("apiGroups"), request.group)
        and (match.get("matchPolicy") != "Exact" or _has(rule.get("apiVersions"), version))
        and _has(rule.get("operations"), "CREATE")
        and any(name in ("*", "*/*", request.resource) for name in texts(rule.get("resources")))
        and rule.get("scope") in (None, "*", "Namespaced")
        and (not names or as_mapping(request.obj.get("metadata")).get("name") in names)
    )


def _has(names: Any, name: str) -> bool:
    listed: Iterable[str] = texts(names)
    return any(entry in ("*", name) for entry in listed)


def _spec(obj: Object) -> Object:
    return as_mapping(obj.get("spec"))
