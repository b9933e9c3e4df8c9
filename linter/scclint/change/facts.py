"""What a workload gets, as values that two states of it can be compared by."""

from collections.abc import Mapping
from typing import Any, Literal

from scclint.admission.access import used_by
from scclint.admission.constraints import MUST_RUN_AS, MUST_RUN_AS_RANGE, Constraints
from scclint.admission.order import points
from scclint.admission.verdict import Grant
from scclint.outcome.chain import Outcome
from scclint.outcome.world import World
from scclint.record import record
from scclint.seccomp.effective import ContainerSeccomp
from scclint.untyped import value_at

Result = Literal["admitted", "rejected", "skipped", "unknown"]


@record
class ContainerFacts:
    """What a container gets. `uid` and `selinux` name their source: `1001 (manifest)`, `first of the range (namespace)`.

    `root` is True if its user ID is 0. `added` and `dropped` are its capabilities, sorted. `seccomp` is its effective profile:
    `RuntimeDefault`. `root_filesystem` is `read-only` or `writable`.
    """

    name: str
    uid: str
    root: bool
    selinux: str
    privileged: bool
    added: tuple[str, ...]
    dropped: tuple[str, ...]
    seccomp: str
    root_filesystem: str

    @property
    def capabilities(self) -> str:
        """The capabilities as text: `drop ALL, add NET_BIND_SERVICE`."""
        if self.privileged:
            return "all (privileged)"
        parts = [f"{verb} {', '.join(names)}" for verb, names in (("drop", self.dropped), ("add", self.added)) if names]
        return ", ".join(parts) or "of the runtime"


@record
class PodFacts:
    """What the pods of a workload get.

    `why` is why each SCC that may be used rejects the pod, the answer of a later step that rejects it, or why the pod is skipped or
    unknown. `subject` is whose right to the SCC counts, and `grant` how it has the right. `access` is what the pod uses of the
    node, `points` how lax its SCC is. `pod_security` is the strictest level that the pod meets; empty if an earlier step rejects it.
    """

    result: Result
    why: str = ""
    scc: str = ""
    subject: str = ""
    grant: str = ""
    fs_group: str = ""
    containers: tuple[ContainerFacts, ...] = ()
    access: tuple[str, ...] = ()
    points: int = 0
    pod_security: str = ""

    def values(self) -> dict[str, str]:
        """The facts by name, as `--format json` calls them: `scc`, `uid of web`."""
        found = {"result": self.result, "scc": self.scc, "subject": self.subject, "grant": self.grant, "fsGroup": self.fs_group}
        found |= {"node access": ", ".join(self.access), "pod security": self.pod_security}
        for container in self.containers:
            found[f"uid of {container.name}"] = container.uid
            found[f"selinux of {container.name}"] = container.selinux
            found[f"capabilities of {container.name}"] = container.capabilities
            found[f"seccomp of {container.name}"] = container.seccomp
            found[f"root filesystem of {container.name}"] = container.root_filesystem
        return found


def facts_of(world: World, outcome: Outcome) -> PodFacts:
    """Return what the pods of an outcome get."""
    verdict = outcome.verdict
    if verdict is None:
        return PodFacts("unknown", f"because {outcome.unknown}")
    if not verdict.allowed:
        usable = (candidate for candidate in verdict.candidates if candidate.outcome == "too restrictive")
        return PodFacts(
            "rejected",
            "; ".join(f"{candidate.scc}: {candidate.reasons[0].text}" for candidate in usable) or verdict.message or "",
        )
    chosen = outcome.chosen
    scc = world.cluster.sccs[chosen.scc] if chosen is not None else None
    pod, submitted = verdict.pod["spec"], verdict.submitted["spec"]
    later = _later(outcome)
    return PodFacts(
        "rejected" if later else "admitted" if scc is not None else "skipped",
        later or outcome.skipped,
        scc.name if scc is not None else "",
        verdict.subject or "",
        grant_words(chosen.grant) if chosen is not None and chosen.grant else "",
        _fs_group(pod, submitted, scc),
        tuple(_container(outcome, one, submitted, scc) for one in outcome.seccomp),
        tuple(access.words for access in used_by(verdict.pod, world.cluster.kubernetes_minor)),
        points(scc) if scc is not None else 0,
        outcome.pod_security.meets if outcome.pod_security else "",
    )


def _later(outcome: Outcome) -> str:
    """Why a step after SCC admission rejects the pod; empty if none does."""
    match outcome.rejected_by:
        case "validation":
            return outcome.invalid[0].message
        case "pod-security":
            return outcome.pod_security.answer.denial if outcome.pod_security else ""
        case "csi":
            return "its namespace does not allow an inline CSI volume of this driver"
    return ""


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
        return f"{who}, through group {grant.group} in the SCC's groups"
    binding = grant.binding
    if binding is None:
        return f"{who}, through group {grant.group}, which may do everything"
    place = f"{binding.namespace}/" if binding.namespace else ""
    return f"{who}, through {binding.kind} {place}{binding.name}"


def _container(
    outcome: Outcome, container: ContainerSeccomp, submitted: Mapping[str, Any], scc: Constraints | None
) -> ContainerFacts:
    assert outcome.verdict is not None
    after, before = outcome.container(container), value_at(outcome.verdict.submitted, container.path)
    pod = outcome.verdict.pod["spec"]
    written = _effective(before, submitted, "runAsUser")
    uid = _effective(after, pod, "runAsUser")
    open_range = scc is not None and scc.run_as_user == MUST_RUN_AS_RANGE and scc.uid_range_min is None
    options = _effective(after, pod, "seLinuxOptions") or {}
    label = ":".join(str(options[key]) for key in ("user", "role", "type", "level") if options.get(key))
    open_level = scc is not None and scc.se_linux_context == MUST_RUN_AS and not (scc.se_linux_options or {}).get("level")
    context = after.get("securityContext") or {}
    capabilities = context.get("capabilities") or {}
    return ContainerFacts(
        container.name,
        _sourced(uid, written, "first of the range" if open_range else "", "image"),
        uid == 0,
        _sourced(label or None, _effective(before, submitted, "seLinuxOptions"), "own level" if open_level else "", "runtime"),
        bool(context.get("privileged")),
        tuple(sorted(capabilities.get("add") or ())),
        tuple(sorted(capabilities.get("drop") or ())),
        seccomp_words(container),
        "read-only" if context.get("readOnlyRootFilesystem") else "writable",
    )


def _fs_group(pod: Mapping[str, Any], submitted: Mapping[str, Any], scc: Constraints | None) -> str:
    group = (pod.get("securityContext") or {}).get("fsGroup")
    written = (submitted.get("securityContext") or {}).get("fsGroup")
    open_range = scc is not None and scc.fs_group == MUST_RUN_AS and not scc.fs_group_ranges
    return _sourced(group, written, "first of the range" if open_range else "", "none")


def _sourced(value: object, written: object, of_namespace: str, absent: str) -> str:
    """A value with its source. What a namespace decides is described, because its number differs from cluster to cluster."""
    if value is None:
        return absent
    if written is not None:
        return f"{value} (manifest)"
    return f"{of_namespace} (namespace)" if of_namespace else f"{value} (SCC)"


def _effective(container: Mapping[str, Any], pod: Mapping[str, Any], field: str) -> Any:
    own = (container.get("securityContext") or {}).get(field)
    return own if own is not None else (pod.get("securityContext") or {}).get(field)
