import pytest

from scclint.admission.field import LISTED, Where, aggregate, go_quote, go_value, listed, plain_list


@pytest.mark.parametrize(
    ("value", "printed"),
    [
        (True, "true"),
        (False, "false"),
        (0, "0"),
        ("", '""'),
        ("s0", '"s0"'),
    ],
)
def test_values_print_as_in_go(value: object, printed: str) -> None:
    assert go_value(value) == printed


@pytest.mark.parametrize(
    ("text", "quoted"),
    [
        ("web", '"web"'),
        ('a"b\\c', '"a\\"b\\\\c"'),
        ("\a\b\f\n\r\t\v", '"\\a\\b\\f\\n\\r\\t\\v"'),
        ("\x00\x7f", '"\\x00\\x7f"'),
        ("é", '"é"'),
        ("\x85\u2028\xa0", '"\\u0085\\u2028\\u00a0"'),
        ("\U000e0001", '"\\U000e0001"'),
    ],
)
def test_strings_quote_as_in_go(text: str, quoted: str) -> None:
    assert go_quote(text) == quoted


def test_an_aggregate_drops_duplicates_and_brackets_several() -> None:
    assert aggregate(["a"]) == "a"
    assert aggregate(["a", "a"]) == "a"
    assert aggregate(["b", "a", "b"]) == "[b, a]"


def test_a_slice_of_strings() -> None:
    assert plain_list(["a", "b"]) == "[a b]"
    assert plain_list(["a"] * (LISTED + 1)) == f"[{'a ' * LISTED}... 1 more]"


def test_what_is_accepted() -> None:
    assert listed(["a", "b"]) == "a, b"
    assert listed(["a"] * (LISTED + 1)) == "a, " * LISTED + "... 1 more"


def test_an_error_knows_its_wording_and_its_real_place() -> None:
    where = Where("provider x: ", ".spec.securityContext", ("spec", "securityContext"))
    invalid = where.invalid("hostPID", True, "Host PID is not allowed to be used", "false", at=("spec", "hostPID"))
    assert (
        invalid.message == "provider x: .spec.securityContext.hostPID: Invalid value: true: Host PID is not allowed to be used"
    )
    assert invalid.text == ".spec.securityContext.hostPID: Invalid value: true: Host PID is not allowed to be used"
    assert (invalid.path, invalid.value, invalid.allowed) == (("spec", "hostPID"), True, "false")
    assert where.required("runAsUser", "", "1").text == ".spec.securityContext.runAsUser: Required value"
    assert where.required("runAsNonRoot", "must be true", "true").text.endswith(".runAsNonRoot: Required value: must be true")
    assert where.forbidden("no", "none").text == ".spec.securityContext: Forbidden: no"
    assert where.forbidden("no", "none").path == ("spec", "securityContext")
