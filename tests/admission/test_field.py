from scclint.admission.field import Where, aggregate
from scclint.admission.wording import wording_of


def test_an_aggregate_drops_duplicates_and_brackets_several() -> None:
    assert aggregate(["a"]) == "a"
    assert aggregate(["a", "a"]) == "a"
    assert aggregate(["b", "a", "b"]) == "[b, a]"


def test_an_error_knows_its_wording_and_its_real_place() -> None:
    where = Where(wording_of(33), ".spec.securityContext", ("spec", "securityContext"), names_scc=True)
    invalid = where.invalid("hostPID", True, "Host PID is not allowed to be used", "false", at=("spec", "hostPID"))
    assert invalid.text == ".spec.securityContext.hostPID: Invalid value: true: Host PID is not allowed to be used"
    assert invalid.message("x") == f"provider x: {invalid.text}"
    assert (invalid.path, invalid.value, invalid.allowed) == (("spec", "hostPID"), True, "false")
    assert where.invalid("", 1, "no", "2").text == ".spec.securityContext: Invalid value: 1: no"
    assert where.required("runAsUser", "", "1").text == ".spec.securityContext.runAsUser: Required value"
    assert where.required("runAsNonRoot", "must be true", "true").text.endswith(".runAsNonRoot: Required value: must be true")
    assert where.forbidden("no", "none").text == ".spec.securityContext: Forbidden: no"
    assert where.forbidden("no", "none").path == ("spec", "securityContext")
    assert where.forbidden("one of ", "none", entries=("a", "b")).text == ".spec.securityContext: Forbidden: one of [a b]"
