"""Prediction against observation, and the step that explains a difference."""

import json
from pathlib import Path
from typing import Any

import pytest

from scclint.apps.evidence.captures import Identity, Observation, SeccompRequest, read_evidence
from scclint.apps.evidence.predict import Prediction
from scclint.apps.evidence.verify import ContainerComparison, verify
from scclint.limits import MAX_COMPARED_RULES
from scclint.profiles import lint as recognition
from scclint.profiles.lint import identify, recognise
from scclint.profiles.resolve import NATIVE
from scclint.profiles.runtime_default import VARIANTS, Variant, deciding_capabilities, resolve, resolve_variant
from scclint.record import replace
from scclint.seccomp.capabilities import CRIO_DEFAULT
from tests.apps.evidence.predicted import prediction

ARTICLE = Path(__file__).parents[3] / "fixtures" / "seccomp" / "article" / "evidence"
WHO = Identity("demo", "web-6d4cf56db6-x8x2p", "app")
CONFINED = prediction("RuntimeDefault", 2, "restricted-v2", "SCC default")
UNCONFINED = prediction("Unconfined", 0, "anyuid", "kubelet default")


def about(prediction: Prediction, **changes: Any) -> Prediction:
    """The prediction for another workload, or another part of it."""
    return replace(prediction, row=replace(prediction.row, **changes))


def crictl(profile: Any, name: str = "RuntimeDefault", **more: Any) -> Observation:
    return Observation(WHO, "crictl", "inspect.json", True, profile, name if profile else "", **more)


def proc(mode: int) -> Observation:
    return Observation(WHO, "proc", "status", mode=mode)


def dump(scc: str, requested: SeccompRequest | None = None, privileged: bool = False) -> Observation:
    return Observation(
        WHO, "pod", "pod.yaml", scc=scc, requested=requested, privileged=privileged, owner=("ReplicaSet", "web-6d4")
    )


def one(prediction: Prediction, *observations: Observation, crio: str = "") -> ContainerComparison:
    (found,) = verify([prediction], observations, crio).comparisons
    return found


def outcome(prediction: Prediction, *observations: Observation, crio: str = "") -> tuple[str, str]:
    found = one(prediction, *observations, crio=crio)
    return found.status, found.step


AGREE = ("agree", "")
DEFAULT = SeccompRequest("RuntimeDefault")


def test_the_four_captures_of_the_article() -> None:
    predictions = [about(CONFINED, name="confined"), about(UNCONFINED, name="unconfined")]
    files = [(path.name, path.read_text("utf-8")) for path in sorted(ARTICLE.iterdir())]
    assert len(files) == 4
    found = verify(predictions, read_evidence(files), "1.28")
    assert found.agrees and not found.unmatched
    assert [(c.status, c.observed) for c in found.comparisons] == [
        ("agree", f"RuntimeDefault of {VARIANTS[1].releases}, Seccomp: 2"),
        ("agree", "no profile, Seccomp: 0"),
    ]
    swapped = [about(CONFINED, name="unconfined"), about(UNCONFINED, name="confined")]
    assert {(c.status, c.step) for c in verify(swapped, read_evidence(files)).comparisons} == {
        ("disagree", "seccompDefault"),
        ("disagree", "unexplained"),
    }


@pytest.mark.parametrize(
    ("prediction", "observations", "expected"),
    [
        (CONFINED, [], ("no evidence", "")),
        (CONFINED, [proc(2)], AGREE),
        (CONFINED, [crictl(resolve("1.33")), proc(2), dump("restricted-v2", DEFAULT)], AGREE),
        (UNCONFINED, [crictl(None), proc(0), dump("anyuid")], AGREE),
        (CONFINED, [dump("restricted-v2", DEFAULT)], AGREE),
        (CONFINED, [dump("restricted-v2")], ("disagree", "field")),
        (CONFINED, [dump("restricted-v2", SeccompRequest("Unconfined"))], ("disagree", "field")),
        (CONFINED, [dump("restricted-v2", DEFAULT, privileged=True)], ("disagree", "privileged")),
        (UNCONFINED, [dump("anyuid")], AGREE),
        (UNCONFINED, [dump("anyuid", DEFAULT)], ("disagree", "field")),
        (CONFINED, [crictl(None), dump("anyuid")], ("disagree", "scc")),
        (CONFINED, [crictl(None, privileged=True)], ("disagree", "privileged")),
        (CONFINED, [proc(0), dump("restricted-v2", SeccompRequest("Unconfined"))], ("disagree", "field")),
        (CONFINED, [proc(0), dump("restricted-v2")], ("disagree", "field")),
        (CONFINED, [proc(0)], ("disagree", "unexplained")),
        (UNCONFINED, [proc(2), dump("anyuid")], ("disagree", "seccompDefault")),
        (UNCONFINED, [proc(2)], ("disagree", "seccompDefault")),
        (UNCONFINED, [proc(2), dump("anyuid", DEFAULT)], ("disagree", "field")),
        (
            prediction("Unconfined", 0, "anyuid", "privileged"),
            [crictl(resolve("1.33"), privileged=True)],
            ("disagree", "privileged"),
        ),
        (prediction(None, None, "", "not admitted"), [dump("privileged")], ("disagree", "scc")),
        (prediction(None, None, "", "windows"), [dump("")], ("no evidence", "")),
        (CONFINED, [crictl(resolve("1.33"), "/var/lib/kubelet/seccomp/x.json")], ("disagree", "field")),
        (CONFINED, [crictl({"defaultAction": "SCMP_ACT_LOG"})], ("disagree", "content")),
    ],
)
def test_which_step_explains_it(prediction: Prediction, observations: list[Observation], expected: tuple[str, str]) -> None:
    assert outcome(prediction, *observations) == expected


def test_another_releases_profile_is_recognised() -> None:
    seen = crictl(resolve("1.28"))
    assert outcome(CONFINED, seen, crio="1.28") == AGREE
    assert outcome(CONFINED, seen, crio="1.29") == AGREE, "a minor stands for any of its patch releases"
    assert outcome(CONFINED, seen, crio="1.29.9") == ("disagree", "release")
    found = one(CONFINED, seen, crio="1.33")
    assert (found.status, found.step) == ("disagree", "release")
    assert "CRI-O 1.25.0 to 1.29.8" in found.explanation


def test_a_bounding_set_other_than_predicted() -> None:
    seen = crictl(resolve("1.33", {"CAP_SYS_ADMIN"}))
    assert outcome(replace(CONFINED, caps=CRIO_DEFAULT), seen) == ("disagree", "capabilities")
    assert outcome(replace(CONFINED, caps=CRIO_DEFAULT | {"CAP_SYS_ADMIN"}), seen) == AGREE
    assert outcome(CONFINED, seen) == AGREE


def test_a_changed_default_is_told_with_its_difference() -> None:
    profile = resolve("1.33")
    profile["syscalls"][1]["names"] = [name for name in profile["syscalls"][1]["names"] if name != "mount"]
    found = one(CONFINED, crictl(profile))
    assert (found.status, found.step) == ("disagree", "content")
    assert "the closest is that of CRI-O 1.33, 1.34 and 1.35.0" in found.explanation
    assert "1 closed (mount)" in found.explanation


LOCAL = {"defaultAction": "SCMP_ACT_ERRNO", "syscalls": [{"names": ["read"], "action": "SCMP_ACT_ALLOW"}]}
LOCALHOST = replace(prediction("Localhost", 2, "restricted-v2", "container field", "x.json"), profile=LOCAL)
PATH = "/var/lib/kubelet/seccomp/x.json"


@pytest.mark.parametrize(
    ("seen", "expected"),
    [
        (crictl(LOCAL, PATH), AGREE),
        (crictl(LOCAL, ""), AGREE),
        (crictl(LOCAL, "/var/lib/kubelet/seccomp/y.json"), ("disagree", "field")),
        (crictl({"defaultAction": "SCMP_ACT_LOG"}, PATH), ("disagree", "content")),
        (crictl(resolve("1.33")), ("disagree", "field")),
        (dump("restricted-v2", SeccompRequest("Localhost", "x.json")), AGREE),
        (dump("restricted-v2", SeccompRequest("Localhost", "y.json")), ("disagree", "field")),
    ],
)
def test_localhost(seen: Observation, expected: tuple[str, str]) -> None:
    assert outcome(LOCALHOST, seen) == expected


@pytest.mark.parametrize(
    ("kind", "pod", "matches"),
    [
        ("Deployment", "web-6d4cf56db6-x8x2p", True),
        ("Deployment", "web-ui-6d4cf56db6-x8x2p", False),
        ("StatefulSet", "web-0", True),
        ("StatefulSet", "web-x8x2p", False),
        ("DaemonSet", "web-x8x2p", True),
        ("CronJob", "web-28471234-x8x2p", True),
        ("Job", "web-x8x2p", True),
        ("Job", "web-3-x8x2p", True),
        ("DeploymentConfig", "web-3-x8x2p", True),
        ("Pod", "web", True),
        ("Pod", "web-1", False),
    ],
)
def test_pods_belong_to_workloads_by_name(kind: str, pod: str, matches: bool) -> None:
    seen = replace(proc(2), identity=Identity("demo", pod, "app"))
    other = about(CONFINED, name="other")
    found = verify([about(CONFINED, kind=kind), other], [seen])
    assert ([c.pod for c in found.comparisons if c.pod] == [pod]) is matches
    assert (not found.unmatched) is matches


def test_a_pod_that_agrees_with_one_part_is_no_evidence_about_another() -> None:
    """The name of the pod does not show which part of its workload it is."""
    master, worker = about(CONFINED, part="Master"), about(UNCONFINED, part="Worker")
    found = verify([master, worker], [proc(2), dump("restricted-v2", DEFAULT)])
    assert [(c.prediction.row.part, c.status, c.step) for c in found.comparisons] == [
        ("Master", "agree", ""),
        ("Worker", "no evidence", "part"),
    ]
    unlike = verify([about(UNCONFINED, part="Master"), worker], [proc(2), dump("restricted-v2", DEFAULT)])
    assert [c.status for c in unlike.comparisons] == ["disagree", "disagree"]
    # Two releases are two predictions for one part.
    both = verify([CONFINED, UNCONFINED], [proc(2), dump("restricted-v2", DEFAULT)])
    assert sorted(c.status for c in both.comparisons) == ["agree", "disagree"]


def test_other_namespaces_and_containers_are_not_meant() -> None:
    for identity in (Identity("shop", WHO.pod, "app"), Identity("demo", WHO.pod, "sidecar")):
        found = verify([CONFINED, about(CONFINED, name="other")], [replace(proc(2), identity=identity)])
        assert [c.status for c in found.comparisons] == ["no evidence", "no evidence"]
        assert len(found.unmatched) == 1


def test_a_capture_without_name_is_about_the_only_container_or_the_one_its_file_is_named_for() -> None:
    bare = Observation(Identity(), "crictl", "captures/null.json", has_profile=True)
    assert outcome(UNCONFINED, bare) == AGREE
    two = [UNCONFINED, about(UNCONFINED, name="other")]
    assert len(verify(two, [bare]).unmatched) == 1
    named = replace(bare, file="captures/web.json")
    assert [c.status for c in verify(two, [named]).comparisons] == ["no evidence", "agree"]


def test_every_pod_of_a_workload_is_compared() -> None:
    second = replace(proc(0), identity=WHO._replace(pod="web-6d4cf56db6-zzzzz"))
    found = verify([CONFINED], [second, proc(2)])
    assert [(c.pod, c.status) for c in found.comparisons] == [(WHO.pod, "agree"), ("web-6d4cf56db6-zzzzz", "disagree")]
    assert not found.agrees


@pytest.mark.parametrize("variant", VARIANTS, ids=lambda variant: variant.crio)
def test_every_known_profile_is_recognised_with_its_capabilities(variant: Variant) -> None:
    deciding = deciding_capabilities(variant.crio)
    for arch in NATIVE:
        for caps in (frozenset[str](), *(frozenset({cap}) for cap in deciding), deciding):
            known = resolve_variant(variant, caps, arch)
            assert len(known["syscalls"]) <= MAX_COMPARED_RULES
            found = identify(known)
            assert found is not None and found.exact
            assert (found.variant, frozenset(found.caps)) == (variant, caps)
            assert found.arch == arch or {found.arch, arch} <= {"ppc64le", "riscv64"}


def test_known_profiles_are_made_once_and_equal_ones_recognised_once(monkeypatch: pytest.MonkeyPatch) -> None:
    def again(*arguments: object) -> Any:
        raise AssertionError("made again")

    identify(LOCAL)
    monkeypatch.setattr(recognition, "resolve_variant", again)
    assert identify({**LOCAL, "defaultAction": "SCMP_ACT_LOG"}) is None
    found = recognise(LOCAL)
    monkeypatch.setattr(recognition, "compare", again)
    assert recognise(json.loads(json.dumps(LOCAL))) is found


@pytest.mark.parametrize(
    "profile", [{}, {"syscalls": None}, {"architectures": [1], "syscalls": [{"names": 3}, 4, {"action": "x", "names": []}]}]
)
def test_whatever_a_capture_holds_something_is_closest(profile: dict[str, Any]) -> None:
    assert not recognise(profile).exact
