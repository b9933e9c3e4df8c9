"""The rows of outcomes: what each workload, container and grant gets, with the texts and places that the views show.

The texts are as the manifests have them. A view that prints a text makes it safe to show first.
"""

from collections.abc import Callable, Container, Iterator, Mapping
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, Literal

from scclint.admission.access import Access, demands, opened_by, used_by
from scclint.admission.constraints import MUST_RUN_AS, MUST_RUN_AS_RANGE, Constraints
from scclint.admission.order import points
from scclint.admission.verdict import Grant, Verdict
from scclint.finding import Path
from scclint.objects.types import Workload
from scclint.outcome.chain import Outcome, PodSecurity, Step
from scclint.outcome.selinux import conflicts, mounts
from scclint.outcome.world import World
from scclint.platform.releases import RELEASES
from scclint.platform.terms import namespace_name, shown_name
from scclint.podsecurity.csi import CsiVolume
from scclint.record import record
from scclint.seccomp.effective import ContainerSeccomp
from scclint.source import Span
from scclint.text import full_name
from scclint.yaml.untyped import value_at

if TYPE_CHECKING:
    from scclint.cluster.who_can import SubjectKind
    from scclint.outcome.policies import PolicyAnswer

Result = Literal["admitted", "rejected", "skipped", "unknown"]


@record
class ContainerRow:
    """What a container gets. `seccomp` is its effective profile in words (`RuntimeDefault`), and `effective` the whole decision.

    What SCC admission decides is empty if no SCC admits the pod. `uid` and `selinux` name their source: `1001 (manifest)`,
    `first of the range (namespace)`. `selinux` ends with the pod's `seLinuxChangePolicy` if that is set: `s0:c1,c2 (manifest), Recursive`.
    `root` is True if the user ID is 0. `added` and `dropped` are the capabilities, sorted. `root_filesystem` is `read-only` or `writable`.
    """

    name: str
    seccomp: str
    effective: ContainerSeccomp
    uid: str = ""
    root: bool = False
    selinux: str = ""
    privileged: bool = False
    added: tuple[str, ...] = ()
    dropped: tuple[str, ...] = ()
    root_filesystem: str = ""

    @property
    def capabilities(self) -> str:
        """The capabilities as text: `drop ALL, add NET_BIND_SERVICE`."""
        if not self.uid:
            return ""
        if self.privileged:
            return "all (privileged)"
        parts = [f"{verb} {', '.join(names)}" for verb, names in (("drop", self.dropped), ("add", self.added)) if names]
        return ", ".join(parts) or "of the runtime"


@record
class VerdictRow:
    """The verdict of SCC admission, in the words of `Verdict`. `reason` is known of bare Pods, whose creator's rights may decide."""

    allowed: bool
    subject: str | None
    message: str | None
    reason: str | None
    namespace_assumed: bool


@record
class PodSecurityRow:
    """What Pod Security admission answers: to the pod, and with `template_warning` to the workload.

    `is_known` says whether the levels of the namespace are, and `set_by` what sets the enforced one.
    """

    is_known: bool
    enforce: str
    audit: str
    warn: str
    set_by: str
    message: str
    warning: str
    template_warning: str
    exemption: str | None
    unknown: str


@record
class WorkloadRow:
    """What the pods of a workload get in one unit on one release. `place` is where people edit the workload.

    `unit` is the name of the unit, and `unit_title` what people read in its place.
    `namespace` is empty if the manifests do not name it, and `part` is that of `Workload`. `why` is why each SCC that may be used
    rejects the pod, the answer of a later step that rejects it, or why the pod is skipped or unknown. `grant` is how the subject of
    the verdict may use the SCC. `access` is what the pod uses of the node, `asks` all that it asks for beyond an ordinary pod, and `points`
    says how lax its SCC is. `pod_security` is the strictest level that the pod meets; empty if an earlier step rejects it. `waits` names the
    pods that a pod waits for if both run on one node, because they mount a claim with other SELinux labels, if the release mounts volumes
    with labels. `rests_on` is what a rejection rests on and the input does not give, as a clause; `why` has it as well.

    `label` is that of the provenance and `written_namespace` the one in the manifest, which is in `file`, at `lines`, and which `source` is
    rendered from. `account` is the service account with its namespace. `verdict` is None if there is none, and `unknown` then says why.
    The rest is that of the outcome. `granted_to` is whose right to use the SCC counts; empty if no SCC admits the pod.
    """

    unit: str
    unit_title: str
    release: str
    kind: str
    namespace: str
    name: str
    part: str
    label: str
    written_namespace: str
    place: Span
    file: str
    source: str
    lines: tuple[int, int]
    account: tuple[str, str]
    controlled: bool
    creator: str
    verdict: VerdictRow | None
    skipped: str
    unknown: str
    created: bool | None
    rejected_by: Step | None
    invalid: tuple[str, ...]
    security: PodSecurityRow | None
    csi: tuple[CsiVolume, ...]
    policies: "tuple[PolicyAnswer, ...]"
    result: Result
    why: str
    scc: str
    subject: str
    grant: str
    granted_to: str
    fs_group: str
    access: tuple[Access, ...]
    points: int
    pod_security: str
    containers: tuple[ContainerRow, ...]
    asks: tuple[str, ...] = ()
    waits: str = ""
    rests_on: str = ""

    @property
    def openshift(self) -> str:
        """The OpenShift release; empty on plain Kubernetes."""
        return self.release if self.release in RELEASES else ""

    @property
    def runs(self) -> bool:
        """Whether the cluster creates the pods, as far as is known."""
        return self.result in ("admitted", "skipped")

    @property
    def admitted(self) -> bool:
        """Whether SCC admission admits the pods. A later step may still reject them."""
        return self.verdict is not None and self.verdict.allowed

    @property
    def unconfined(self) -> int:
        """How many containers run without a seccomp profile."""
        return sum(row.seccomp == "Unconfined" for row in self.containers) if self.runs else 0


@record
class GrantRow:
    """A grant of an SCC that objects of the input make, in one unit: `kind`, `namespace` and `name` are those of the subject.

    The `namespace` is empty except for a service account. `opens` is what the SCC opens of the node. `place` is where people edit
    the grant, None if that is not known.
    """

    scc: str
    opens: tuple[Access, ...]
    kind: "SubjectKind"
    namespace: str
    name: str
    grant: Grant
    place: Span | None
    unit: str

    @property
    def takes_node(self) -> bool:
        """Whether the SCC lets a container take its node."""
        return any(access.takes for access in self.opens)

    @property
    def scope(self) -> str:
        """The namespace of the pods for which the grant counts; empty for all, and if its name is not known."""
        return namespace_name(self.grant.binding.namespace) if self.grant.binding else ""


def workload_row(
    world: World, workload: Workload, unit: str = "", place: Span | None = None, unit_title: str = ""
) -> WorkloadRow:
    """Return the row of a workload. Without a `place`, it is the one in the manifest that was judged."""
    outcome = world.outcome(workload)
    verdict, chosen = outcome.verdict, outcome.chosen
    scc = world.cluster.sccs[chosen.scc] if chosen is not None else None
    decided = _decided_by_namespace(scc) if scc is not None else {}
    of_scc: Mapping[str, Any] = {"scc": scc.name, "points": points(scc)} if scc is not None else {"scc": "", "points": 0}
    of_pod = _of_pod(verdict, workload, world, decided) if verdict is not None and verdict.allowed else _NO_POD
    result, why = _result(outcome)
    rests_on = _rests_on(outcome, world) if result == "rejected" else ""
    return WorkloadRow(
        label=workload.provenance.label,
        written_namespace=workload.namespace,
        file=workload.file,
        source=workload.document.source,
        lines=workload.lines,
        account=(outcome.namespace, workload.pod.service_account),
        controlled=workload.controlled,
        creator=outcome.creator.name,
        verdict=_verdict(verdict, workload) if verdict is not None else None,
        skipped=outcome.skipped,
        unknown=outcome.unknown,
        created=outcome.created,
        rejected_by=outcome.rejected_by,
        invalid=tuple(problem.message for problem in outcome.invalid),
        security=_security(outcome, outcome.pod_security) if outcome.pod_security is not None else None,
        csi=outcome.csi,
        policies=outcome.policies,
        granted_to=outcome.grant.subject if outcome.grant else "",
        unit=unit,
        unit_title=unit_title or unit,
        release=world.cluster.release or world.cluster.kubernetes_version,
        kind=workload.kind,
        namespace=world.namespace_known(workload),
        name=workload.name,
        part=workload.part,
        place=place or workload.place.span,
        result=result,
        why=f"{why} ({rests_on})" if rests_on else why,
        rests_on=rests_on,
        grant=grant_words(chosen.grant) if chosen is not None and chosen.grant else "",
        **of_scc,
        **of_pod,
        pod_security=outcome.pod_security.meets if outcome.pod_security else "",
        containers=tuple(_container(outcome, container, decided) for container in outcome.seccomp),
        waits=_waits(world, workload),
    )


_NO_POD: Mapping[str, Any] = MappingProxyType({"subject": "", "fs_group": "", "access": (), "asks": ()})
"""The fields of a row about an admitted pod, for one that is not admitted."""


def _of_pod(admitted: Verdict, workload: Workload, world: World, decided: Mapping[str, str]) -> Mapping[str, Any]:
    minor, on_node = world.cluster.kubernetes_minor, tuple(_volumes_on_node(world, workload))
    return {
        "subject": admitted.subject or "",
        "fs_group": _sourced(admitted, ("spec",), "fsGroup", decided, "none"),
        "access": (*used_by(admitted.pod, minor), *on_node),
        "asks": tuple(sorted((*demands(admitted.pod, minor), *(access.words for access in on_node)))),
    }


def _verdict(verdict: Verdict, workload: Workload) -> VerdictRow:
    return VerdictRow(
        verdict.allowed,
        verdict.subject,
        verdict.message,
        None if workload.controlled else verdict.reason,
        verdict.namespace_assumed and not verdict.skipped,
    )


def _security(outcome: Outcome, security: PodSecurity) -> PodSecurityRow:
    policy, answer = security.policy, security.answer
    return PodSecurityRow(
        not policy.unknown,
        str(policy.policy.enforce),
        str(policy.policy.audit),
        str(policy.policy.warn),
        policy.origin("enforce"),
        answer.denial,
        answer.warning,
        outcome.template.warning,
        answer.exemption,
        security.unknown,
    )


def _rests_on(outcome: Outcome, world: World) -> str:
    """Return what a rejection rests on that the input does not give, as a clause; empty if it rests on nothing of the kind."""
    from scclint.outcome.absent_roles import open_on
    from scclint.outcome.own_ranges import assumption

    if world.with_own_ranges(outcome.workload) is not None:
        return f"assumed: {assumption(outcome)}"
    absent = open_on(outcome.workload, world)
    return f"rejected unless {absent}" if absent else ""


def _volumes_on_node(world: World, workload: Workload) -> Iterator[Access]:
    """Yield the paths of the node that the pods of a workload get through PersistentVolumes."""
    mounted = mounts(world).of_workload.get(id(workload), ())
    for words in dict.fromkeys(volume.words for mount in mounted for volume in mount.claim.volume.on_node):
        yield Access(words, True, ())


def _waits(world: World, workload: Workload) -> str:
    if "SELinuxMount" in world.cluster.disabled_gates or world.cluster.platform == "kubernetes":
        return ""
    mounted = mounts(world).of_workload.get(id(workload), ())
    others = {
        f"{other.named} (claim {mount.claim.claim})" for mount in mounted for other, _ in conflicts(mount, workload, world)
    }
    return ", ".join(sorted(others))


def _result(outcome: Outcome) -> tuple[Result, str]:
    """Return what happens to the pods, and why they are rejected, skipped or unknown."""
    verdict, security = outcome.verdict, outcome.pod_security
    if verdict is None:
        return "unknown", f"because {outcome.unknown}"
    match outcome.rejected_by:
        case "scc":
            usable = (candidate for candidate in verdict.candidates if candidate.outcome == "too restrictive")
            why = "; ".join(f"{candidate.scc}: {candidate.reasons[0].text}" for candidate in usable)
            return "rejected", why or verdict.message or ""
        case "validation":
            return "rejected", outcome.invalid[0].message
        case "pod-security":
            return "rejected", security.answer.denial if security else ""
        case "csi":
            return "rejected", "its namespace does not allow an inline CSI volume of this driver"
        case "policy":
            return "rejected", outcome.policy_denial.text if outcome.policy_denial else ""
    return "admitted" if outcome.chosen is not None else "skipped", outcome.skipped


def _container(outcome: Outcome, effective: ContainerSeccomp, decided: Mapping[str, str]) -> ContainerRow:
    verdict, words = outcome.verdict, seccomp_words(effective)
    if verdict is None or not verdict.allowed:
        return ContainerRow(effective.name, words, effective)
    context = outcome.container(effective).get("securityContext") or {}
    capabilities = context.get("capabilities") or {}
    policy = value_at(verdict.pod, ("spec", "securityContext", "seLinuxChangePolicy"))
    image = outcome.image(effective)
    of_image, uid = "image", _in_force(verdict.pod, effective.path, "runAsUser")
    if image is not None and image.user is not None:
        of_image = f"{image.user if image.uid is None else image.uid} (image, {image.source})"
        uid = image.uid if uid is None else uid
    return ContainerRow(
        effective.name,
        words,
        effective,
        _sourced(verdict, effective.path, "runAsUser", decided, of_image),
        uid == 0,
        ", ".join(filter(None, (_sourced(verdict, effective.path, "seLinuxOptions", decided, "runtime"), policy))),
        bool(context.get("privileged")),
        tuple(sorted(capabilities.get("add") or ())),
        tuple(sorted(capabilities.get("drop") or ())),
        "read-only" if context.get("readOnlyRootFilesystem") else "writable",
    )


def _decided_by_namespace(scc: Constraints) -> dict[str, str]:
    """Return the fields that a namespace decides under an SCC, in words: its numbers differ from cluster to cluster."""
    return {
        "runAsUser": "first of the range" if scc.run_as_user == MUST_RUN_AS_RANGE and scc.uid_range_min is None else "",
        "fsGroup": "first of the range" if scc.fs_group == MUST_RUN_AS and not scc.fs_group_ranges else "",
        "seLinuxOptions": "own level"
        if scc.se_linux_context == MUST_RUN_AS and not (scc.se_linux_options or {}).get("level")
        else "",
    }


def _sourced(verdict: Verdict, path: Path, field: str, decided: Mapping[str, str], absent: str) -> str:
    """Return the value of a field of a security context with its source; `absent` if there is none."""
    value = _in_force(verdict.pod, path, field)
    if isinstance(value, dict):
        value = ":".join(str(value[key]) for key in ("user", "role", "type", "level") if value.get(key)) or None
    if value is None:
        return absent
    if _in_force(verdict.submitted, path, field) is not None:
        return f"{value} (manifest)"
    return f"{decided[field]} (namespace)" if decided.get(field) else f"{value} (SCC)"


def _in_force(pod: Mapping[str, Any], path: Path, field: str) -> Any:
    """Return a field of the security context at a path, or else that of the pod."""
    value = value_at(pod, (*path, "securityContext", field))
    return value if value is not None else value_at(pod, ("spec", "securityContext", field))


def seccomp_words(container: ContainerSeccomp) -> str:
    """`RuntimeDefault`, `Unconfined`, `Localhost profiles/web.json`; `-` on Windows."""
    if container.type == "Localhost":
        return f"Localhost {container.localhost_profile or ''}".rstrip()
    return container.type or "-"


def grant_words(grant: Grant) -> str:
    """Why a subject may use an SCC: `service account, through RoleBinding shop/web-anyuid`."""
    who = "service account" if grant.subject == "serviceaccount" else "creator"
    if grant.via == "users":
        return f"{who}, named in the SCC's users"
    if grant.via == "groups":
        return f"{who}, through group {shown_name(grant.group)} in the SCC's groups"
    binding = grant.binding
    if binding is None:
        return f"{who}, through group {grant.group}, which may do everything"
    return f"{who}, through {full_name(binding.kind, namespace_name(binding.namespace), binding.name)}"


def grant_rows(
    world: World, unit: str = "", edited: Callable[[Span], Span] = lambda span: span, files: Container[str] | None = None
) -> Iterator[GrantRow]:
    """Yield each grant that objects of the input make, by SCC and subject. What the release itself grants is left out.

    `edited` moves a place to the file that people edit. With `files`, only what objects in these files grant is yielded.
    """
    cluster = world.cluster
    for name, scc in cluster.sccs.items():
        opens = opened_by(scc)
        for holder in cluster.who_can_use(name):
            for grant in holder.grants:
                if cluster.grants.brings(grant, name):
                    continue
                spans = [step.span for step in world.steps.of_grant(grant, name) if files is None or step.span.file in files]
                if spans or files is None:
                    place = edited(spans[0]) if spans else None
                    yield GrantRow(name, opens, holder.kind, holder.namespace, shown_name(holder.name), grant, place, unit)
