"""The parts of a fix that several rules share: whom to grant an SCC, and what a custom SCC must list."""

from scclint.api import REQUIRED_SCC, Outcome, Workload, World, is_open, listed, used_by, why_privileged

from ._accounts import IN_EVERY_NAMESPACE
from ._scc import opened
from ._seccomp import RUNTIME_DEFAULT, default_profile
from ._what_if import admitted_by, user_remark, would_admit

_SHARED = (*IN_EVERY_NAMESPACE, "pipeline")


def grant(workload: Workload, scc: str) -> str:
    """Return the phrase for granting `scc` to the workload: `grant service account web SCC nonroot-v2`.

    Every pod without a serviceAccountName runs as `default`, and every Tekton task without one as `pipeline`, so these accounts are not
    granted anything.
    """
    account = workload.pod.service_account
    if account in _SHARED:
        return f"run the workload as a service account of its own, and grant that account {scc}"
    return f"grant service account {account} {scc}"


def pinned(outcome: Outcome, world: World) -> bool:
    """Whether an annotation of the pod decides which SCC is tried."""
    return outcome.verdict is not None and bool(outcome.verdict.required_scc) and world.cluster.admission.reads_required_scc


def pin_too(outcome: Outcome, world: World) -> str:
    """Return the clause about the annotation that a pod needs before another SCC is tried; empty for a pod that is not pinned."""
    return f", and name that SCC in the annotation {REQUIRED_SCC}" if pinned(outcome, world) else ""


def scc_to_grant(outcome: Outcome, world: World) -> str:
    """Return the SCC to grant, as a phrase: one of the release that opens nothing the pod does not use, or else a custom SCC.

    An SCC of the input may belong to another application, and some of the release belong to its components: they are never named.
    """
    verdict = outcome.verdict
    assert verdict is not None
    used = {access.words for access in used_by(verdict.submitted, world.cluster.kubernetes_minor)}
    general = world.cluster.own_sccs - world.cluster.component_sccs
    for scc in world.cluster.scc_order.by_restrictiveness:
        if scc not in general or default_profile(scc, world) not in RUNTIME_DEFAULT:
            continue
        if all(access.words in used for access in opened(scc, world)) and would_admit(scc, outcome, world):
            remark = user_remark(world, outcome, admitted_by(scc, world, outcome))
            return f"SCC {scc}, the most restrictive that admits the pod{remark}"
    return custom_scc(outcome)


def custom_scc(outcome: Outcome) -> str:
    """Return the phrase for an SCC that allows only what the pod needs and lists the profiles that it asks for."""
    entries = listed(profile_entries(outcome))
    scc = f"a custom SCC that allows only what the pod needs and lists {entries} in seccompProfiles"
    if asks_for_unconfined(outcome):
        return f"{scc} (set RuntimeDefault instead of Unconfined)"
    return f"{scc}{_suggest(outcome)}"


def _suggest(outcome: Outcome) -> str:
    """Return the command that prints the custom SCC of a rejected pod, in parentheses; empty if the command has nothing to print."""
    workload, verdict = outcome.workload, outcome.verdict
    if verdict is None or verdict.allowed or not workload.name or is_open(workload.name) or workload.provenance.label:
        return ""
    namespace = "" if workload.namespace or workload.provenance.by_account else " -n NAMESPACE"
    return f" (`scclint suggest {workload.kind.lower()}/{workload.name}{namespace}` prints it)"


def without_privileged(outcome: Outcome) -> str:
    """Return the advice on a pod with a privileged container; empty if the container does what no capability allows."""
    if outcome.verdict is None or why_privileged(outcome.verdict.pod):
        return ""
    return (
        "If the container needs no more than some capabilities, replace privileged: true with them, so that a seccomp profile can "
        "apply, and use an SCC that allows these capabilities."
    )


def asks_for_unconfined(outcome: Outcome) -> bool:
    """Whether a field or annotation of the pod turns seccomp off for a container."""
    return any(c.requested is not None and c.requested.type == "Unconfined" for c in outcome.seccomp)


def profile_entries(outcome: Outcome) -> list[str]:
    """Return the entries of seccompProfiles that the pod needs, the default first; Unconfined is replaced by RuntimeDefault."""
    requested = [c.requested for c in outcome.seccomp]
    files = {f"localhost/{r.localhost_profile}" for r in requested if r is not None and r.type == "Localhost"}
    needs_default = not files or any(r is None or r.type != "Localhost" for r in requested)
    return ["runtime/default"] * needs_default + sorted(files)
