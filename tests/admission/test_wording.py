import pytest

from scclint.admission.wording import wording_of
from tests.admission.build import judged, pod, provider

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


def denied(minor: int) -> list[str]:
    """The errors of the pod, without those of its container."""
    errors = judged(provider(minor=minor, **STRICT), ASKING).errors
    return [error.message("custom") for error in errors if "container" not in error.message("custom")]


def test_before_4_21_values_are_printed_in_go_syntax() -> None:
    assert denied(33) == [
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
    expected = denied(33)
    for before, after in printed.items():
        expected = [text.replace(before, after) for text in expected]
    assert denied(34) == expected


def test_from_4_22_paths_lead_into_the_pod() -> None:
    assert denied(35) == [
        "provider custom: .spec.securityContext.supplementalGroups: Invalid value: [5,7]: 7 is not an allowed group",
        "metadata.annotations[seccomp.security.alpha.kubernetes.io/pod]: Forbidden: seccomp may not be set",
        "provider custom: .spec.hostNetwork: Invalid value: true: Host network is not allowed to be used",
        "provider custom: .spec.hostUsers: Invalid value: null: Host Users must be set to false",
        'spec.securityContext.sysctls[0]: Forbidden: unsafe sysctl "kernel.sem" is not allowed',
        'provider custom: .spec.volumes[0]: Invalid value: "nfs": nfs volumes are not allowed to be used',
        'provider custom: .spec.volumes[1].flexVolume.driver: Invalid value: "c": Flexvolume driver is not allowed to be used',
    ]


@pytest.mark.parametrize(("minor", "empty"), [(24, "[]int64{}"), (33, "[]int64{}"), (34, "[]"), (35, "[]")])
def test_an_empty_list(minor: int, empty: str) -> None:
    assert wording_of(minor).value(()) == empty


@pytest.mark.parametrize(
    ("value", "printed"),
    [(True, "true"), (False, "false"), (0, "0"), ("", '""'), ("s0", '"s0"'), ((1, 2), "[1,2]"), (None, "null")],
)
def test_values(value: object, printed: str) -> None:
    assert wording_of(35).value(value) == printed


@pytest.mark.parametrize(
    ("text", "quoted"),
    [
        ("web", '"web"'),
        ('a"b\\c', '"a\\"b\\\\c"'),
        ("\a\b\f\n\r\t\v", '"\\a\\b\\f\\n\\r\\t\\v"'),
        ("\x00\x7f", '"\\x00\\x7f"'),
        ("é", '"é"'),
        ("\x85\u2028\xa0\xad", '"\\u0085\\u2028\\u00a0\\u00ad"'),
        ("\U000e0001", '"\\U000e0001"'),
    ],
)
@pytest.mark.parametrize("minor", [24, 35])
def test_strings_are_quoted_as_in_go(text: str, quoted: str, minor: int) -> None:
    assert wording_of(minor).quote(text) == quoted


@pytest.mark.parametrize(
    ("char", "since"),
    [("\U0001fae9", 99), ("\U0001fac3", 29), ("\U0001fa75", 29), ("\U0001fa74", 24)],
    ids=["Unicode 15.1 or later", "14.0", "15.0", "13.0"],
)
def test_characters_are_printed_once_the_go_of_a_release_knows_them(char: str, since: int) -> None:
    """Whatever the Unicode version of Python."""
    escaped = f'"\\U{ord(char):08x}"'
    assert [wording_of(minor).quote(char) for minor in (24, 28, 29, 35)] == [
        f'"{char}"' if minor >= since else escaped for minor in (24, 28, 29, 35)
    ]
