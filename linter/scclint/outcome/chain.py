"""What happens to a workload's pods: the SCC verdict, and the steps of admission after it.

The steps are those of the API server, in its order: SCC admission changes the pod, validation checks its fields, Pod Security
admission compares it with the level of its namespace, a plugin looks at inline CSI volumes, and the ValidatingAdmissionPolicies of the
cluster are evaluated. The first step that rejects the pod is the last one. The last two look at the workload itself as well, before
there is a pod.
"""

import posixpath
from collections.abc import Callable, Mapping, Set
from typing import TYPE_CHECKING, Any, Literal, NamedTuple

from scclint.admission.decoding import decode_pod
from scclint.admission.pod import containers
from scclint.admission.seccomp import with_fields
from scclint.admission.service_account import TOKEN_MOUNT, TOKEN_VOLUME
from scclint.admission.strategies import users_of
from scclint.admission.verdict import Candidate, Grant, User, Verdict
from scclint.cluster import Cluster
from scclint.cluster.feature_gates import without_disabled_fields
from scclint.cluster.namespace_policy import NamespacePolicy
from scclint.cluster.namespaces import SCC_DISABLED
from scclint.finding import Located, Path
from scclint.limits import MAX_VALID_CHANGES
from scclint.objects.types import Workload
from scclint.objects.unknown import known
from scclint.platform.releases import GIT_REPO_VOLUMES, INLINE_CSI_KNOWN, SECCOMP_ANNOTATIONS
from scclint.platform.terms import APPARMOR_ANNOTATION_PREFIX, CONTAINER_LISTS, CONTAINER_SECCOMP_ANNOTATION_PREFIX
from scclint.podsecurity.admission import TEMPLATES, Answer, admit_pod, admit_workload, with_defaults
from scclint.podsecurity.checks import Library
from scclint.podsecurity.csi import CsiVolume, inline_volumes
from scclint.podsecurity.defaults import exempts
from scclint.podsecurity.levels import LEVELS, Level, Standard
from scclint.podsecurity.standards import Violation, evaluate
from scclint.record import record, replace
from scclint.seccomp.effective import ContainerSeccomp
from scclint.validation.problem import FieldProblem
from scclint.validation.validate import validate
from scclint.yaml.untyped import as_mapping, value_at

if TYPE_CHECKING:
    from scclint.objects.image import Image
    from scclint.outcome.policies import PolicyAnswer

_BREAKS_POLICY = "container's runAsUser breaks non-root policy"

Step = Literal["scc", "validation", "pod-security", "csi", "policy"]
"""The steps of admission that can reject a pod, in their order."""


@record
class NoVerdict:
    """Why a workload has no verdict (the rest of "because ..."), and where that is written."""

    text: str
    at: Located


@record
class PodSecurity:
    """What Pod Security admission answers to the creation of a workload's pods.

    `policy` is that of the namespace, and `pod` the pod as the plugin gets it. If the `answer` is not known, it is empty, and
    `unknown` says why ("because ...").
    """

    policy: NamespacePolicy
    pod: Mapping[str, Any]
    pod_security_library: Library
    answer: Answer = Answer()
    unknown: str = ""

    @property
    def meets(self) -> Level:
        """The strictest level whose latest version allows the pod."""
        strictest_first = reversed(LEVELS)
        return next(level for level in strictest_first if not self.violations(Standard(level)))

    def violations(self, standard: Standard, pod: Mapping[str, Any] | None = None) -> tuple[Violation, ...]:
        """Return the checks of a standard that forbid the pod, or another `pod`, in the order of the API server's message."""
        judged = self.pod if pod is None else pod
        return evaluate(judged, standard.level, standard.version, self.pod_security_library).violations


def no_image(reference: str, folder: str) -> None:
    """Nothing is known of an image."""


class Misfit(NamedTuple):
    """What a container lacks that its image needs.

    `need` is `user` (its own one), `port` (`values` has the port), `capability` (the file capabilities of the program), `directory` (the
    directories that it writes to) or `home`. `user` is the user ID of the container, None if the image decides.
    """

    need: Literal["user", "port", "capability", "directory", "home"]
    container: ContainerSeccomp
    image: "Image"
    user: int | None
    values: tuple[Any, ...] = ()


@record
class Outcome:
    """The outcome of a workload.

    `verdict` is None where there cannot be one, and `unknown` then says why ("because ..."), `unknown_at` where.
    `creator` is who creates the pod: for a workload, its controller. `seccomp` has one entry per container.
    `template_answer` makes the answer of Pod Security admission to the workload itself. `image_of` returns what is known of an image
    that a manifest in a folder names.

    The rest is about the pod as SCC admission leaves it. `invalid` are the fields that the API server's validation rejects, and
    `invalid_by_scc` those of them that are valid as written. `pod_security` is None if an earlier step rejects the pod. `csi` are
    the inline CSI volumes of the pod template, if the plugin looks at the workload itself; else those of the pod, none if an
    earlier step rejects the pod. `policies` are the answers of ValidatingAdmissionPolicies that do not allow the workload or the pod.
    `git_repos` are the paths within the pod of the volumes that the kubelet does not mount because they are gitRepo volumes.
    """

    workload: Workload
    namespace: str
    creator: User
    verdict: Verdict | None = None
    seccomp: tuple[ContainerSeccomp, ...] = ()
    unknown: str = ""
    unknown_at: Located | None = None
    template_answer: Callable[[], Answer] = Answer
    image_of: "Callable[[str, str], Image | None]" = no_image
    invalid: tuple[FieldProblem, ...] = ()
    invalid_by_scc: tuple[FieldProblem, ...] = ()
    pod_security: PodSecurity | None = None
    csi: tuple[CsiVolume, ...] = ()
    policies: "tuple[PolicyAnswer, ...]" = ()
    git_repos: tuple[Path, ...] = ()

    @property
    def template(self) -> Answer:
        """What Pod Security admission answers when the workload is applied: it warns about the pod template and rejects nothing.

        It is empty for a bare Pod, and if it is not known.
        """
        return self.template_answer()

    @property
    def admitted(self) -> bool:
        """Whether SCC admission admits the pod. A later step may still reject it: see `rejected_by`."""
        return self.verdict is not None and self.verdict.allowed

    @property
    def rejected_by(self) -> Step | None:
        """The step that rejects the pod, or the workload before it; None if no step does, and if that is not known."""
        if self.verdict is None:
            return None
        refused = any(volume.known and volume.refused for volume in self.csi)
        if refused and self.has_judged_template:
            return "csi"
        denial = self.policy_denial
        if denial is not None and denial.of_template:
            return "policy"
        if not self.verdict.allowed:
            return "scc"
        if self.invalid:
            return "validation"
        if self.pod_security is not None and self.pod_security.answer.denial:
            return "pod-security"
        if refused:
            return "csi"
        return "policy" if denial is not None else None

    @property
    def policy_denial(self) -> "PolicyAnswer | None":
        """The first answer of a ValidatingAdmissionPolicy that rejects the workload, or else its pod; None if there is none."""
        return next((answer for answer in self.policies if answer.denies and answer.text), None)

    @property
    def has_judged_template(self) -> bool:
        """Whether the plugins of Pod Security and inline CSI volumes look at the workload itself, and so before its pods."""
        return (self.workload.group, self.workload.kind) in TEMPLATES

    @property
    def created(self) -> bool | None:
        """Whether the API server creates the pod, as far as the steps are simulated; None if that is not known."""
        if self.rejected_by is not None:
            return False
        unknown = self.pod_security is None or self.pod_security.unknown or any(volume.refused for volume in self.csi)
        return None if unknown or any(answer.denies for answer in self.policies) else True

    @property
    def never_started(self) -> dict[str, str]:
        """The containers of an admitted pod that the kubelet does not start, by name, with the error that it reports.

        Source: `verifyRunAsNonRoot` in kubernetes/pkg/kubelet/kuberuntime/security_context.go.
        """
        if self.verdict is None or self.rejected_by is not None:
            return {}
        errors = {}
        users = users_of(self.verdict.pod)
        for container in self.seccomp:
            uid, non_root = users.get(container.name, (None, False))
            if non_root and container.source != "windows":
                image = self.image(container) if uid is None else None
                refusal = image.refusal() if image else ""
                errors[container.name] = _BREAKS_POLICY if uid == 0 else refusal
        return {name: error for name, error in errors.items() if error}

    @property
    def never_mounted(self) -> tuple[Path, ...]:
        """The paths within an admitted pod of the volumes that the kubelet does not mount, so that no container starts."""
        return () if self.verdict is None or self.rejected_by is not None else self.git_repos

    @property
    def other_users(self) -> dict[str, int]:
        """The user IDs of the containers whose image works only as its own user, if that is surely another one, by name."""
        if self.verdict is None:
            return {}
        users = users_of(self.verdict.pod)
        found: dict[str, int] = {}
        for container in self.seccomp:
            uid, image = users.get(container.name, (None, False))[0], self.image(container)
            if uid is not None and image is not None and image.own_user and not self.is_own_user(container, image, uid):
                found[container.name] = uid
        return found

    def is_own_user(self, container: ContainerSeccomp, image: "Image", uid: int) -> bool:
        """Whether a user ID of a container is that of its image's user, or may be: whoever writes an ID for a name may know it."""
        written = users_of(self.judged.submitted)[container.name][0]
        return written is not None if image.uid is None else uid == image.uid

    def user(self, container: ContainerSeccomp) -> int | None:
        """The user ID of a container after admission; None if its image decides."""
        return users_of(self.judged.pod).get(container.name, (None, False))[0]

    def image(self, container: ContainerSeccomp) -> "Image | None":
        """What is known of the image of a container; None if nothing is."""
        name = self.container(container).get("image")
        return self.image_of(name, posixpath.dirname(self.workload.file) or ".") if isinstance(name, str) and name else None

    @property
    def judged(self) -> Verdict:
        """The verdict, for callers who know that there is one."""
        assert self.verdict is not None
        return self.verdict

    @property
    def skipped(self) -> str:
        """Why no SCC admission looks at the pod, as a clause; empty where it does, or there is no verdict."""
        why = self.verdict.skipped if self.verdict else None
        return {
            "kubernetes": "plain Kubernetes has no SCC admission",
            "windows": "SCC admission leaves Windows pods alone",
            "namespace": f"SCC admission does not run in namespace {self.namespace}",
            "disabled": f"the label {SCC_DISABLED} switches SCC admission off in namespace {self.namespace}",
            "static": "the kubelet runs static pods, and no admission looks at them",
            "run-level": f"SCC admission does not run in namespace {self.namespace}, whose openshift.io/run-level is 0 or 1",
        }.get(why or "", "")

    def container(self, seccomp: ContainerSeccomp) -> Mapping[str, Any]:
        """A container as the cluster has it after admission, as plain values."""
        container: Mapping[str, Any] = value_at(self.judged.pod, seccomp.path)
        return container

    @property
    def chosen(self) -> Candidate | None:
        """The candidate that admits the pod; None where none does or no SCC runs."""
        return next((c for c in self.verdict.candidates if c.outcome == "chosen"), None) if self.verdict else None

    @property
    def grant(self) -> Grant | None:
        """How the SCC that admits the pod may be used; None where none does."""
        return self.chosen.grant if self.chosen else None

    @property
    def scc(self) -> str:
        """The name of the SCC that admits the pod; empty where none does."""
        return (self.verdict.scc if self.verdict else None) or ""


def invalid_fields(
    verdict: Verdict, cluster: Cluster, template: Mapping[str, Any] | None, valid: set[str]
) -> tuple[tuple[FieldProblem, ...], tuple[FieldProblem, ...]]:
    """Return what validation rejects in the pod of an admitting verdict, and what of it is valid as written.

    `template` is the pod template that the pod was made from if the template has no problems, and None otherwise. `valid` has the
    changes of such templates that validation accepts, and gets more of them.
    """
    if template is not None:
        change = _changed(verdict.pod, template)
        # The changes that an SCC makes are the same in many pods.
        written = repr(change)
        if written in valid:
            return (), ()
        if not _invalid(change, cluster):
            if len(valid) < MAX_VALID_CHANGES:
                valid.add(written)
            return (), ()
    problems = _invalid(verdict.pod, cluster)
    if not problems or verdict.skipped:
        return problems, ()
    before = {problem.message for problem in _invalid(verdict.submitted, cluster)}
    return problems, tuple(problem for problem in problems if problem.message not in before)


_JUDGED_TOGETHER = frozenset((*CONTAINER_LISTS, "os", "securityContext"))
"""The parts of a pod that SCC admission may change, and those that validation compares with them."""
_RESOURCES = frozenset(("resourceClaims", "resources"))
"""The parts that validation compares with each other if the pod itself has one of them. Admission leaves them alone."""
_OF_CONTAINERS = (APPARMOR_ANNOTATION_PREFIX, CONTAINER_SECCOMP_ANNOTATION_PREFIX)


def _changed(pod: Mapping[str, Any], template: Mapping[str, Any]) -> dict[str, Any]:
    """Return a pod without the parts that its template and the token volume have, as far as they can be judged on their own."""
    written = template["spec"]
    parts = (written, *(container for _, _, container in containers(written) if container))
    values = [value for part in parts for value in part.values()]
    items = [item for value in values if isinstance(value, list) for item in value]
    shared = {id(value) for value in (*values, *items, TOKEN_VOLUME, TOKEN_MOUNT) if isinstance(value, dict | list)}
    kept = _JUDGED_TOGETHER if _RESOURCES.isdisjoint(pod["spec"]) else _JUDGED_TOGETHER | _RESOURCES
    spec = _without(shared, kept, pod["spec"])
    for field in CONTAINER_LISTS:
        if spec.get(field):
            spec[field] = [_without(shared, kept, container) for container in spec[field]]
    # The reference of an image volume is required in a pod, and not in a template.
    spec["volumes"] = [
        *(spec.get("volumes") or ()),
        *(volume for volume in pod["spec"].get("volumes") or () if "image" in volume),
    ]
    if spec.get("serviceAccountName") == written.get("serviceAccountName"):
        spec.pop("serviceAccountName", None)
    metadata = as_mapping(pod.get("metadata"))
    annotations, labels = as_mapping(metadata.get("annotations")), as_mapping(metadata.get("labels"))
    if labels == value_at(template, ("metadata", "labels")):
        labels = {}
    # Only annotations refer to a container by its name.
    named = any(key.startswith(_OF_CONTAINERS) for key in annotations)
    for number, container in enumerate(container for field in CONTAINER_LISTS for container in spec.get(field) or ()):
        container.pop("image", None)
        if not named:
            container["name"] = f"c{number}"
    return {"metadata": {"name": "pod", "annotations": annotations, "labels": labels}, "spec": spec}


def _without(shared: Set[int], kept: Set[str], part: Mapping[str, Any]) -> dict[str, Any]:
    """Return a part of a pod without the values and items of lists that are `shared`, which are named by their `id`.

    Fields that are `kept` stay.
    """
    fields: dict[str, Any] = {}
    for key, value in part.items():
        if key in kept:
            fields[key] = value
        elif id(value) not in shared:
            fields[key] = [item for item in value if id(item) not in shared] if isinstance(value, list) else value
    return fields


def _invalid(pod: Mapping[str, Any], cluster: Cluster) -> tuple[FieldProblem, ...]:
    """Return what validation rejects in a decoded pod.

    The pod may lack what is filled in later: the name that its controller gives it, and an image that an image trigger sets.
    """
    openshift = cluster.platform != "kubernetes"
    whole = {**pod, "apiVersion": "v1", "kind": "Pod"}
    problems = validate(whole, "v1", "Pod", cluster.kubernetes_minor, openshift=openshift, gates=cluster.disabled_gates)
    return tuple(
        problem
        for problem in problems
        if problem.code != "unknown"
        and problem.path[:2] != ("metadata", "name")
        and (problem.code, problem.path[-1:]) != ("required", ("image",))
    )


def stored(verdict: Verdict, cluster: Cluster) -> dict[str, Any]:
    """Return the pod of an admitting verdict as the later steps of admission get it, with the API server's defaults."""
    synced = SECCOMP_ANNOTATIONS.holds(cluster.kubernetes_minor)
    return with_defaults(with_fields(verdict.pod) if synced else verdict.pod)


def git_repos(pod: Mapping[str, Any], minor: int) -> tuple[Path, ...]:
    """Return the paths of the gitRepo volumes of a pod that a container mounts, if Kubernetes 1.`minor` has no driver for them.

    The kubelet mounts no volume that no container uses. Source: kubernetes/pkg/volume/git_repo and pkg/features/kube_features.go.
    """
    spec = pod["spec"]
    if GIT_REPO_VOLUMES.holds(minor):
        return ()
    mounted = {mount.get("name") for _, _, container in containers(spec) for mount in container.get("volumeMounts") or ()}
    volumes = enumerate(spec.get("volumes") or ())
    return tuple(
        ("spec", "volumes", i) for i, each in volumes if each.get("gitRepo") is not None and each.get("name") in mounted
    )


def pod_security(pod: Mapping[str, Any], cluster: Cluster, policy: NamespacePolicy, creator: User) -> PodSecurity:
    """Return what Pod Security admission answers to `pod`, which `stored` returned."""
    library = cluster.pod_security_library
    answer = Answer(exemption="user") if exempts(cluster.platform, creator.name) else admit_pod(pod, policy.policy, library)
    return PodSecurity(policy, pod, library, answer)


def template_answer(workload: Workload, cluster: Cluster, policy: NamespacePolicy) -> Answer:
    """Return what Pod Security admission answers when the workload is applied."""
    path = TEMPLATES.get((workload.group, workload.kind))
    if path is None:
        return Answer()
    template = known(workload.pod.template) if workload.provenance.unfilled else workload.pod.template
    decoded = decode_pod(template, cluster.kubernetes_minor).value
    decoded = {**decoded, "spec": without_disabled_fields(decoded["spec"], cluster.disabled_gates)}
    judged: Mapping[str, Any] = cluster.admission.changed_template(decoded, policy.namespace)
    for step in reversed(path):
        judged = {str(step): judged}
    whole = {**judged, "apiVersion": workload.api_version, "kind": workload.kind}
    return admit_workload(whole, policy.policy, cluster.pod_security_library)


def csi_volumes(pod: Mapping[str, Any], cluster: Cluster, policy: NamespacePolicy) -> tuple[CsiVolume, ...]:
    """Return the inline CSI volumes of a pod with the decision of OpenShift's plugin; none on plain Kubernetes."""
    if cluster.platform == "kubernetes":
        return ()
    since = INLINE_CSI_KNOWN.holds(cluster.kubernetes_minor)
    volumes = inline_volumes(pod, policy.csi, cluster.csi_drivers)
    return tuple(volume if since else replace(volume, known=False) for volume in volumes)
