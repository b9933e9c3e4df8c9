import pickle
from collections.abc import Sequence
from copy import deepcopy
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from scclint.admission import order
from scclint.admission.admit import admit
from scclint.admission.constraints import from_object
from scclint.admission.provider import Provider, make_provider
from scclint.admission.verdict import Grant, Verdict
from scclint.admission.wording import wording_of
from tests.admission.build import ANNOTATIONS, judged, pod, pods, scc, scc_objects
from tests.conftest import examples

USER = Grant("user", "users")
ACCOUNT = Grant("serviceaccount", "users")
OUT_OF_RANGE: dict[str, Any] = {"runAsUser": {"type": "MustRunAs", "uid": 5}}
HINT = (
    "no access to scc/restricted: Forbidden: the pod fails to validate against the `restricted-v2` security context constraint, "
    "but would validate successfully against the `restricted` security context constraint"
)


def named(name: str, minor: int = 33, **fields: Any) -> Provider:
    return make_provider(scc(name, minor, **fields), "demo", ANNOTATIONS, minor)


def decided(made: dict[str, Any], providers: Sequence[Provider], grants: Sequence[Grant | None]) -> Verdict:
    return admit(made, providers, grants, wording=wording_of(33), namespace="demo", assumed=False)


def decide(tried: list[tuple[Provider, Grant | None]], made: dict[str, Any] | None = None) -> Verdict:
    providers, grants = zip(*tried, strict=True)
    return decided(made or pod(), providers, grants)


ASKS_FOR_6 = pod({"securityContext": {"runAsUser": 6}})


def test_the_first_that_validates_is_chosen() -> None:
    verdict = decide(
        [(named("a"), None), (named("b", **OUT_OF_RANGE), USER), (named("c"), USER), (named("d"), None)], ASKS_FOR_6
    )
    assert (verdict.allowed, verdict.scc, verdict.subject, verdict.message) == (True, "c", "user", None)
    assert [(one.scc, one.outcome) for one in verdict.candidates] == [
        ("a", "denied"),
        ("b", "too restrictive"),
        ("c", "chosen"),
        ("d", "not reached"),
    ]
    assert verdict.candidates[1].reasons[0].text == ".containers[0].runAsUser: Invalid value: 6: must be: 5"
    assert verdict.reason == '"c" is the only one not too restrictive and not denied'


def test_the_reason_compares_with_the_next_that_would_do() -> None:
    tried = [(named("a", priority=1), USER), (named("b", **OUT_OF_RANGE), USER), (named("c"), None), (named("d"), USER)]
    reason = decide(tried, ASKS_FOR_6).reason
    assert reason == '"a" is most restrictive, not denied, and chosen over "d" because "a" has higher priority'


def test_the_result_is_annotated() -> None:
    annotations = decide([(named("a"), ACCOUNT)]).pod["metadata"]["annotations"]
    assert annotations == {"openshift.io/scc": "a", "security.openshift.io/validated-scc-subject-type": "serviceaccount"}
    assert decide([(named("a", 32), ACCOUNT)]).pod["metadata"]["annotations"] == {"openshift.io/scc": "a"}


def test_a_denial_lists_every_candidate_in_order() -> None:
    verdict = decide([(named("a"), None), (named("b", **OUT_OF_RANGE), USER)], ASKS_FOR_6)
    assert not verdict.allowed
    assert verdict.pod is ASKS_FOR_6
    assert verdict.message == (
        'pods "web" is forbidden: unable to validate against any security context constraint: ['
        'provider "a": Forbidden: not usable by user or serviceaccount, '
        "provider b: .containers[0].runAsUser: Invalid value: 6: must be: 5]"
    )
    assert verdict.reason == "all too restrictive or denied"


def test_a_single_error_has_no_brackets() -> None:
    verdict = decide([(named("a"), None)])
    assert verdict.message == (
        'pods "web" is forbidden: unable to validate against any security context constraint: '
        'provider "a": Forbidden: not usable by user or serviceaccount'
    )
    assert verdict.reason == "all denied"


def test_duplicates_are_dropped() -> None:
    made = pod(securityContext={"seccompProfile": {"type": "Unconfined"}})
    verdict = decide([(named("a"), USER), (named("b"), USER)], made)
    assert verdict.message is not None
    assert verdict.message.count("seccomp may not be set") == 2


def test_the_hint_about_restricted() -> None:
    v2 = (named("restricted-v2", **OUT_OF_RANGE), USER)
    assert HINT in (decide([v2, (named("restricted"), None)], ASKS_FOR_6).message or "")
    without_v2 = decide([(named("restricted"), None)], ASKS_FOR_6)
    would_not_help = decide([v2, (named("restricted", **OUT_OF_RANGE), None)], ASKS_FOR_6)
    was_tried = decide([v2, (named("restricted", **OUT_OF_RANGE), USER)], ASKS_FOR_6)
    for verdict in (without_v2, would_not_help, was_tried):
        assert HINT not in (verdict.message or "")


def test_a_pod_without_name_is_called_by_what_it_has() -> None:
    def message(metadata: dict[str, str]) -> str:
        return decide([(named("a"), None)], {**pod(), "metadata": metadata}).message or ""

    assert message({"generateName": "web-"}).startswith('pods "web-" is forbidden')
    assert message({}).startswith('pods "Unknown" is forbidden')
    assert message({"name": 'a"b'}).startswith('pods "a\\"b" is forbidden')


def _providers(objects: list[dict[str, Any]]) -> list[Provider]:
    by_name = {one["metadata"]["name"]: from_object(one, 33) for one in objects}
    return [make_provider(one, "demo", ANNOTATIONS, 33) for one in sorted(by_name.values(), key=order.key)]


@examples(150)
@given(pods, st.lists(scc_objects, min_size=1, max_size=3))
def test_admission_is_deterministic_idempotent_and_leaves_its_input_alone(
    made: dict[str, Any], objects: list[dict[str, Any]]
) -> None:
    before = deepcopy(made)
    providers = _providers(objects)
    grants = [USER] * len(providers)
    verdict = decided(made, providers, grants)
    assert made == before
    assert verdict == decided(made, providers, grants)
    if verdict.allowed:
        chosen = next(one for one in providers if one.name == verdict.scc)
        again = decided(verdict.pod, [chosen], [USER])
        assert again.pod == verdict.pod
        assert judged(chosen, made).errors == ()
    else:
        assert all(judged(one, made).errors for one in providers)


def test_every_error_under_every_scc_is_there() -> None:
    refusing: list[tuple[Provider, Grant | None]] = [
        (named(f"s{number}", allowPrivilegedContainer=False), USER) for number in range(40)
    ]
    verdict = decide(refusing, pod(*[{"securityContext": {"privileged": True}}] * 1100))
    assert [len(candidate.reasons) for candidate in verdict.candidates] == [1100] * 40
    assert (verdict.message or "").count("Privileged containers are not allowed") == 44_000


def test_sccs_that_differ_only_in_name_and_users_are_tried_once() -> None:
    users: list[tuple[str, dict[str, Any]]] = [
        (f"s{number}", {"users": [f"u{number}"], "priority": number}) for number in range(40)
    ]
    verdict = decide([(named(name, **OUT_OF_RANGE, **fields), USER) for name, fields in users], ASKS_FOR_6)
    assert len({candidate.errors for candidate in verdict.candidates}) == 1
    assert [f"provider s{number}: .containers" in (verdict.message or "") for number in range(40)] == [True] * 40


@given(
    pods,
    scc_objects,
    scc_objects,
    st.sampled_from(["metadata", "priority", "volumes", "runAsUser", "fsGroup", "seccompProfiles"]),
)
def test_sccs_of_equal_content_treat_every_pod_alike(
    made: dict[str, Any], scc: dict[str, Any], other: dict[str, Any], field: str
) -> None:
    providers = _providers([scc, {**scc, field: other[field]}])
    if len({one.content for one in providers}) == 1:
        assert len({str(judged(one, made)) for one in providers}) == 1


def test_verdicts_compare_by_content() -> None:
    tried: list[tuple[Provider, Grant | None]] = [(named("a", **OUT_OF_RANGE), USER)]
    verdict = decide(tried, ASKS_FOR_6)
    assert verdict == decide(tried, ASKS_FOR_6)
    assert verdict != decide(tried, pod({"securityContext": {"runAsUser": 7}}))
    assert verdict.candidates == decide(tried, ASKS_FOR_6).candidates
    assert {*verdict.candidates} == {*decide(tried, ASKS_FOR_6).candidates}
    assert verdict.candidates != decide([(named("a", **OUT_OF_RANGE), None)], ASKS_FOR_6).candidates
    assert verdict != "a" and verdict.candidates[0] != "a"
    assert pickle.loads(pickle.dumps(verdict)) == verdict
