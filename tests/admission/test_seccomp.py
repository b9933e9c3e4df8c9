from typing import Any

import pytest

from scclint.admission.seccomp import to_annotation, to_field
from scclint.platform.terms import CONTAINER_SECCOMP_ANNOTATION_PREFIX as CONTAINER_ANNOTATION
from scclint.platform.terms import POD_SECCOMP_ANNOTATION as POD_ANNOTATION
from tests.admission.build import Judged, judged, pod, provider

RUNTIME_DEFAULT = {"type": "RuntimeDefault"}
UNCONFINED = {"type": "Unconfined"}
C0 = CONTAINER_ANNOTATION + "c0"


def under(entries: list[str] | None, made: dict[str, Any], minor: int = 33) -> Judged:
    return judged(provider(minor, seccompProfiles=entries), made)


@pytest.mark.parametrize(
    ("field", "text"),
    [
        (RUNTIME_DEFAULT, "runtime/default"),
        (UNCONFINED, "unconfined"),
        ({"type": "Localhost", "localhostProfile": "a/b.json"}, "localhost/a/b.json"),
        ({"type": "Localhost", "localhostProfile": ""}, "localhost/"),
        ({"type": "Localhost"}, ""),
        ({"type": "Localhost", "localhostProfile": None}, ""),
        ({"type": "Odd"}, ""),
        ({}, ""),
    ],
)
def test_a_field_as_annotation(field: dict[str, Any], text: str) -> None:
    assert to_annotation(field) == text


@pytest.mark.parametrize(
    ("text", "field"),
    [
        ("runtime/default", RUNTIME_DEFAULT),
        ("docker/default", RUNTIME_DEFAULT),
        ("unconfined", UNCONFINED),
        ("localhost/a.json", {"type": "Localhost", "localhostProfile": "a.json"}),
        ("localhost/localhost/a", {"type": "Localhost", "localhostProfile": "localhost/a"}),
        ("localhost/", None),
        ("RuntimeDefault", None),
        ("bogus", None),
        ("", None),
    ],
)
def test_an_annotation_as_field(text: str, field: dict[str, str] | None) -> None:
    assert to_field(text) == field


@pytest.mark.parametrize(
    ("entries", "annotation", "field"),
    [
        (["runtime/default"], "runtime/default", RUNTIME_DEFAULT),
        (["*", "docker/default"], "docker/default", RUNTIME_DEFAULT),
        (["localhost/a.json", "*"], "localhost/a.json", {"type": "Localhost", "localhostProfile": "a.json"}),
        (["unconfined"], "unconfined", UNCONFINED),
        (["*"], None, None),
        (None, None, None),
        ([], None, None),
    ],
)
def test_the_first_entry_is_the_default(
    entries: list[str] | None, annotation: str | None, field: dict[str, str] | None
) -> None:
    made = under(entries, pod())
    assert made.errors == ()
    assert made.annotations.get(POD_ANNOTATION) == annotation
    assert made.security_context.get("seccompProfile") == field


def test_a_field_spelling_in_the_scc_leaves_an_annotation_that_means_nothing() -> None:
    made = under(["RuntimeDefault"], pod())
    assert made.errors == ()
    assert made.annotations == {POD_ANNOTATION: "RuntimeDefault"}
    assert "seccompProfile" not in made.security_context


def test_the_annotation_beats_the_field_from_4_13_on() -> None:
    asked = pod(annotations={POD_ANNOTATION: "unconfined"}, securityContext={"seccompProfile": RUNTIME_DEFAULT})
    assert under(["*"], asked, 26).security_context["seccompProfile"] == UNCONFINED
    assert under(["*"], asked, 25).security_context["seccompProfile"] == RUNTIME_DEFAULT


def test_a_senseless_annotation_removes_the_field() -> None:
    asked = pod(
        {"securityContext": {"seccompProfile": RUNTIME_DEFAULT}},
        annotations={POD_ANNOTATION: "bogus", C0: ""},
        securityContext={"seccompProfile": RUNTIME_DEFAULT},
    )
    made = under(["*"], asked)
    assert "seccompProfile" not in made.security_context
    assert made.containers == [{}]


def test_before_4_13_only_the_annotation_is_written() -> None:
    made = under(["runtime/default"], pod(annotations={C0: "runtime/default"}), 25)
    assert made.annotations[POD_ANNOTATION] == "runtime/default"
    assert "seccompProfile" not in made.security_context
    assert made.containers == [None]


def test_containers_are_never_defaulted() -> None:
    assert under(["runtime/default"], pod()).containers == [None]


def test_an_scc_without_profiles_forbids_every_one_and_for_every_container() -> None:
    made = under(None, pod({}, {}, securityContext={"seccompProfile": RUNTIME_DEFAULT}))
    keys = (POD_ANNOTATION, C0, CONTAINER_ANNOTATION + "c1")
    assert [error.message("custom") for error in made.errors] == [
        f"pod.metadata.annotations[{key}]: Forbidden: seccomp may not be set" for key in keys
    ]
    assert {error.path for error in made.errors} == {("spec", "securityContext", "seccompProfile", "type")}
    assert made.errors[0].text == made.errors[0].message("custom")


@pytest.mark.parametrize(
    ("asked", "shown"),
    [
        (UNCONFINED, "unconfined"),
        ({"type": "Localhost", "localhostProfile": "x"}, "localhost/x"),
        ({"type": "Localhost"}, ""),
    ],
)
def test_a_profile_must_be_listed(asked: dict[str, str], shown: str) -> None:
    made = under(["docker/default", "localhost/*"], pod({"securityContext": {"seccompProfile": asked}}))
    (error,) = made.errors
    detail = f"{shown} is not an allowed seccomp profile. Valid values are [docker/default localhost/*]"
    assert error.message("custom") == f"pod.metadata.annotations[{C0}]: Forbidden: {detail}"
    assert error.path == ("spec", "containers", 0, "securityContext", "seccompProfile", "type")


@pytest.mark.parametrize("entry", ["runtime/default", "docker/default"])
@pytest.mark.parametrize("asked", ["runtime/default", "docker/default"])
def test_both_names_of_the_default_are_equal(entry: str, asked: str) -> None:
    assert under([entry], pod(annotations={POD_ANNOTATION: asked})).errors == ()


def test_the_plugin_of_4_11_lets_everything_pass_beside_the_default() -> None:
    asked = pod({"securityContext": {"seccompProfile": UNCONFINED}})
    assert under(["runtime/default"], asked, 24).errors == ()
    assert len(under(["runtime/default"], asked, 25).errors) == 1
    assert len(under(["localhost/a"], asked, 24).errors) == 1


@pytest.mark.parametrize(
    ("minor", "annotations", "path"),
    [
        (33, {C0: "unconfined"}, ("metadata", "annotations", C0)),
        (25, {C0: "unconfined"}, ("metadata", "annotations", C0)),
        (33, {POD_ANNOTATION: "unconfined", C0: "runtime/default"}, ("metadata", "annotations", POD_ANNOTATION)),
    ],
)
def test_what_decides_is_found(minor: int, annotations: dict[str, str], path: tuple[str, ...]) -> None:
    (error,) = under(["runtime/default"], pod(annotations=annotations), minor).errors
    assert error.path == path


def test_a_containers_field_outranks_its_annotation_before_4_13() -> None:
    asked = pod({"securityContext": {"seccompProfile": UNCONFINED}}, annotations={C0: "runtime/default"})
    (error,) = under(["runtime/default"], asked, 25).errors
    assert error.path == ("spec", "containers", 0, "securityContext", "seccompProfile", "type")
    assert under(["runtime/default"], asked, 26).errors == ()
