"""SCCs, providers and pods for the tests: as little as possible, the rest given by keyword."""

from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

from hypothesis import strategies as st

from scclint.admission.assign import assign, validate
from scclint.admission.constraints import Constraints, from_object
from scclint.admission.decoding import decode_object, decode_pod
from scclint.admission.field import FieldError
from scclint.admission.pod import AdmissionPod
from scclint.admission.provider import MCS, SUPPLEMENTAL_GROUPS, Provider, make_provider
from scclint.platform.terms import UID_RANGE

ANNOTATIONS = {UID_RANGE: "1000680000/10000", MCS: "s0:c26,c15", SUPPLEMENTAL_GROUPS: "1000680000/10000"}
ANY: dict[str, Any] = {"type": "RunAsAny"}
MUST: dict[str, Any] = {"type": "MustRunAs"}


def scc_object(name: str = "custom", **fields: Any) -> dict[str, Any]:
    """A SecurityContextConstraints object in which everything is RunAsAny."""
    lax = {"runAsUser": ANY, "seLinuxContext": ANY, "fsGroup": ANY, "supplementalGroups": ANY}
    head = {"apiVersion": "security.openshift.io/v1", "kind": "SecurityContextConstraints", "metadata": {"name": name}}
    return {**head, **lax, **fields}


def scc(name: str = "custom", minor: int = 33, **fields: Any) -> Constraints:
    return from_object(decode_object(scc_object(name, **fields), minor).valid(), minor)


def provider(minor: int = 33, **fields: Any) -> Provider:
    return make_provider(scc(minor=minor, **fields), "demo", ANNOTATIONS, minor)


def pod(*containers: dict[str, Any], annotations: dict[str, str] | None = None, **spec: Any) -> dict[str, Any]:
    """A Pod of the containers given, named c0, c1, ... unless they say otherwise; one container if none is given."""
    named = [{"name": f"c{index}", "image": "x", **one} for index, one in enumerate(containers or ({},))]
    metadata: dict[str, Any] = {"name": "web"}
    if annotations is not None:
        metadata["annotations"] = annotations
    return {"apiVersion": "v1", "kind": "Pod", "metadata": metadata, "spec": {"containers": named, **spec}}


class Judged(NamedTuple):
    """A pod under one SCC: what was filled in, and the errors of the result."""

    security_context: Mapping[str, Any]
    annotations: Mapping[str, str]
    containers: Sequence[Mapping[str, Any] | None]
    errors: tuple[FieldError, ...]


def judged(provider: Provider, made: dict[str, Any]) -> Judged:
    view = AdmissionPod(decode_pod(made, provider.minor).valid())
    assignment = assign(provider, view)
    return Judged(*assignment, tuple(validate(provider, view, assignment)))


_ids = st.sampled_from([0, 1, 1000, 1000680000, 1000689999, 2000000000])
_capabilities = st.lists(st.sampled_from(["ALL", "KILL", "NET_RAW", "CAP_SYS_ADMIN", "net_raw"]), max_size=3)
_selinux = st.fixed_dictionaries(
    {}, optional={"level": st.sampled_from(["s0:c26,c15", "s0:c15,c26", "s0"]), "type": st.just("spc_t")}
)
_profiles = st.sampled_from(
    [
        {"type": "RuntimeDefault"},
        {"type": "Unconfined"},
        {"type": "Localhost", "localhostProfile": "a.json"},
        {"type": "Localhost"},
    ]
)
_texts = st.sampled_from(["runtime/default", "docker/default", "unconfined", "localhost/a.json", "localhost/", "bogus", ""])
_container_contexts = st.fixed_dictionaries(
    {},
    optional={
        "runAsUser": _ids,
        "runAsNonRoot": st.booleans(),
        "privileged": st.booleans(),
        "readOnlyRootFilesystem": st.booleans(),
        "allowPrivilegeEscalation": st.booleans(),
        "capabilities": st.fixed_dictionaries({}, optional={"add": _capabilities, "drop": _capabilities}),
        "seLinuxOptions": _selinux,
        "seccompProfile": _profiles,
    },
)
_containers = st.fixed_dictionaries({}, optional={"securityContext": st.one_of(st.none(), _container_contexts)})
_pod_contexts = st.fixed_dictionaries(
    {},
    optional={
        "runAsUser": _ids,
        "runAsNonRoot": st.booleans(),
        "fsGroup": _ids,
        "supplementalGroups": st.lists(_ids, max_size=2),
        "seLinuxOptions": _selinux,
        "seccompProfile": _profiles,
    },
)
_annotations = st.fixed_dictionaries(
    {},
    optional={
        "seccomp.security.alpha.kubernetes.io/pod": _texts,
        "container.seccomp.security.alpha.kubernetes.io/c0": _texts,
    },
)
_spec = st.fixed_dictionaries(
    {"serviceAccountName": st.just("app")},
    optional={
        "securityContext": _pod_contexts,
        "hostNetwork": st.booleans(),
        "hostPID": st.booleans(),
        "hostUsers": st.booleans(),
        "volumes": st.lists(
            st.sampled_from([{"name": "v", "emptyDir": {}}, {"name": "h", "hostPath": {"path": "/"}}]), max_size=2
        ),
    },
)

pods = st.builds(
    lambda ones, spec, notes: pod(*ones, annotations=notes, **spec),
    st.lists(_containers, min_size=1, max_size=2),
    _spec,
    _annotations,
)
"""Pods with all that decides admission, in no way sensible."""

_group_strategy = st.sampled_from([{}, ANY, MUST, {**MUST, "ranges": [{"min": 1, "max": 1000}]}])
_user_strategy = st.sampled_from(
    [
        ANY,
        {"type": "MustRunAsNonRoot"},
        {"type": "MustRunAsRange"},
        {**MUST, "uid": 1000},
        {"type": "MustRunAsRange", "uidRangeMin": 1, "uidRangeMax": 9},
    ]
)

scc_objects = st.builds(
    scc_object,
    st.sampled_from(["a", "b", "anyuid", "restricted-v2"]),
    priority=st.sampled_from([None, 0, 1, 10]),
    allowPrivilegedContainer=st.booleans(),
    allowHostNetwork=st.booleans(),
    allowHostPorts=st.booleans(),
    allowHostPID=st.booleans(),
    allowHostDirVolumePlugin=st.booleans(),
    readOnlyRootFilesystem=st.booleans(),
    allowPrivilegeEscalation=st.sampled_from([None, True, False]),
    defaultAllowPrivilegeEscalation=st.sampled_from([None, True, False]),
    allowedCapabilities=st.sampled_from([None, ["*"], ["all"], ["NET_RAW", "KILL"]]),
    defaultAddCapabilities=st.sampled_from([None, ["CAP_SYS_ADMIN"], ["NET_RAW"] * 20]),
    requiredDropCapabilities=st.sampled_from([None, ["ALL"], ["KILL", "MKNOD"]]),
    volumes=st.sampled_from([None, [], ["*"], ["emptyDir"], ["nfs", "secret"], ["none"]]),
    seccompProfiles=st.sampled_from(
        [None, ["*"], ["runtime/default"], ["localhost/a.json", "*"], ["unconfined", "docker/default"]]
    ),
    runAsUser=_user_strategy,
    seLinuxContext=st.sampled_from([ANY, MUST, {**MUST, "seLinuxOptions": {"type": "spc_t", "level": "s0"}}]),
    fsGroup=_group_strategy,
    supplementalGroups=_group_strategy,
    userNamespaceLevel=st.sampled_from([None, "AllowHostLevel", "RequirePodLevel"]),
)
"""SCCs that can all be made ready for a namespace."""
