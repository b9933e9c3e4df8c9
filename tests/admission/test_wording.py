import pytest

from scclint.admission.assign import assign
from scclint.admission.pod import Pod
from scclint.admission.wording import wording_of
from tests.admission.build import pod, provider

STRICT = {
    "allowHostNetwork": False,
    "supplementalGroups": {"type": "MustRunAs", "ranges": [{"min": 5, "max": 6}]},
    "userNamespaceLevel": "RequirePodLevel",
    "volumes": ["flexVolume"],
    "allowedFlexVolumes": [{"driver": "a/b"}],
}
ASKING = pod(
    hostNetwork=True,
    securityContext={
        "supplementalGroups": [5, 7],
        "sysctls": [{"name": "kernel.sem"}],
        "seccompProfile": {"type": "Unconfined"},
    },
    volumes=[{"name": "a", "nfs": {}}, {"name": "b", "flexVolume": {"driver": "c"}}],
)


def denied(release: int) -> list[str]:
    """The errors of the pod, without those of its container."""
    made = assign(provider(release=release, **STRICT), Pod(ASKING))
    return [error.message for error in made.errors if "container" not in error.message]


def test_before_4_21_values_are_printed_in_go_syntax() -> None:
    assert denied(20) == [
        "provider custom: .spec.securityContext.supplementalGroups: Invalid value: []int64{5, 7}: 7 is not an allowed group",
        "pod.metadata.annotations[seccomp.security.alpha.kubernetes.io/pod]: Forbidden: seccomp may not be set",
        "provider custom: .spec.securityContext.hostNetwork: Invalid value: true: Host network is not allowed to be used",
        'provider custom: .spec.securityContext.hostUsers: Invalid value: "null": Host Users must be set to false',
        'pod.spec.securityContext.sysctls[0]: Forbidden: unsafe sysctl "kernel.sem" is not allowed',
        'spec.volumes[0]: Invalid value: "nfs": nfs volumes are not allowed to be used',
        'provider custom: .spec.securityContext.volumes[1].driver: Invalid value: "c": Flexvolume driver is not allowed to be used',
    ]


def test_from_4_21_values_are_printed_as_json() -> None:
    printed = {"[]int64{5, 7}": "[5,7]", '"null"': "null"}
    expected = denied(20)
    for before, after in printed.items():
        expected = [text.replace(before, after) for text in expected]
    assert denied(21) == expected


def test_from_4_22_paths_lead_into_the_pod() -> None:
    assert denied(22) == [
        "provider custom: .spec.securityContext.supplementalGroups: Invalid value: [5,7]: 7 is not an allowed group",
        "metadata.annotations[seccomp.security.alpha.kubernetes.io/pod]: Forbidden: seccomp may not be set",
        "provider custom: .spec.hostNetwork: Invalid value: true: Host network is not allowed to be used",
        "provider custom: .spec.hostUsers: Invalid value: null: Host Users must be set to false",
        'spec.securityContext.sysctls[0]: Forbidden: unsafe sysctl "kernel.sem" is not allowed',
        'provider custom: .spec.volumes[0]: Invalid value: "nfs": nfs volumes are not allowed to be used',
        'provider custom: .spec.volumes[1].flexVolume.driver: Invalid value: "c": Flexvolume driver is not allowed to be used',
    ]


@pytest.mark.parametrize(("release", "empty"), [(11, "[]int64{}"), (20, "[]int64{}"), (21, "[]"), (22, "[]")])
def test_an_empty_list(release: int, empty: str) -> None:
    assert wording_of(release).ids(()) == empty
