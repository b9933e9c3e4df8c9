"""Whom to grant which SCC: one that opens nothing that the pod does not use, to an account that only this workload uses."""

from collections.abc import Iterator, Sequence
from itertools import chain, takewhile

from scclint.admission.access import opened_by, used_by, why_privileged
from scclint.admission.field import FieldError
from scclint.admission.rbac import RESOURCE, service_account_name
from scclint.admission.strategies import users_of
from scclint.admission.verdict import Grant, ObjectRef, User
from scclint.advice.effects import asks_for_unconfined, of_injection, user_change
from scclint.cluster.addons import brings
from scclint.finding import Remedy
from scclint.objects.types import Role, Workload
from scclint.objects.unknown import is_open, is_unfilled_user, stands_for_a_name
from scclint.outcome.chain import Outcome
from scclint.outcome.world import World
from scclint.platform.terms import EVERYONE, REQUIRED_SCC, RUNTIME_DEFAULT, SCC_ROLE_PREFIX
from scclint.record import grouped
from scclint.text import and_more

SHARED_ACCOUNTS = ("builder", "default", "deployer", "pipeline")
"""Accounts as which pods without a serviceAccountName run, and those of builds, deployments and Tekton: they are granted nothing."""


def applies_profile(world: World, scc: str) -> bool:
    """Whether the SCC applies RuntimeDefault to pods that set no profile."""
    return world.cluster.sccs[scc].default_seccomp_profile in RUNTIME_DEFAULT


def confines(world: World, scc: str) -> bool:
    """Whether an SCC may be advised: it applies RuntimeDefault, does not open the node, and belongs to no component of the release."""
    takes = any(access.takes for access in opened_by(world.cluster.sccs[scc]))
    return applies_profile(world, scc) and not takes and scc not in world.cluster.component_sccs


def admits(world: World, scc: str, outcome: Outcome) -> bool:
    """Whether the SCC would admit the pod of the outcome as submitted, if every user could use it."""
    verdict = outcome.verdict
    return (
        verdict is not None and world.cluster.admission.errors_under(scc, verdict.submitted, namespace=verdict.namespace) == ()
    )


def by_own_grant(outcome: Outcome, world: World) -> bool:
    """Whether an SCC admits the pod because somebody granted this one to its account, or to those of a namespace.

    What everybody gets is for no pod in particular, nor is what the release or an add-on grants. A role with every SCC chooses none.
    """
    one, scc = outcome.grant, outcome.scc
    if one is None or one.subject != "serviceaccount" or one.group in EVERYONE:
        return False
    if any(binding.ref == one.binding and scc not in binding.uses.named for binding in world.cluster.grants.bindings_to(scc)):
        return False
    return not brings(scc) and not world.cluster.grants.brings(one, scc)


def pinned(outcome: Outcome, world: World) -> bool:
    """Whether an annotation of the pod decides which SCC is tried."""
    return outcome.verdict is not None and bool(outcome.verdict.required_scc) and world.cluster.admission.reads_required_scc


def grant(outcome: Outcome, world: World, scc: str, why: str = "", *, phrase: str = "", narrows: bool = False) -> Remedy:
    """The grant of an SCC to the account of the workload, and what is different under it. `phrase` describes an SCC to be written.

    Accounts that several workloads share are granted nothing, unless it `narrows` what they were granted.
    """
    account = outcome.workload.pod.service_account
    words = f"grant service account {account} {phrase or f'SCC {scc}'}"
    if outcome.workload.is_hook:
        # Hooks run as `default`, which cannot be changed.
        words = f"grant service account deployer, which creates the pods of hooks, {phrase or f'SCC {scc}'}"
    elif (account in SHARED_ACCOUNTS and not narrows) or _has_no_effect(outcome, world, scc):
        rights = rights_beside(world, outcome.namespace, account)
        words = f"run the workload as a service account of its own{rights}, and grant it {phrase or f'SCC {scc}'}"
    verdict = outcome.judged
    pins = pinned(outcome, world) and verdict.required_scc != scc
    pin = f", and name that SCC in the annotation {REQUIRED_SCC}" if pins else ""
    admission = world.cluster.admission
    after = admission.verdict_under(scc, verdict.submitted, namespace=verdict.namespace) if scc else None
    user = user_change(admission, verdict, after)
    effects = (*((user,) if user else ()), *of_injection(world, outcome.workload))
    return Remedy(words + why + pin, effects, beside=not pins and (narrows or account not in SHARED_ACCOUNTS))


def rights_beside(world: World, namespace: str, account: str) -> str:
    """Return as a clause that a new account needs what the program uses of the roles of `account`; empty if these only allow SCCs."""
    names = (
        f"{ref.kind} {ref.name}{' in part, because it allows every SCC' if any('*' in some for some in lists) else ''}"
        for ref, lists in _resources(world, namespace, account).items()
        if [*map(list, lists)] != [[RESOURCE]]
    )
    named = and_more(dict.fromkeys(names), 2)
    return f", with the rights of {account} that the program uses ({named})" if named else ""


def _resources(world: World, namespace: str, account: str) -> dict[ObjectRef, list[Sequence[str]]]:
    """Return the resources of each rule of the roles that an account is bound to. Of most roles of the release, no rule is known."""
    rights = world.cluster.grants.rights
    bound = rights.bindings_of(User(service_account_name(namespace, account))).values()
    return {ref: [rule.get("resources") or () for *_, rule in rights.rules_of(ref)] for ref in bound}


def workloads_of(world: World, namespace: str, account: str) -> list[Workload]:
    """Return the workloads of the input, context included, whose pods run as the service account."""
    by_account: dict[tuple[str, str], list[Workload]] = world.memo(
        workloads_of,
        lambda: grouped(
            ((world.namespace_of(workload), workload.pod.service_account), workload) for workload in world.of(Workload)
        ),
    )
    return by_account.get((namespace, account), [])


def ranged_by_namespace(world: World, scc: str, error: FieldError) -> bool:
    """Whether the SCC rejects a written value because it takes its own from the namespace's range."""
    strategies = world.cluster.sccs[scc]
    ranged = {
        "runAsUser": strategies.run_as_user == "MustRunAsRange" and strategies.uid_range_min is None,
        "fsGroup": not strategies.fs_group_ranges,
        "supplementalGroups": not strategies.supplemental_groups_ranges,
        "level": not (strategies.se_linux_options or {}).get("level"),
    }
    return error.value is not None and ranged.get([step for step in error.path if isinstance(step, str)][-1], False)


def _has_no_effect(outcome: Outcome, world: World, scc: str) -> bool:
    """Whether the pod stays under its SCC when its account may use another one, because other pods of the account need that SCC.

    An SCC that is to be written has no priority.
    """
    account = outcome.workload.pod.service_account
    if not outcome.scc or account in SHARED_ACCOUNTS or len(workloads_of(world, outcome.namespace, account)) < 2:
        return False
    if not scc:
        return bool(world.cluster.sccs[outcome.scc].priority)
    names = [one.name for one in world.cluster.scc_order.ordered]
    return names.index(outcome.scc) < names.index(scc)


def least_grant(outcome: Outcome, world: World) -> Remedy:
    """The grant of the most restrictive SCC of the release that opens nothing the pod does not use, or else of a custom SCC.

    An SCC of the input may belong to another application, and some of the release belong to its components: they are never named.
    """
    verdict = outcome.judged
    used = {access.words for access in used_by(verdict.submitted, world.cluster.kubernetes_minor)}
    account, general = outcome.workload.pod.service_account, world.cluster.own_sccs - world.cluster.component_sccs
    for scc in world.cluster.scc_order.by_restrictiveness:
        if scc in general and applies_profile(world, scc):
            opened = (access.words for access in opened_by(world.cluster.sccs[scc]))
            if all(words in used for words in opened) and admits(world, scc, outcome):
                return grant(outcome, world, scc, f", the most restrictive that admits the pod{_instead(outcome, world)}")
    # What there is already is not to be written again.
    if outcome.scc and outcome.scc not in world.cluster.own_sccs and account not in SHARED_ACCOUNTS:
        return Remedy(
            f"allow in SCC {outcome.scc} only what the pods under it use, and record what stays with `scclint accept`"
        )
    return custom_grant(outcome, world)


def custom_grant(outcome: Outcome, world: World) -> Remedy:
    """The grant of an SCC that allows only what the pod needs, instead of what admits it now."""
    if unfilled := _unfilled(outcome, world):
        return grant(outcome, world, unfilled, ", unless the placeholder in its users is for this account")
    entries = profile_entries(outcome)
    image_decides = entries and outcome.verdict and any(uid is None for uid, _ in users_of(outcome.verdict.pod).values())
    is_asked = bool(entries) and asks_for_unconfined(outcome)
    own_user = ", and runAsUser: {type: RunAsAny} if an image needs its own user" if image_decides else ""
    instead = "; set RuntimeDefault instead of Unconfined" if is_asked else ""
    fields = f" (with seccompProfiles: [{', '.join(entries)}]{own_user}{instead})" if entries else ""
    words = fields if is_asked else _suggest(outcome) or fields
    phrase = f"a custom SCC that allows only what the pod needs{words}{_instead(outcome, world)}"
    return grant(outcome, world, "", phrase=phrase)


def _unfilled(outcome: Outcome, world: World) -> str:
    """Return the first SCC with a placeholder in `users` that admits the pod if that is its account, and comes before the others."""
    earlier = takewhile(lambda scc: scc.name != outcome.scc, world.cluster.scc_order.ordered)
    unfilled = (scc.name for scc in earlier if any(is_unfilled_user(user.rpartition(":")[2]) for user in scc.users))
    return next((name for name in unfilled if admits(world, name, outcome)), "")


def _instead(outcome: Outcome, world: World) -> str:
    """Return what the new grant takes the place of, as a clause; empty where other pods have the account, which keep what they need."""
    account = outcome.workload.pod.service_account
    if account in SHARED_ACCOUNTS or len(workloads_of(world, outcome.namespace, account)) > 1:
        return ""
    old = and_more(other_rights(world, outcome.namespace, account), 2)
    unless = ", unless the program grants that to others" if _may_bind(world, outcome.namespace, account) else ""
    return f", instead of {old}{unless}" if old else ""


def _may_bind(world: World, namespace: str, account: str) -> bool:
    """Whether a role for some resources lets the account write bindings, for which it must have the rights that it gives."""
    lists = _resources(world, namespace, account).values()
    return any(not {"rolebindings", "clusterrolebindings"}.isdisjoint(some) for of_role in lists for some in of_role)


def other_rights(world: World, namespace: str, account: str, kept: str = "") -> Iterator[str]:
    """Yield what lets an account by its own name use other SCCs than `kept`, as phrases; nothing that the release brings.

    Bindings are of the namespace, or of the cluster.
    """
    rights: dict[tuple[str, str], list[tuple[str, Grant]]] = world.memo(
        other_rights,
        lambda: grouped(
            ((holder.namespace, holder.name), (name, one))
            for name in world.cluster.sccs
            for holder in world.cluster.who_can_use(name)
            for one in holder.grants
            if holder.kind == "ServiceAccount" and not world.cluster.grants.brings(one, name)
        ),
    )
    sccs = grouped(
        (_holder(grant, name, world), name)
        for name, grant in rights.get((namespace, account), ())
        if name != kept and (grant.binding is None or grant.binding.namespace in ("", namespace))
    )
    return (f"{by} (SCC {and_more(names, 2)}{hint})" for (by, hint), names in sccs.items())


def _holder(grant: Grant, scc: str, world: World) -> tuple[str, str]:
    """What gives the use of an SCC, and what else to do when that goes.

    It is an entry in the SCC, the binding, a rule of its role, or a role that gives other rights by the same rule or to other subjects.
    """
    if grant.binding is None or grant.role is None:
        return "its entry in users", ""
    binding, role = f"{grant.binding.kind} {grant.binding.name}", world.find(grant.role)
    rule = role.rule(grant.rule_index or 0) if isinstance(role, Role) else None
    by_role = world.memo(
        (_holder, scc),
        lambda: grouped(
            (use.role, (one.ref, [*one.users, *one.groups]))
            for one in world.cluster.grants.bindings_to(scc)
            if (use := one.uses.first(scc))
        ),
    )
    bound = dict(by_role.get(grant.role, ()))
    whole = binding if len(bound.get(grant.binding, ())) < 2 else f"its entry in {binding}"
    if isinstance(role, Role) and rule is not None and rule.data.get("resources") == [RESOURCE]:
        if len(role.rules) == 1:
            return whole, ""
        if len({*chain.from_iterable(bound.values())}) < 2:
            return f"the rule about SCCs in {role.named}", ""
    if grant.role.name.startswith(SCC_ROLE_PREFIX):
        return whole, ""
    return (
        f"{grant.role.kind} {grant.role.name} in {binding}",
        "; bind a role that lists the other rights that the program uses",
    )


def copy_grant(outcome: Outcome, world: World, scc: str, profiles: Sequence[str]) -> Remedy:
    """The grant of the newer version of an SCC if that admits the pod, or else of a copy of it that lists the profiles."""
    if any(access.takes for access in opened_by(world.cluster.sccs[scc])):
        return custom_grant(outcome, world)
    instead = _instead(outcome, world) or f" instead of {scc}"
    newer = f"{scc}-v2" if list(profiles) == ["runtime/default"] else ""
    narrows = outcome.scc == scc and by_own_grant(outcome, world)
    if newer in world.cluster.sccs and applies_profile(world, newer) and admits(world, newer, outcome):
        return grant(outcome, world, newer, instead, narrows=narrows)
    copy = f"a custom copy of {scc} with seccompProfiles: [{', '.join(profiles)}]{instead}"
    return grant(outcome, world, "", phrase=copy, narrows=narrows)


def _suggest(outcome: Outcome) -> str:
    """Return the command that prints the custom SCC of a pod, in parentheses; empty if the command has nothing to print."""
    workload, verdict = outcome.workload, outcome.verdict
    unnamed = not workload.name or is_open(workload.name) or workload.provenance.label or stands_for_a_name(outcome.namespace)
    if unnamed or verdict is None or verdict.skipped:
        return ""
    namespace = "" if workload.namespace or workload.provenance.placed_by == "account" else " -n NAMESPACE"
    return f" (`scclint suggest {workload.kind.lower()}/{workload.name}{namespace}` prints it)"


def without_privileged(outcome: Outcome) -> str:
    """Return the advice on a pod with a privileged container; empty if it has none, or if one does what no capability allows."""
    privileged = any(container.privileged.value is True for container in outcome.workload.pod.containers)
    if outcome.verdict is None or not privileged or why_privileged(outcome.verdict.pod):
        return ""
    return (
        "If the container needs no more than some capabilities, replace privileged: true with them, so that a seccomp profile can "
        "apply, and use an SCC that allows these capabilities."
    )


def profile_entries(outcome: Outcome) -> list[str]:
    """Return the entries of seccompProfiles that the pod needs, the default first; Unconfined is replaced by RuntimeDefault.

    A pod on Windows needs none.
    """
    requested = [c.requested for c in outcome.seccomp if c.source != "windows"]
    files = {f"localhost/{r.localhost_profile}" for r in requested if r is not None and r.type == "Localhost"}
    needs_default = any(r is None or r.type != "Localhost" for r in requested)
    return ["runtime/default"] * needs_default + sorted(files)
