"""The ladder of each goal of a workload: what to try, the smallest change first.

A profile under an SCC that the pod may use already comes first, then the fewest fields without which `restricted-v2` admits the pod,
then a user namespace, then a grant. A grant comes first where the pod would lose access to its node, or the user that its account was
granted an SCC for. A step is advised only if the pod
as it would be is admitted, can start, and loses no profile.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import suppress
from functools import partial
from typing import Any, Literal

from scclint.admission.access import opened_by, why_privileged
from scclint.advice.draft import Draft, profile_place
from scclint.advice.effects import given_up, position, refused_elsewhere, user_change
from scclint.advice.grants import by_own_grant, confines, copy_grant, least_grant, profile_entries
from scclint.advice.words import pods
from scclint.finding import Path, Remedy, Remove
from scclint.objects.types import Workload
from scclint.outcome.chain import Outcome
from scclint.outcome.world import PROJECT_USER, World
from scclint.platform.terms import (
    CONTAINER_SECCOMP_ANNOTATION_PREFIX,
    POD_SECCOMP_ANNOTATION,
    REQUIRED_SCC,
    RESTRICTED,
    RUNTIME_DEFAULT,
)
from scclint.podsecurity.levels import LATEST, LEVELS, Mode, Standard, level_label
from scclint.podsecurity.standards import Violation
from scclint.yaml.operations import EditRefused

_ROUNDS = 6
"""How often the errors of an SCC are asked for. Each round changes a field, and a pod has few that an SCC judges."""

MOST_REMEDIES = 3
_PROFILE = ("securityContext", "seccompProfile")
_ANNOTATIONS = (POD_SECCOMP_ANNOTATION, CONTAINER_SECCOMP_ANNOTATION_PREFIX)
_DEFAULTS = ("kubelet default", "SCC default")

Goal = Literal[
    "IDs of the namespace",
    "admitted",
    "confined",
    "default profile",
    "enforced level",
    "independent of its creator",
    "pinned",
    "profile allowed",
    "profile instead of Unconfined",
    "required SCC",
    "restricted",
    "restricted by itself",
    "warned level",
    "without fields",
]
"""What a rule asks for: that an SCC admits the pod, that all its containers have a profile, that they have it by themselves, ..."""

Step = Callable[[Draft], Remedy | None]
"""Puts a remedy together; None if it does not reach the goal."""


def remedies(goal: Goal, workload: Workload, world: World, paths: Iterable[Path] = ()) -> tuple[Remedy, ...]:
    """Return at most three remedies, the best first; none if the verdict is unknown. `world` is the one that the words are about."""
    if world.outcome(workload).verdict is None:
        return ()
    proposed, costly = _proposed(goal, workload, world, sorted(dict.fromkeys(paths), key=position, reverse=True))
    kept = tuple(remedy for remedy, moves in proposed if not moves)
    last = _LAST[goal](world.outcome(workload), world, kept) if goal in _LAST else None
    written = [remedy for remedy, _ in proposed[: MOST_REMEDIES - bool(last)]]
    # An author who asked for access to the node, or granted the choice of the user, needs it more often than not.
    if not last:
        return tuple(written)
    return (last, *written) if costly or not kept else (*written, last)


_MOST_GIVEN_UP = 2
"""How much of its node a remedy may take away from a program: one that uses more than that needs it."""
_OF_PROGRAM = ("capability ", "hostPort ")
"""How what a pod asks for begins that leaves its node closed."""


def _proposed(goal: Goal, workload: Workload, world: World, unwanted: Sequence[Path]) -> tuple[list[tuple[Remedy, bool]], bool]:
    """Return what a change of the pod can do, each with whether it gives up the user of a grant, and whether the first is costly."""
    worlds = world.others or {"": world}
    tried: list[Remedy] = []
    proposed: list[tuple[Remedy, bool]] = []
    failing: list[Remedy] = []
    costly = fits = False
    for step in LADDERS[goal]:
        if fits and step is _fit_with_profile:
            # It does more than the step before it, which was enough.
            continue
        with suppress(EditRefused):
            remedy = step(draft := Draft(workload, worlds, world, unwanted, tried))
            fits = fits or (step is _fit and (remedy is not None or draft.does_more))
            if remedy is not None and not draft.does_more:
                # No Service can make up for access to the node, as it can for a host port.
                lost = {text for before, after, world_after in draft.after() for text in given_up(world_after, before, after)}
                costly = costly if tried else any(not text.startswith("hostPort ") for text in lost)
                tried.append(remedy)
                if sum(not text.startswith(_OF_PROGRAM) for text in lost) > _MOST_GIVEN_UP:
                    continue
                written = draft.written(remedy)
                if any(any(refused_elsewhere(before, after).values()) for before, after, _ in draft.after()):
                    failing.append(written)
                proposed.append((written, goal == "confined" and _gives_up_user(draft)))
    # What fails on other platforms comes after what does not.
    proposed.sort(key=lambda remedy: remedy[0] in failing)
    return proposed, costly


def _gives_up_user(draft: Draft) -> bool:
    """Whether running containers then get other users than somebody granted an SCC for, and no fact says that their images can."""
    return any(
        not before.rejected_by
        and by_own_grant(before, world)
        and bool(user_change(world.cluster.admission, before.judged, after.verdict))
        and not _runs_as_any_user(after, world)
        for before, after, world in draft.after()
    )


def _runs_as_any_user(after: Outcome, world: World) -> bool:
    """Whether the catalogue knows what all images write to, and none lacks what it needs. A Containerfile does not show that."""
    images = [after.image(container) for container in after.seccomp]
    known = all(image is not None and image.catalogued and not image.only_user for image in images)
    return known and not world.misfits_of(after)


def _without(draft: Draft) -> Remedy | None:
    """Remove the fields that the rule names."""
    _resolve(draft, draft.unwanted)
    return _if_good(draft, opens=True)


def _if_good(draft: Draft, *, opens: bool = False, confined: bool = False) -> Remedy | None:
    """The remedy if on every release the pod is created and can start, no container loses its profile, and the SCC opens nothing.

    `opens`: the SCC may open the node as it does now. `confined`: every container has a profile.
    """
    if not draft.operations or draft.does_more:
        return None
    for before, after, world in draft.after():
        # What is invalid for another reason stays so.
        stays = after.rejected_by in ("validation", "csi", "policy") and after.rejected_by == before.rejected_by
        if not after.admitted or (after.rejected_by and not stays) or after.never_started:
            return None
        # The program may not work as a user that it did not run as before.
        if after.other_users.keys() - (before.other_users.keys() if before.admitted else set()):
            return None
        if _unconfined(after) - (set() if confined or not before.admitted else _unconfined(before)):
            return None
        if after.scc != before.scc and (
            after.scc in world.cluster.component_sccs or _opened(after.scc, world) - _opened(before.scc * opens, world)
        ):
            return None
        if not opens and _opened(after.scc, world):
            return None
        # The containers that a webhook adds may need the SCC.
        if before.admitted and after.scc != before.scc and world.outcomes.injection(draft.workload):
            return None
    return draft.remedy()


def _opened(scc: str, world: World) -> set[str]:
    """What an SCC opens of the node, in words; nothing without an SCC."""
    return {access.words for access in opened_by(world.cluster.sccs[scc])} if scc else set()


def _unconfined(outcome: Outcome) -> set[str]:
    """The containers that run unconfined although nothing asks for that."""
    return {c.name for c in outcome.seccomp if c.source in _DEFAULTS and (c.type == "Unconfined" or c.unconfined_on)}


def _profile(draft: Draft) -> Remedy | None:
    draft.set_profile(("spec",))
    return _if_good(draft, opens=True, confined=True)


def _default_profile(draft: Draft) -> Remedy | None:
    """Write the profile that the SCC applies."""
    applied = (c for outcome in draft.outcomes.values() for c in outcome.seccomp if c.source == "SCC default")
    if {(container.type, container.localhost_profile) for container in applied} != {("RuntimeDefault", None)}:
        return None
    draft.set_profile(("spec",))
    return _if_good(draft, opens=True)


def _confine(draft: Draft) -> Remedy | None:
    """Write RuntimeDefault instead of Unconfined, in fields and annotations."""
    for holder in _with_profile(draft):
        if draft.value((*holder, *_PROFILE, "type")) == "Unconfined":
            draft.set_profile(holder)
    for key, value in draft.workload.pod.annotations.items():
        if key.startswith(_ANNOTATIONS) and value == "unconfined":
            draft.set(("metadata", "annotations", key), RUNTIME_DEFAULT[0])
    return _if_good(draft, opens=True)


def _restrict(draft: Draft) -> Remedy | None:
    """Write what an SCC would set, in a namespace where SCC admission does not run."""
    level = Standard("restricted", LATEST)
    return _write(
        draft,
        (
            violation
            for release, outcome in draft.outcomes.items()
            if (security := outcome.pod_security)
            for violation in security.violations(level, draft.pods.get(release))
            # The kubelet would not start an image that runs as root.
            if violation.check != "runAsNonRoot" or _knows_users(outcome)
        ),
    )


def _knows_users(outcome: Outcome) -> bool:
    """Whether something is known of the user of each image."""
    images = [outcome.image(container) for container in outcome.seccomp]
    return all(image is not None and image.user is not None for image in images)


def _default_of_scc(draft: Draft) -> Remedy | None:
    """Remove the profiles, so that the SCC applies its own."""
    for holder in _with_profile(draft):
        draft.remove((*holder, *_PROFILE), "seccompProfile")
    return _if_good(draft, opens=True, confined=True)


def _with_profile(draft: Draft) -> list[Path]:
    """The pod spec and the containers that have a profile."""
    holders: list[Path] = [("spec",), *(("spec", c.list, c.index) for c in draft.workload.pod.containers)]
    return [holder for holder in holders if draft.value((*holder, *_PROFILE)) is not None]


def _require_usable(draft: Draft, *, with_profile: bool = False) -> Remedy | None:
    """Require an SCC that the pod may use already and that applies a profile; `with_profile` writes the profile as well."""
    scc = _usable(draft)
    if not scc:
        return None
    draft.pin(scc)
    if with_profile:
        draft.set_profile(("spec",))
    return _if_good(draft)


_require_confining = partial(_require_usable, with_profile=True)


def _require(draft: Draft, outcomes: Iterable[Outcome]) -> Remedy | None:
    """Require the SCC that admits the pod in all the outcomes."""
    sccs = {outcome.verdict.scc if outcome.verdict else None for outcome in outcomes}
    scc = sccs.pop()
    if scc is None or sccs or not draft.may_pin:
        return None
    draft.pin(scc)
    return draft.remedy()


def _require_own(draft: Draft) -> Remedy | None:
    """Require the SCC that the pod gets by the rights of its service account alone."""
    return _require(draft, (world.outcome(draft.workload, PROJECT_USER) for world in draft.worlds.values()))


def _require_present(draft: Draft) -> Remedy | None:
    """Require the SCC that admits the pod now, on every release."""
    return None if draft.pinned else _require(draft, draft.outcomes.values())


def _fit(draft: Draft) -> Remedy | None:
    """Remove the fewest fields without which restricted-v2 admits the pod."""
    return _if_good(draft, confined=True) if _fits(draft) else None


def _fit_with_profile(draft: Draft) -> Remedy | None:
    if not _fits(draft):
        return None
    draft.set_profile(("spec",))
    return _if_good(draft, confined=True)


def _fits(draft: Draft) -> bool:
    if any(container.privileged.value is True for container in draft.workload.pod.containers):
        return False
    for _ in range(_ROUNDS):
        errors = draft.rejections()
        if errors is None:
            return False
        if not errors:
            if draft.pinned:
                draft.pin(RESTRICTED)
            return bool(draft.operations)
        before = len(draft.operations)
        _resolve(draft, sorted(errors, key=position, reverse=True))
        if len(draft.operations) == before:
            return False
    return False


def _user_namespace(draft: Draft) -> Remedy | None:
    """Give the pod a user namespace, for which every account may use restricted-v3."""
    # NFS has no mounts whose user IDs the kernel maps.
    on_nfs = any("nfs" in (volume or {}) for volume in draft.value(("spec", "volumes")) or ())
    if draft.value(("spec", "hostUsers")) is not None or draft.pinned or on_nfs:
        return None
    draft.set(("spec", "hostUsers"), False)
    return _if_good(draft)


def _meet_enforced(draft: Draft) -> Remedy | None:
    """Write the fields because of which Pod Security admission rejects the pod."""
    return _write(draft, (v for outcome in draft.outcomes.values() for v in _violations(outcome, "enforce")))


def _meet_warned(draft: Draft) -> Remedy | None:
    """Write the fields because of which the API server warns about the pod, or about the pod template as written."""
    violations: list[Violation] = []
    for release, outcome in draft.outcomes.items():
        violations += _violations(outcome, "warn", "audit")
        if outcome.template.warning or outcome.template.audit:
            violations += _violations(outcome, "warn", "audit", pod=draft.pods.get(release))
    return _write(draft, violations)


def _require_restricted(draft: Draft) -> Remedy | None:
    """Require restricted-v2 for a bare Pod, which an SCC of its creator admits now."""
    if not draft.may_pin or draft.workload.controlled or draft.value(("metadata", "annotations", REQUIRED_SCC)) is not None:
        return None
    draft.pin(RESTRICTED)
    return _if_good(draft)


def _violations(outcome: Outcome, *modes: Mode, pod: dict[str, Any] | None = None) -> Iterator[Violation]:
    """What the standards of these modes forbid in the pod after admission, or in `pod`."""
    if (judged := outcome.pod_security) is not None:
        for mode in modes:
            yield from judged.violations(getattr(judged.policy.policy, mode), pod)


def _write(draft: Draft, violations: Iterable[Violation]) -> Remedy | None:
    """Write what the violations ask for; None if one of them asks for more than a field that SCCs set as well."""
    satisfied = all(_satisfy(draft, violation) for violation in dict.fromkeys(violations))
    return _if_good(draft, opens=True) if satisfied else None


def _satisfy(draft: Draft, violation: Violation) -> bool:
    satisfy = _SATISFYING.get(violation.check)
    return satisfy is not None and satisfy(draft, violation.paths)


def _forbid_escalation(draft: Draft, paths: Sequence[Path]) -> bool:
    for path in paths:
        _set(draft, path, value=False)
    return True


def _drop_capabilities(draft: Draft, paths: Sequence[Path]) -> bool:
    if any(path[-1] != "drop" for path in paths):
        return False
    for path in paths:
        if "ALL" not in (draft.value(path) or ()):
            draft.append(path, "ALL", 'capabilities.drop: ["ALL"]')
    return True


def _run_as_non_root(draft: Draft, paths: Sequence[Path]) -> bool:
    on_pod = draft.has_pod_context and all(draft.value(path) is None for path in paths)
    for path in (("spec", "securityContext", "runAsNonRoot"),) if on_pod else paths:
        _set(draft, path, value=True)
    return True


def _remove_user(draft: Draft, paths: Sequence[Path]) -> bool:
    for path in paths:
        draft.remove(path)
    return True


def _set_profiles(draft: Draft, paths: Sequence[Path]) -> bool:
    missing = [path for path in paths if path[-1] == "seccompProfile"]
    if len(missing) < len(paths):
        return False
    for holder in [("spec",)] if draft.has_pod_context else [path[:-2] for path in missing]:
        if draft.value((*holder, "securityContext", "seccompProfile")) is None:
            draft.set_profile(holder, "seccompProfile: {type: RuntimeDefault}")
    return True


_SATISFYING: Mapping[str, Callable[[Draft, Sequence[Path]], bool]] = {
    "allowPrivilegeEscalation": _forbid_escalation,
    "capabilities_restricted": _drop_capabilities,
    "runAsNonRoot": _run_as_non_root,
    "runAsUser": _remove_user,
    "seccompProfile_restricted": _set_profiles,
}
"""What satisfies a check of Pod Security at the paths that violate it, and whether it does."""


def _set(draft: Draft, path: Path, *, value: bool) -> None:
    if draft.value(path) is not value:
        draft.set(path, value)


def _keeps_all(proposed: Iterable[Remedy]) -> bool:
    """Whether a remedy removes nothing but a profile from the pod."""
    return any(not isinstance(op, Remove) or "seccompProfile" in op.path for r in proposed for op in r.operations[:1])


def _profile_in_scc(outcome: Outcome, world: World, proposed: tuple[Remedy, ...]) -> Remedy | None:
    """For a pod that keeps its SCC: a profile in the author's own SCC, the newer version of the SCC, or a copy of it."""
    scc = outcome.judged.scc
    if not scc or _keeps_all(proposed):
        return None
    if (profile := world.cluster.sccs[scc].default_seccomp_profile) and scc not in world.cluster.own_sccs:
        return Remedy(
            f"list runtime/default before {profile} in seccompProfiles of SCC {scc}, which makes it the default", beside=True
        )
    if world.scc(scc) is not None and scc not in world.cluster.own_sccs:
        words = f"add seccompProfiles: [runtime/default] to SCC {scc}, which then applies this profile by default"
        return Remedy(words, beside=True)
    return copy_grant(outcome, world, scc, ["runtime/default"])


def _profile_allowed(outcome: Outcome, world: World, proposed: tuple[Remedy, ...]) -> Remedy | None:
    """A change of the SCC that rejects the pod only because of its profile, if the pod keeps it."""
    rejecting = world.outcomes.rejections(outcome.judged)
    scc = next((scc for scc, errors in rejecting if all("seccomp" in str(error.path) for error in errors)), "")
    if not scc or _keeps_all(proposed):
        return None
    entries = profile_entries(outcome)
    if world.scc(scc) is not None and scc not in world.cluster.own_sccs:
        return Remedy(f"list {', '.join(entries)} in seccompProfiles of SCC {scc}")
    return copy_grant(outcome, world, scc, entries)


def _profile_with_scc(outcome: Outcome, world: World, proposed: tuple[Remedy, ...]) -> Remedy | None:
    """RuntimeDefault for a pod that an SCC may admit with no profile but Unconfined, where no change of the pod alone is enough."""
    if proposed:
        return None
    scc = world.cluster.sccs.get(outcome.judged.scc or "")
    if scc is None or set(scc.seccomp_profiles) - {"unconfined"}:
        return Remedy("set RuntimeDefault")
    return Remedy(
        f"add runtime/default to seccompProfiles of SCC {scc.name}, which allows no other profile, and set RuntimeDefault here"
    )


def _profile_of_scc(outcome: Outcome, world: World, proposed: tuple[Remedy, ...]) -> Remedy | None:
    """The profile that the SCC applies, where it cannot be written or is none of the container runtime."""
    applied = (c for c in outcome.seccomp if c.source == "SCC default" and c.type in ("RuntimeDefault", "Localhost"))
    confined = next(applied, None)
    if proposed or confined is None:
        return None
    form = ", ".join(f"{key}: {value}" for key, value in confined.profile.items())
    return Remedy(f"write seccompProfile: {{{form}}} {profile_place(outcome.workload)}")


def _enforced_label(outcome: Outcome, world: World, _: tuple[Remedy, ...]) -> Remedy | None:
    """The label of the namespace that allows the pod and its inline CSI volumes."""
    if outcome.pod_security is None:
        return None
    levels = [outcome.pod_security.meets, *(volume.profile or "privileged" for volume in outcome.csi)]
    name = world.namespace_known(outcome.workload)
    where = f" on {f'namespace {name}' if name else 'the namespace'}"
    return _label(outcome.workload, "enforce", min(levels, key=LEVELS.index), where)


def _warned_label(outcome: Outcome, _: World, __: tuple[Remedy, ...]) -> Remedy | None:
    """The label of the namespace with which the API server does not warn about the pod or audit it; None if it does neither."""
    security = outcome.pod_security
    if security is None or not (security.answer.warning or security.answer.audit):
        return None
    return _label(outcome.workload, "warn" if security.answer.warning else "audit", security.meets)


def _label(workload: Workload, mode: Mode, level: str, where: str = "") -> Remedy:
    return Remedy(f"set the label {level_label(mode)}: {level}{where}, the strictest level that allows {pods(workload)}")


LADDERS: Mapping[Goal, tuple[Step, ...]] = {
    "admitted": (_fit, _fit_with_profile, _user_namespace),
    "confined": (_profile, _require_confining, _fit_with_profile),
    "default profile": (_default_profile,),
    "independent of its creator": (_require_own, _fit, _fit_with_profile),
    "pinned": (_require_present,),
    "required SCC": (_require_usable, _fit),
    "IDs of the namespace": (_without, _fit, _fit_with_profile, _user_namespace),
    "restricted": (_fit, _fit_with_profile),
    "restricted by itself": (_restrict,),
    "profile instead of Unconfined": (_confine,),
    "profile allowed": (_confine, _default_of_scc, _require_confining, _fit),
    "enforced level": (_meet_enforced, _require_restricted),
    "warned level": (_meet_warned,),
    "without fields": (_without,),
}
"""What to try for a goal, in order."""

_LAST: Mapping[Goal, Callable[[Outcome, World, tuple[Remedy, ...]], Remedy | None]] = {
    "admitted": lambda outcome, world, _: least_grant(outcome, world),
    "confined": _profile_in_scc,
    "default profile": _profile_of_scc,
    "enforced level": _enforced_label,
    "profile instead of Unconfined": _profile_with_scc,
    "warned level": _warned_label,
    "required SCC": lambda outcome, world, proposed: None if proposed else least_grant(outcome, world),
    "profile allowed": _profile_allowed,
}
"""What is left for a goal where the pod is to stay as it is: others must do it."""

_REMOVABLE = frozenset(
    (
        *("allowPrivilegeEscalation", "fsGroup", "hostIPC", "hostNetwork", "hostPID", "hostPort"),
        *("runAsUser", "supplementalGroups"),
    )
)
"""Fields that an SCC may reject and that a pod may do without."""


def _resolve(draft: Draft, paths: Iterable[Path]) -> None:
    """Change the fields because of which an SCC rejects the pod, or the rule names them, where that is possible."""
    for path in paths:
        steps = [step for step in path if isinstance(step, str)]
        if steps[:2] == ["spec", "volumes"] and isinstance(path[2], int):
            # Without any other volume, the pod would lose its data.
            if draft.value((*path[:3], "hostPath")) is not None:
                draft.remove_volume(path[2])
        elif "seccompProfile" in steps:
            profile = path[: path.index("seccompProfile") + 1]
            draft.set_profile(profile[:-2])
            if draft.value((*profile, "localhostProfile")) is not None:
                draft.remove((*profile, "localhostProfile"))
        elif "seLinuxOptions" in steps:
            _remove(draft, path[: path.index("seLinuxOptions") + 1])
        elif "sysctls" in steps:
            _remove(draft, path[: path.index("sysctls") + 2])
        elif "capabilities" in steps or _REMOVABLE.intersection(steps) or POD_SECCOMP_ANNOTATION in steps:
            _remove(draft, path)


def _remove(draft: Draft, path: Path) -> None:
    if draft.value(path) is not None:
        draft.remove(path)


def _usable(draft: Draft) -> str:
    """The first SCC that may be advised and that the pod may use on every release; empty if there is none."""
    if not draft.may_pin:
        return ""
    names: list[list[str]] = []
    for world in draft.worlds.values():
        confining = world.outcomes.explain(draft.workload, among=partial(confines, world))
        names.append([candidate.scc for candidate in confining if candidate.outcome == "chosen"])
    return next((scc for scc in names[0] if all(scc in more for more in names)), "")


def why_none(workload: Workload, worlds: Mapping[str, World]) -> str:
    """Return why no change of the pod alone is proposed, as a clause; empty if the pod is admitted as it is."""
    if any(container.privileged.value is True for container in workload.pod.containers):
        if why := why_privileged(workload.pod.manifest):
            return f"the pod is privileged by nature: {why}"
        return "the manifest does not show which capabilities replace privileged"
    for world in worlds.values():
        verdict = world.outcome(workload).verdict
        if verdict is None:
            continue
        for error in world.cluster.admission.errors_under(RESTRICTED, verdict.submitted, namespace=verdict.namespace) or ():
            volume = verdict.submitted["spec"]["volumes"][error.path[2]] if error.path[:2] == ("spec", "volumes") else None
            if isinstance(volume, dict) and volume.get("hostPath") is None:
                return f"restricted-v2 rejects volume {volume.get('name')}, without which the pod would lose its data"
    if all(world.outcome(workload).admitted for world in worlds.values()):
        return ""
    return "scclint knows no small change after which an SCC that the pod may use admits it"
