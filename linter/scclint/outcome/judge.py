"""The cluster of the public API, which judges whole objects given as plain data."""

import json
import os
from collections.abc import Iterable, Mapping

from scclint.admission.admit import VALIDATED_SCC
from scclint.admission.field import aggregate
from scclint.admission.verdict import User, given_user
from scclint.cluster import Cluster
from scclint.cluster.judgement import Judgement, RequestOutcome
from scclint.errors import ModelError
from scclint.objects.documents import load_text
from scclint.objects.expand import expand
from scclint.objects.kinds import TEMPLATES
from scclint.objects.types import Workload
from scclint.outcome.chain import Outcome
from scclint.outcome.field_problems import OF_DECODING
from scclint.outcome.manifests import manifests
from scclint.outcome.world import World
from scclint.text import field_path
from scclint.validation.problem import FieldProblem
from scclint.yaml.untyped import Object, as_mapping


class JudgingCluster(Cluster):
    """A cluster that also judges whole objects. The public API calls it `Cluster`."""

    def judge(self, obj: Object, user: User | None = None) -> Judgement:
        """Return what the API server answers to the creation of an object that makes pods, and of its pods.

        `obj` is a Pod, a workload or a custom resource with pods, in the namespace that its metadata names. The pods of a workload
        are created by the account of the controller of its kind, whatever `user` is. A bare Pod is created by `user`, and if that is
        None by a cluster administrator, whose rights to SCCs then count beside those of the service account: `scclint check` assumes
        the same of who runs `oc apply`. If the cluster has the service account
        `default` of the namespace, it has no accounts there but those that it was made with. Raises ModelError for any other object.
        """
        return _judge(self, obj, given_user(user))


def _judge(cluster: Cluster, obj: Object, user: User | None) -> Judgement:
    """Return what `JudgingCluster.judge` does."""
    if not isinstance(obj, Mapping):
        what = (
            f"{type(obj).__name__}: `scclint.lint` judges files" if isinstance(obj, str | os.PathLike) else type(obj).__name__
        )
        raise ModelError(f"expected an object as a dict, found {what}", ())
    (document,) = load_text("object", json.dumps(obj, default=dict), frozenset())
    if document.error is not None:
        raise document.error
    made = list(expand(document))
    workloads = [api_object for api_object in made if isinstance(api_object, Workload)]
    if not workloads:
        description = " of ".join(str(obj[field]) for field in ("kind", "apiVersion") if obj.get(field))
        raise ModelError(f"expected an object that makes pods, found {description or 'an object without a kind'}", ("kind",))
    world = World(
        made, cluster.with_objects(manifests((api_object for api_object in made if not isinstance(api_object, Workload)), ""))
    )
    outcomes = [world.outcome(workload, user) for workload in workloads]
    first = workloads[0]
    is_whole = not first.path and (first.group, first.kind) in TEMPLATES
    rejected = _rejected(world, first) if is_whole else None
    if rejected is not None:
        return Judgement((rejected,) if first.kind == "Pod" else (), rejected)
    warnings = _one(outcomes[0].template.warning)
    step, denial = outcomes[0].rejected_by, outcomes[0].policy_denial
    if is_whole and first.kind != "Pod" and (step == "csi" or (denial is not None and denial.of_template)):
        named = ".".join(filter(None, (f"{first.kind.lower()}s", first.group)))
        text = f'{named} "{first.name}" is forbidden: {_denial(outcomes[0], first.name)}'
        return Judgement((), RequestOutcome(created=False, step=step or "", message=text), warnings)
    pods = tuple(_without_account(outcome, cluster) or _of_pod(outcome) for outcome in outcomes)
    if first.kind == "Pod" and is_whole:
        return Judgement(pods, pods[0] if pods[0].created is False else None, pods[0].warnings)
    return Judgement(pods, warnings=warnings)


def _rejected(world: World, workload: Workload) -> RequestOutcome | None:
    """Return the outcome of an object that the API server cannot decode or whose fields it rejects; None for others.

    The fields of a Pod are validated after SCC admission changed them.
    """
    problems = world.request_problems(workload)
    kind = workload.kind
    if undecoded := [problem for problem in problems if problem.code in OF_DECODING]:
        version = workload.api_version.rpartition("/")[2]
        unknown = [f'unknown field "{field_path(problem.path)}"' for problem in undecoded if problem.code == "unknown"]
        why = f"strict decoding error: {', '.join(unknown)}" if len(unknown) == len(undecoded) else undecoded[0].message
        text = f'{kind} in version "{version}" cannot be handled as a {kind}: {why}'
        return RequestOutcome(created=False, step="decode", message=text)
    if not problems or kind == "Pod":
        return None
    named = ".".join(filter(None, (kind, workload.group)))
    return RequestOutcome(created=False, step="validation", message=_invalid(named, workload.name, problems))


def _without_account(outcome: Outcome, cluster: Cluster) -> RequestOutcome | None:
    """Return how the ServiceAccount plugin rejects a pod whose account the cluster does not have; None if it does not.

    All accounts of a namespace are known if `default` is, which each namespace has.
    """
    pod, accounts = outcome.workload.pod, cluster.accounts.names_in(outcome.namespace)
    if "default" not in accounts or pod.service_account in accounts or outcome.verdict is None:
        return None
    account = f'{outcome.namespace}/{pod.service_account}: serviceaccount "{pod.service_account}" not found'
    text = f'pods "{pod.manifest["metadata"]["name"]}" is forbidden: error looking up service account {account}'
    return RequestOutcome(created=False, step="service-account", message=text)


def _of_pod(outcome: Outcome) -> RequestOutcome:
    verdict, security = outcome.verdict, outcome.pod_security
    if verdict is None:
        return RequestOutcome(None, message=outcome.unknown)
    warnings = _one(security.answer.warning if security else "")
    # The plugin RuntimeClass comes after Pod Security.
    reached, spec = outcome.rejected_by not in ("scc", "validation", "pod-security"), verdict.pod["spec"]
    if reached and spec.get("overhead") and not spec.get("runtimeClassName"):
        name = outcome.workload.pod.manifest["metadata"]["name"]
        text = f'pods "{name}" is forbidden: pod rejected: Pod Overhead set without corresponding RuntimeClass defined Overhead'
        return RequestOutcome(created=False, step="runtime-class", message=text, warnings=warnings)
    if outcome.created:
        scc = as_mapping(as_mapping(verdict.pod.get("metadata")).get("annotations")).get(VALIDATED_SCC)
        return RequestOutcome(created=True, scc=scc, pod=verdict.pod, warnings=warnings)
    if outcome.created is None:
        why = (security.unknown if security else "") or next((answer.unknown for answer in outcome.policies), "")
        return RequestOutcome(None, message=why, warnings=warnings)
    return RequestOutcome(created=False, step=outcome.rejected_by or "", message=_message(outcome), warnings=warnings)


def _message(outcome: Outcome) -> str:
    """Return the text with which the API server rejects the pod."""
    name = outcome.workload.pod.manifest["metadata"]["name"]
    match outcome.rejected_by:
        case "scc":
            return (outcome.verdict and outcome.verdict.message) or ""
        case "validation":
            return _invalid("Pod", name, outcome.invalid)
        case "csi" | "policy":
            why = _denial(outcome, name)
        case _:
            why = outcome.pod_security.answer.denial if outcome.pod_security else ""
    return f'pods "{name}" is forbidden: {why}'


def _denial(outcome: Outcome, name: str) -> str:
    """Return why the plugin of inline CSI volumes or a ValidatingAdmissionPolicy rejects the object `name`, in its words."""
    if outcome.rejected_by == "policy" and outcome.policy_denial is not None:
        return outcome.policy_denial.text
    return next(volume.denial(name, outcome.namespace) for volume in outcome.csi if volume.refused)


def _invalid(kind: str, name: str, problems: Iterable[FieldProblem]) -> str:
    """Return the text about fields that validation rejects, as `NewInvalid` of apimachinery makes it."""
    return f'{kind} "{name}" is invalid: {aggregate([problem.server_message for problem in problems])}'


def _one(text: str) -> tuple[str, ...]:
    """Return a warning as the only one; none if it is empty."""
    return (text,) if text else ()
