"""Find the profiles that `scclint seccomp diff` compares, from its command-line arguments."""

import os
import re
from collections.abc import Callable, Sequence

from scclint.apps.evidence.verify import Prediction
from scclint.errors import LoadError, UsageError
from scclint.profiles.resolve import Profile, resolve_profile
from scclint.profiles.runtime_default import crio_of, resolve
from scclint.record import record
from scclint.seccomp.capabilities import CRIO_DEFAULT, bounding_set

Predict = Callable[[Sequence[str]], list[Prediction]]
"""Return the predictions for every container in manifests, given their paths."""

_RELEASE = re.compile(r"(?:(openshift|crio):)?(\d+\.\d+(?:\.\d+)*)(?:\+(.+))?")
FORMS = (
    "an OpenShift release (4.16), a CRI-O release (1.29.8), either with added capabilities (4.16+SYS_ADMIN,BPF), `unconfined`, "
    "a profile file, or a container of a manifest (FILE#NAME/CONTAINER or FILE#KIND/NAME/CONTAINER)"
)


@record
class Operand:
    """A profile to compare: `label` is its name in the output, and `profile` is in the OCI format, None if unconfined."""

    label: str
    profile: Profile | None


def operand(text: str, crio: str, arch: str, predict: Predict) -> Operand:
    """Return the profile that `text` names in one of the `FORMS`. `crio` is the nodes' release, used for containers.

    Raises UsageError for a text in no such form, and LoadError for a file that is not a valid profile.
    """
    if text == "unconfined":
        return Operand(text, None)
    if release := _RELEASE.fullmatch(text):
        return _release(release[1] or "", release[2], (release[3] or "").split(","), arch)
    path, mark, container = text.partition("#")
    if mark and os.path.exists(path):
        return _container(path, container, crio, arch, predict)
    if os.path.isfile(text):
        from scclint.files.read import read

        return Operand(text, parse_profile(read(text), text, arch))
    raise UsageError(f"{text!r} is not a profile to compare: use {FORMS}")


def parse_profile(text: str, path: str, arch: str, caps: frozenset[str] = CRIO_DEFAULT) -> Profile | None:
    """Return the resolved profile of the text of a file, in either format. Raises LoadError if the runtime would reject it."""
    from scclint.finding import Severity
    from scclint.profiles.schema import check_shape
    from scclint.yaml.json import parse_json
    from scclint.yaml.locate import locate
    from scclint.yaml.nodes import to_data

    root = parse_json(text, path)
    data = to_data(root)
    for problem in check_shape(data):
        if problem.severity is Severity.ERROR:
            span, _ = locate(root, problem.path)
            raise LoadError(problem.message, path, span.line, span.column)
    return resolve_profile(data, caps, arch)


def _release(platform: str, release: str, caps: list[str], arch: str) -> Operand:
    if platform == "openshift" or (not platform and not release.startswith("1.")):
        crio, label = crio_of(release), f"RuntimeDefault of OpenShift {release}"
    else:
        crio, label = release, f"RuntimeDefault of CRI-O {release}"
    added = [cap for cap in caps if cap]
    if added:
        label += f" with {', '.join(sorted(bounding_set(added) - CRIO_DEFAULT))}"
    return Operand(label, resolve(crio, bounding_set(added), arch))


def _container(path: str, wanted: str, crio: str, arch: str, predict: Predict) -> Operand:
    named = [(p, f"{p.row.name}/{p.container.name}") for p in predict([path])]
    matching = [p for p, name in named if wanted in (name, f"{p.row.kind}/{name}")]
    if len(matching) != 1:
        matches = f"{len(matching)} containers match" if matching else "no container matches"
        raise UsageError(f"{path}: {matches} {wanted!r}: use NAME/CONTAINER or KIND/NAME/CONTAINER")
    (predicted,) = matching
    row, profile = predicted.row, predicted.container.effective.localhost_profile
    label = f"{row.kind} {row.name}, container {predicted.container.name}: {predicted.type}"
    if predicted.type == "RuntimeDefault":
        return Operand(label, resolve(crio, predicted.caps if predicted.caps is not None else CRIO_DEFAULT, arch))
    if predicted.type == "Unconfined":
        return Operand(label, None)
    if predicted.profile is not None:
        return Operand(f"{label} {profile}", predicted.profile)
    missing = "is not admitted by any SCC" if predicted.type is None else f"uses {profile}, which is not in the input"
    raise UsageError(f"{path}: container {wanted} {missing}, so there is no profile to compare")
