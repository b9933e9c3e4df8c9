"""What is still to be filled in."""

import re
import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from scclint.objects.unknown import Unknown, decisive_unknown, is_open

AS_ONE = r"\$\{[^}]*\}|\{\{.*?\}\}|<<.*?>>|\$\(\w+\)|(?:^|:)\$\w+$|^\(.+\)$|@\w+@|%\w+%|%%%|__[A-Z0-9_]+__|\{\w*\}"


@given(st.text("{}$<>()@%_Aa: ", max_size=12))
def test_text_is_open_as_one_expression_would_say(text: str) -> None:
    assert is_open(text) == (re.search(AS_ONE, text) is not None)


@pytest.mark.parametrize(
    "value", [Unknown(), Unknown("x"), "${A}", "a-{{ .b }}", "$(c)", "@D@", "<<e>>", "($f)", "%%%", "system:$G", "n{}", "{f}"]
)
def test_open(value: object) -> None:
    assert is_open(value)


@pytest.mark.parametrize(
    "value", [None, 3, True, [], {"a": "${A}"}, "", "plain", "}}{{", "}${", "{a b}", "a@b", "100%", "%%", "a$B"]
)
def test_not_open(value: object) -> None:
    assert not is_open(value)


@pytest.mark.parametrize("start", ["{{", "${", "<<", "@a", "%a", "__A", "$(a", "(a", "{a", "{"])
def test_many_beginnings_without_an_end(start: str) -> None:
    """Milliseconds; an expression that looks for the end anew from each beginning takes minutes."""
    began = time.process_time()
    assert is_open(start * 200_000) == (start in ("@a", "%a", "__A"))
    assert time.process_time() - began < 5


VOLUME = {"volumes": [{"name": Unknown("${N}"), "configMap": {"name": Unknown("${C}")}}]}


@pytest.mark.parametrize(
    ("spec", "path"),
    [
        (VOLUME, None),
        ({"volumes": [Unknown("${V}")]}, ("spec", "volumes", 0)),
        ({"containers": [{"image": Unknown("${I}"), "env": [{"value": Unknown("${E}")}]}]}, None),
        (
            {"containers": [{"securityContext": {"runAsUser": Unknown("${U}")}}]},
            ("spec", "containers", 0, "securityContext", "runAsUser"),
        ),
    ],
)
def test_what_a_verdict_depends_on(spec: dict[str, object], path: tuple[str | int, ...] | None) -> None:
    assert decisive_unknown({"spec": spec}) == path


@pytest.mark.parametrize(
    ("annotations", "decides"),
    [
        (Unknown("${ALL}"), True),
        ({"openshift.io/required-scc": Unknown("${SCC}")}, True),
        ({"seccomp.security.alpha.kubernetes.io/pod": Unknown("${PROFILE}")}, True),
        ({"checksum/config": Unknown("${SUM}")}, False),
    ],
)
def test_of_annotations_those_about_the_scc_and_seccomp_decide(annotations: object, decides: bool) -> None:
    assert (decisive_unknown({"metadata": {"annotations": annotations}}) is not None) == decides
