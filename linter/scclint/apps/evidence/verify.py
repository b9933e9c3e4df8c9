"""Compare what nodes show with what was predicted, and explain each difference."""

import os
from collections.abc import Iterable, Iterator, Sequence
from operator import attrgetter

from scclint.apps.evidence.captures import Observation
from scclint.apps.evidence.predict import Prediction
from scclint.platform.pod_names import is_pod_of, owns_pod
from scclint.profiles.lint import Recognition, recognise
from scclint.profiles.providers import SECCOMP_ROOT
from scclint.profiles.runtime_default import Variant, deciding_capabilities, variant_of
from scclint.record import record, replace

AGREE, DISAGREE, NO_EVIDENCE = "agree", "disagree", "no evidence"
_SUBJECTS = {"user": "its creator", "serviceaccount": "its service account"}

_PRIVILEGED = ("privileged", "the running container is privileged, and the runtime applies no profile to privileged containers")


@record
class ContainerComparison:
    """The result for one container of one pod, or of a workload without evidence.

    `status` is `agree`, `disagree` or `no evidence`. `step` names what explains a disagreement: `scc`, `privileged`,
    `seccompDefault`, `field`, `release`, `capabilities`, `content`, or `unexplained`. `closest` is the RuntimeDefault closest to
    the observed profile. `evidence` names the files with the observations.
    """

    prediction: Prediction
    pod: str
    status: str
    observed: str = ""
    step: str = ""
    explanation: str = ""
    closest: Recognition | None = None
    evidence: tuple[str, ...] = ()


@record
class Verification:
    """All comparisons, sorted by workload, container and pod, and the observations that match no predicted container."""

    comparisons: tuple[ContainerComparison, ...]
    unmatched: tuple[Observation, ...]

    @property
    def compared(self) -> bool:
        """Whether something shows how a predicted container runs."""
        return any(comparison.status != NO_EVIDENCE for comparison in self.comparisons)

    @property
    def agrees(self) -> bool:
        """Whether something was compared, and all of it agrees."""
        return self.compared and all(comparison.status != DISAGREE for comparison in self.comparisons)


def verify(predictions: Iterable[Prediction], observations: Sequence[Observation], crio: str = "") -> Verification:
    """Return the comparison of each prediction with the observations of its container.

    `crio` is the nodes' CRI-O release (`1.29.8`, or `1.29` for any of its patch releases). Empty accepts every known release.
    Raises UsageError for an unknown release.
    """
    predictions, accepted = list(predictions), _accepted(crio)
    used: set[int] = set()
    comparisons: list[ContainerComparison] = []
    for prediction in predictions:
        mine = [i for i, observation in enumerate(observations) if _matches(observation, prediction, predictions)]
        used.update(mine)
        pods = sorted({observations[i].identity.pod for i in mine})
        if not pods:
            comparisons.append(ContainerComparison(prediction, "", NO_EVIDENCE))
        for pod in pods:
            of_pod = [observations[i] for i in mine if observations[i].identity.pod == pod]
            comparisons.append(_compare(prediction, pod, of_pod, accepted))
    unmatched = tuple(observation for i, observation in enumerate(observations) if i not in used)
    named = attrgetter("prediction.workload", "prediction.row.part", "pod")
    return Verification(tuple(sorted(_by_part(comparisons), key=named)), unmatched)


def _by_part(comparisons: Sequence[ContainerComparison]) -> Iterator[ContainerComparison]:
    """Yield the comparisons. A pod that agrees with one part of its workload is no evidence about the other parts."""
    agreeing = {
        (comparison.prediction.workload, comparison.pod): comparison.prediction.row.part
        for comparison in comparisons
        if comparison.status == AGREE
    }
    for comparison in comparisons:
        part = agreeing.get((comparison.prediction.workload, comparison.pod), comparison.prediction.row.part)
        if comparison.status != DISAGREE or part == comparison.prediction.row.part:
            yield comparison
        else:
            yield replace(comparison, status=NO_EVIDENCE, step="part", explanation=f"the pod is one of {part}")


def _accepted(crio: str) -> frozenset[Variant] | None:
    """Return the RuntimeDefaults of a release: one for a patch release, those of all patch releases for a minor release."""
    if not crio:
        return None
    first_patch = crio if crio.count(".") > 1 else f"{crio}.0"
    return frozenset({variant_of(crio), variant_of(first_patch)})


def _matches(observation: Observation, prediction: Prediction, predictions: list[Prediction]) -> bool:
    identity = observation.identity
    if not identity.pod:
        return _could_match(observation.file, prediction, predictions)
    if identity.container and identity.container != prediction.container.name:
        return False
    row = prediction.row
    if identity.namespace and row.namespace and identity.namespace != row.namespace:
        return False
    return owns_pod(row.kind, row.name, identity.pod, observation.owner)


def _could_match(file: str, prediction: Prediction, predictions: list[Prediction]) -> bool:
    """Return whether a capture without a name matches: the only container, or the only one of the pod in the file name."""
    if len(predictions) == 1:
        return True
    stem = os.path.basename(file).partition(".")[0]
    named = [p for p in predictions if stem == p.row.name or is_pod_of(p.row.kind, p.row.name, stem)]
    return named == [prediction]


def _combined(observations: Sequence[Observation]) -> Observation:
    """Return what the captures of one container show together. Of several values of one field, the first counts."""
    with_profile = next((observation for observation in observations if observation.has_profile), observations[0])
    of_pod = next((observation for observation in observations if observation.source == "pod"), observations[0])
    return replace(
        with_profile,
        source=of_pod.source,
        requested=of_pod.requested,
        mode=next((observation.mode for observation in observations if observation.mode is not None), None),
        privileged=any(observation.privileged for observation in observations),
        scc=next((observation.scc for observation in observations if observation.scc), ""),
        scc_subject=next((observation.scc_subject for observation in observations if observation.scc_subject), ""),
    )


def _confined(evidence: Observation) -> bool | None:
    """Whether a filter is in force; None if only the API was captured. /proc comes first: it is the kernel's own report."""
    if evidence.mode is not None:
        return evidence.mode != 0
    return evidence.profile is not None if evidence.has_profile else None


def _compare(
    prediction: Prediction, pod: str, observations: Sequence[Observation], accepted: frozenset[Variant] | None
) -> ContainerComparison:
    evidence = _combined(observations)
    closest = recognise(evidence.profile) if evidence.profile is not None else None
    files = tuple(dict.fromkeys(observation.file for observation in observations))

    def result(status: str, step: str = "", explanation: str = "") -> ContainerComparison:
        return ContainerComparison(prediction, pod, status, _describe(evidence, closest), step, explanation, closest, files)

    if prediction.undecided:
        return result(NO_EVIDENCE, "undecided", prediction.undecided)
    if prediction.container.effective.source == "windows":
        return result(NO_EVIDENCE)
    scc = evidence.scc
    if scc != prediction.row.scc and scc in prediction.possible:
        reason = f"SCC {scc} admitted the pod, and the dump of the cluster lacks the RBAC that decides whether it may use {scc}"
        return result(NO_EVIDENCE, "scc", reason)
    if difference := _admission(prediction, scc, evidence.scc_subject):
        return result(DISAGREE, "scc", difference)
    if _confined(evidence) is None and evidence.source != "pod":
        return result(NO_EVIDENCE)
    difference_of_profile = _seccomp(prediction, evidence, closest, accepted)
    return result(DISAGREE, *difference_of_profile) if difference_of_profile else result(AGREE)


def _admission(prediction: Prediction, scc: str, subject: str) -> str:
    """Return how the admission of the running pod differs from the prediction; empty if it does not."""
    if prediction.type is None:
        where = f" under SCC {scc}" if scc else ""
        return f"no SCC in the input admits the pod, but the pod exists{where}: the input lacks a grant"
    if scc and prediction.row.scc and scc != prediction.row.scc:
        return f"SCC {scc} admitted the pod, not {prediction.row.scc}: the input lacks a grant, an SCC or the creator"
    if subject and prediction.subject and not prediction.possible and subject != prediction.subject:
        reason = (
            f"the rights of {_SUBJECTS.get(subject, subject)} admitted the pod, not those of {_SUBJECTS[prediction.subject]}"
        )
        return f"{reason}: the input lacks a grant"
    return ""


def _seccomp(
    prediction: Prediction, evidence: Observation, closest: Recognition | None, accepted: frozenset[Variant] | None
) -> tuple[str, str] | None:
    """Return the step at which the container's profile differs from the prediction, and how; None if it does not differ."""
    confined = _confined(evidence)
    if confined is None:
        return _fields(prediction, evidence)
    if confined != (prediction.type != "Unconfined"):
        return _explain_mode(prediction, evidence)
    return None if closest is None else _content(prediction, evidence, closest, accepted)


def _fields(prediction: Prediction, evidence: Observation) -> tuple[str, str] | None:
    """Return how the fields of the running pod differ from the prediction, if nothing from the node was captured."""
    if evidence.privileged:
        return None if prediction.type == "Unconfined" else _PRIVILEGED
    requested = evidence.requested
    if requested is None:
        expected = prediction.type == "Unconfined" or prediction.container.effective.source == "kubelet default"
        return None if expected else ("field", "the running pod sets no profile, so no SCC applied one")
    if requested == (prediction.type, prediction.container.effective.localhost_profile or ""):
        return None
    return "field", f"the running pod has seccompProfile {' '.join(requested).strip()}, which differs from the prediction"


def _explain_mode(prediction: Prediction, evidence: Observation) -> tuple[str, str]:
    """Return why a container is confined although it should not be, or the reverse."""
    requested, has_pod = evidence.requested, evidence.source == "pod"
    if prediction.type != "Unconfined":
        if evidence.privileged:
            return _PRIVILEGED
        if requested is not None and requested.type == "Unconfined":
            return "field", "the running pod sets Unconfined, which the manifest does not"
        if has_pod and requested is None:
            return "field", "the running pod sets no profile, so no SCC applied one, and the node's default is Unconfined"
        return (
            "unexplained",
            "the evidence does not show why: add the output of `oc get pod -o yaml`, which has the SCC and the fields",
        )
    if requested is not None:
        return (
            "field",
            f"the running pod has seccompProfile {requested.type}: an SCC outside the input, a webhook or a ProfileBinding set it",
        )
    if prediction.container.effective.source == "privileged":
        if evidence.privileged:
            return (
                "privileged",
                "the container is privileged but has a profile: CRI-O's privileged_seccomp_profile is set on its node pool",
            )
        return (
            "privileged",
            "the running container is not privileged, or CRI-O's privileged_seccomp_profile is set on its node pool",
        )
    if has_pod:
        return "seccompDefault", "the pod sets no profile: seccompDefault is on in the kubelet of its node pool"
    return (
        "seccompDefault",
        "seccompDefault may be on in the kubelet of its node pool: add the output of `oc get pod -o yaml` to rule out an SCC",
    )


def _content(
    prediction: Prediction, observation: Observation, closest: Recognition, accepted: frozenset[Variant] | None
) -> tuple[str, str] | None:
    """Return the step at which the effective profile differs from the prediction, and how; None if it does not differ."""
    if prediction.type == "Localhost":
        return _localhost_content(prediction, observation, closest)
    name = observation.profile_name
    if name and name not in ("RuntimeDefault", "runtime/default"):
        return "field", f"the container runs with {name}, not with RuntimeDefault"
    if not closest.exact:
        text = f"the profile is not a known RuntimeDefault; the closest is that of {closest.variant.releases}, with {_differences(closest)}"
        return "content", f"{text}: CRI-O's seccomp_profile or an NRI plugin may have changed it"
    if accepted is not None and closest.variant not in accepted:
        return "release", f"the profile is the RuntimeDefault of {closest.variant.releases}"
    caps = prediction.caps if prediction.caps is not None else observation.caps
    if caps is not None:
        expected = frozenset(caps) & deciding_capabilities(closest.variant.crio)
        if expected != frozenset(closest.caps):
            observed, wanted = (", ".join(sorted(c)) or "none" for c in (closest.caps, expected))
            return (
                "capabilities",
                f"the profile is RuntimeDefault for the capabilities {observed}, but the prediction is {wanted}",
            )
    return None


def _localhost_content(prediction: Prediction, observation: Observation, closest: Recognition) -> tuple[str, str] | None:
    profile = prediction.container.effective.localhost_profile
    wanted = f"{SECCOMP_ROOT}/{profile}"
    if closest.exact and observation.profile_name != wanted and prediction.profile != observation.profile:
        return "field", f"the container runs with RuntimeDefault of {closest.variant.releases}, not with {profile}"
    if observation.profile_name.startswith("/") and observation.profile_name != wanted:
        return "field", f"the container runs with {observation.profile_name}, not with {wanted}"
    if prediction.profile is not None and prediction.profile != observation.profile:
        return "content", f"the file on the node differs from the one in the input ({profile})"
    return None


def _describe(evidence: Observation, closest: Recognition | None) -> str:
    """Return the observation as text: `RuntimeDefault of CRI-O ..., Seccomp: 2, SCC restricted-v2`."""
    parts = []
    if closest is not None:
        exact = f"RuntimeDefault of {closest.variant.releases}" if closest.exact else ""
        parts.append(exact or evidence.profile_name or "a profile that is not a exact RuntimeDefault")
    elif evidence.has_profile:
        parts.append("no profile")
    if evidence.mode is not None:
        parts.append(f"Seccomp: {evidence.mode}")
    if evidence.scc:
        parts.append(f"SCC {evidence.scc}")
    return ", ".join(parts)


def _differences(closest: Recognition) -> str:
    """Return the differences as text: `2 opened (bpf, keyctl), 1 closed (read)`."""
    parts = []
    for direction in ("opened", "closed", "differs"):
        if names := closest.diff.syscalls(direction):
            shown = ", ".join(names[:8]) + (", ..." if len(names) > 8 else "")
            parts.append(f"{len(names)} {direction if direction != 'differs' else 'with other conditions'} ({shown})")
    if closest.diff.defaults[0] != closest.diff.defaults[1]:
        parts.append(f"default {closest.diff.defaults[1].action}")
    return ", ".join(parts) or "rules in another order"
