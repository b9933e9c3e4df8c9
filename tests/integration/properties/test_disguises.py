"""A Pod in any disguise is found, as without the filter that passes over documents of other kinds."""

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from scclint.objects.documents import sniff as quick
from tests.robustness.test_hiding import SPEC, findings

JSON_SPEC = '{"containers": [{"name": "app", "image": "a", "securityContext": {"privileged": true}}]}'

KINDS = st.sampled_from(
    [
        *(
            "kind: Pod",
            '"kind": Pod',
            "'kind': Pod",
            '"k\\x69nd": Pod',
            '"\\u006bind": "\\x50od"',
            "? kind\n: Pod",
            "kind : Pod",
        ),
        *(
            "!!str kind: Pod",
            "&k kind: Pod",
            "kind: &p Pod",
            "kind: !!str Pod",
            'kind: "Pod"',
            "kind: |-\n  Pod",
            "kind: >-\n  Pod",
        ),
        *(
            "kind:\n  Pod",
            "kind:\tPod",
            "<<: {kind: Pod}",
            "x: &x {kind: Pod}\n<<: *x",
            "kind: ConfigMap\nkind: Pod",
            "*kk : Pod",
        ),
        *(
            "kind: Pod # ConfigMap",
            "kind: ConfigMap\n<<: {kind: Pod}",
            "# kind: ConfigMap\nkind: Pod",
            "kind: !<tag:yaml.org,2002:str> Pod",
        ),
        *(
            "? !!str kind\n: Pod",
            "kind: Pod\r",
            "# c\u2028kind: Pod",
            "# c\rkind: Pod",
            "a: b\x85kind: Pod",
            "a: b\u2029kind: Pod",
        ),
        *(
            "!!binary a2luZA==: Pod",
            "kind: !!binary UG9k",
            "kind: Po\\\n  d",
            'kind: "P\\\n  od"',
            "a: |\n  kind: ConfigMap\nkind: Pod",
        ),
    ]
)
LURES = st.sampled_from(
    [
        *(
            "",
            "",
            "data: {kind: ConfigMap}",
            "# kind: ConfigMap",
            "a: 'kind: ConfigMap'",
            "b: |\n  kind: ConfigMap\n  ---",
            'c: "\n\n  d"',
        ),
        *(
            "a: &kk kind",
            "b: [\n  kind, ConfigMap]",
            "status: {}",
            "zzz:\n- kind: ConfigMap",
            "e: >\n  x\n\n  kind: ConfigMap",
            "'f': g",
        ),
        *("\ufeff", "k\u2028ind: ConfigMap", "labels:", "? g", "h: !!set {kind}", "i: {kind: ConfigMap,", "}"),
    ]
)
STARTS = st.sampled_from(
    [
        "",
        "---\n",
        "--- # c\n",
        "%YAML 1.1\n---\n",
        "# c\n---\n",
        "...\n---\n",
        "\n\n",
        "--- !!map\n",
        "--- &r\n",
        "\ufeff",
        "---\t\n",
    ]
)
ENDS = st.sampled_from(
    [
        "",
        "...\n",
        "---\nkind: ConfigMap\n",
        "--- |\n kind: ConfigMap\n",
        "# kind: ConfigMap\n",
        "---kind: ConfigMap\n",
        "\n---\n{}\n",
    ]
)


@st.composite
def disguises(draw: st.DrawFn) -> str:
    """A Pod whose kind is written in some way, among lines that look like another kind's."""
    parts = ["apiVersion: v1", "metadata: {name: hidden}", f"spec: {SPEC}", draw(KINDS), draw(LURES), draw(LURES)]
    body = "\n".join(part for part in draw(st.permutations(parts)) if part)
    if draw(st.booleans()):
        indent = draw(st.sampled_from(["  ", " "]))
        item = f"\n{indent}".join(body.split("\n"))
        body = f"apiVersion: v1\nkind: {draw(st.sampled_from(['List', 'PodList', 'ConfigMap', 'FooList']))}\nitems:\n- {item}"
    text = draw(STARTS) + body + "\n" + draw(ENDS)
    return text.replace("\n", draw(st.sampled_from(["\n", "\r\n"])))


@st.composite
def json_disguises(draw: st.DrawFn) -> str:
    """The same in JSON, with what YAML or another document makes of it."""
    key = draw(
        st.sampled_from(
            [
                *('"kind"', '"k\\u0069nd"', '"\\u006b\\u0069\\u006e\\u0064"', "kind", "'kind'", '"ki\\\n  nd"', '"k\\x69nd"'),
                *("!!binary a2luZA==", '!!binary "a2luZA=="', "!<tag:yaml.org,2002:binary> a2luZA==", "? !!binary a2luZA==\n"),
            ]
        )
    )
    value = draw(st.sampled_from(['"Pod"', '"\\u0050od"', "Pod", "'Pod'"]))
    lure = draw(
        st.sampled_from(["", '"kind": "ConfigMap", ', '"a": "\\"kind\\": ", ', '"data": {"kind": "ConfigMap"}, ', "# kind\n"])
    )
    first = f'"apiVersion": "v1", {lure}{key}: {value}, "metadata": {{"name": "hidden"}}, "spec": {JSON_SPEC}'
    text = draw(
        st.sampled_from(
            [
                "{%s}",
                "{%s\n}",
                "[{%s}]",
                '{"kind": "List", "apiVersion": "v1", "items": [{%s}]}',
                "{%s}\n{}",
                "--- {%s}",
                "---\n{%s}",
            ]
        )
    )
    return draw(STARTS) + text % first + draw(st.sampled_from(["", "\n", "\n---\nkind: ConfigMap\n"]))


def compare(text: str, patch: pytest.MonkeyPatch) -> None:
    seen = findings(text)
    with patch.context() as unfiltered:
        unfiltered.setattr("scclint.objects.documents.other_kind", lambda *_: None)
        unfiltered.setattr(quick, "other_kind", lambda *_: None)
        assert findings(text) == seen, text


@settings(max_examples=400, suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow])
@given(text=disguises())
def test_disguises_in_yaml(monkeypatch: pytest.MonkeyPatch, text: str) -> None:
    compare(text, monkeypatch)


@settings(max_examples=200, suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow])
@given(text=json_disguises())
def test_disguises_in_json(monkeypatch: pytest.MonkeyPatch, text: str) -> None:
    compare(text, monkeypatch)
