"""Resources of containers and pods, in the words that an API server of OpenShift 5.0 answered with."""

from typing import Any

import pytest

from scclint.validation.resources import quantity
from scclint.validation.validate import validate
from tests.validation.cases import Data, deployment, pod

AT = "spec.containers[0].resources"
FIXED = "Limit must be set for non overcommitable resources"


def messages(data: Data, kind: str = "Pod", *, minor: int = 36) -> list[str]:
    version = "v1" if kind == "Pod" else "apps/v1"
    return [problem.server_message for problem in validate(data, version, kind, minor)]


@pytest.mark.parametrize(
    ("written", "shown"),
    [
        ("0.5", "500m"),
        ("1.5", "1500m"),
        (1024, "1024"),
        ("1000Mi", "1000Mi"),
        ("1024Ki", "1Mi"),
        ("1.5Gi", "1536Mi"),
        ("0.5Ki", "512"),
        ("1.0005Ki", "1024512m"),
        ("12e2", "1200"),
        ("1e3", "1e3"),
        ("1n", "1m"),
        ("-0.1m", "-1m"),
        ("1000k", "1M"),
        ("0Gi", "0"),
        ("0", "0"),
        ("+2", "+2"),
        ("2.", "2."),
        ("0002", "0002"),
        ("1.500", "1.500"),
        ("0.500", "500m"),
        ("1e1", "10"),
        ("1e20", "100e18"),
        ("10Ei", "9223372036854775807"),
        ("1000000Ki", "1000000Ki"),
        ("-1.0001", "-1001m"),
        (2**64, "18446744073709551616"),
    ],
)
def test_a_quantity_is_shown_in_its_shortest_form(written: Any, shown: str) -> None:
    assert str(quantity(written)) == shown


@pytest.mark.parametrize("written", [True, "1 Gi", "", None, "1" * 5000, []])
def test_no_quantity(written: Any) -> None:
    assert quantity(written) is None


def test_a_huge_exponent_takes_no_time() -> None:
    assert str(quantity("1e999999999")).startswith("10")
    assert str(quantity("1e-999999999")) == "1e-3"


@pytest.mark.parametrize(
    ("resources", "expected"),
    [
        ({"requests": {"cpu": "2"}, "limits": {"cpu": "1"}}, ['.requests: Invalid value: "2": must be less than or equal to cpu limit of 1']),
        ({"requests": {"cpu": "1000m"}, "limits": {"cpu": "1"}}, []),
        ({"requests": {"memory": "1Gi"}, "limits": {"memory": "1G"}}, [
            '.requests: Invalid value: "1Gi": must be less than or equal to memory limit of 1G',
        ]),
        ({"requests": {"cpu": "${CPU}"}, "limits": {"cpu": "1"}}, []),
        (
            {"limits": {"foo": "1"}},
            [
                '.limits[foo]: Invalid value: "foo": must be a standard resource type or fully qualified',
                '.limits[foo]: Invalid value: "foo": must be a standard resource for containers',
            ],
        ),
        ({"limits": {"requests.cpu": "1"}}, [
            '.limits[requests.cpu]: Invalid value: "requests.cpu": must be a standard resource for containers',
        ]),
        ({"limits": {"requests.example.com/gpu": "1"}}, [
            '.limits[requests.example.com/gpu]: Invalid value: "requests.example.com/gpu": doesn\'t follow '
            'extended resource name standard',
        ]),
        ({"limits": {"example.com/gpu": "1"}, "requests": {"example.com/gpu": "1"}}, []),
        ({"limits": {"example.com/gpu": "1"}, "requests": {"example.com/gpu": "2"}}, [
            '.requests: Invalid value: "2": must be equal to example.com/gpu limit of 1',
        ]),
        ({"requests": {"example.com/gpu": "1"}}, [f".limits: Required value: {FIXED}"]),
        ({"limits": {"example.com/gpu": "500m"}}, ['.limits[example.com/gpu]: Invalid value: "500m": must be an integer']),
        ({"requests": {"memory": "-1"}}, ['.requests[memory]: Invalid value: "-1": must be greater than or equal to 0']),
        ({"limits": {"hugepages-2Mi": "4Mi"}}, [": Forbidden: HugePages require cpu or memory"]),
        ({"limits": {"hugepages-2Mi": "3Mi", "cpu": 1}}, [
            '.limits[hugepages-2Mi]: Invalid value: "3Mi": 3Mi is not positive integer multiple of hugepages-2Mi',
        ]),
        ({"limits": {"hugepages-2Mi": "4Mi", "cpu": 1}, "requests": {"hugepages-2Mi": "2Mi"}}, [
            '.requests: Invalid value: "2Mi": must be equal to hugepages-2Mi limit of 4Mi',
        ]),
        ({"claims": [{"name": "gpu"}]}, ['.claims[0]: Not found: "gpu": must be one of the names in pod.spec.resourceClaims which is empty']),
        ({"claims": [{"name": ""}]}, [".claims[0]: Required value"]),
    ],
)  # fmt: skip
def test_resources_of_a_container(resources: Data, expected: list[str]) -> None:
    data = deployment()
    data["spec"]["template"]["spec"]["containers"][0]["resources"] = resources
    found = [text.replace("spec.template.", "", 1) for text in messages(data, "Deployment")]
    assert found == [f"{AT}{text}" for text in expected]


def test_a_pod_requests_what_it_limits() -> None:
    (limit, request) = messages(pod(container={"resources": {"limits": {"cpu": "-1"}}}))
    assert limit.startswith(f"{AT}.limits[cpu]: ")
    assert request.startswith(f"{AT}.requests[cpu]: ")


def test_a_claim_is_used_once() -> None:
    claims = [{"name": "a", "resourceClaimName": "x"}, {"name": "b", "resourceClaimTemplateName": "y"}]
    used = [{"name": "a", "request": "r"}, {"name": "a"}, {"name": "b"}, {"name": "b"}, {"name": "c"}]
    assert messages(pod({"resourceClaims": claims}, {"resources": {"claims": used}})) == [
        f'{AT}.claims[1]: Duplicate value: "a"',
        f'{AT}.claims[3]: Duplicate value: "b"',
        f'{AT}.claims[4]: Not found: "c": must be one of the names in pod.spec.resourceClaims: a, b',
    ]


def test_a_claim_of_a_pod_names_one_source() -> None:
    claims = [{"name": "a"}, {"name": "a", "resourceClaimName": "x"}]
    assert messages(pod({"resourceClaims": claims})) == [
        'spec.resourceClaims[0]: Invalid value: {"Name":"a","ResourceClaimName":null,"ResourceClaimTemplateName":null}: '
        "must specify one of: `resourceClaimName`, `resourceClaimTemplateName`",
        'spec.resourceClaims[1].name: Duplicate value: "a"',
    ]


@pytest.mark.parametrize(
    ("overhead", "expected"),
    [({"cpu": "100m"}, []), ({"cpu": "-1"}, ['.limits[cpu]: Invalid value: "-1": must be greater than or equal to 0'])],
)
def test_overhead(overhead: Data, expected: list[str]) -> None:
    found = messages(deployment({"overhead": overhead}), "Deployment")
    assert found == [f"spec.template.spec.overhead{text}" for text in expected]


@pytest.mark.parametrize(
    ("reference", "expected"),
    [
        ({"resource": "limits.cpu", "divisor": "1m"}, []),
        ({"resource": "limits.cpu", "divisor": "2"}, [
            '.divisor: Invalid value: "limits.cpu": only divisor\'s values 1m and 1 are supported with the cpu resource',
        ]),
        ({"resource": "requests.memory", "divisor": "1024Ki"}, []),
        ({"resource": "requests.hugepages-2Mi", "divisor": "0"}, []),
        ({"resource": "limits.bad"}, [
            '.resource: Unsupported value: "limits.bad": supported values: "limits.cpu", "limits.ephemeral-storage", "limits.memory", '
            '"requests.cpu", "requests.ephemeral-storage", "requests.memory"',
        ]),
    ],
)  # fmt: skip
def test_a_variable_reads_a_resource(reference: Data, expected: list[str]) -> None:
    found = messages(pod(container={"env": [{"name": "A", "valueFrom": {"resourceFieldRef": reference}}]}))
    assert found == [f"spec.containers[0].env[0].valueFrom.resourceFieldRef{text}" for text in expected]


@pytest.mark.parametrize(
    ("path", "expected"),
    [
        ("metadata.name", ""),
        ("spec.host", ""),
        ("metadata.labels['app']", ""),
        ("metadata.annotations['A.B/C']", ""),
        ("${FIELD}", ""),
        ("spec.bad", '.fieldPath: Invalid value: "spec.bad": error converting fieldPath: field label not supported: spec.bad'),
        ("metadata.labels", '.fieldPath: Unsupported value: "metadata.labels": supported values: "metadata.name", '),
        ("metadata.labels['a b']", ': Invalid value: "a b": name part must consist of alphanumeric characters'),
        (
            "status.x['y']",
            ".fieldPath: Invalid value: \"status.x['y']\": error converting fieldPath: field label does not support",
        ),
    ],
)
def test_a_variable_reads_a_field(path: str, expected: str) -> None:
    found = messages(pod(container={"env": [{"name": "A", "valueFrom": {"fieldRef": {"fieldPath": path}}}]}))
    assert len(found) == bool(expected)
    assert "".join(found).startswith(expected and f"spec.containers[0].env[0].valueFrom.fieldRef{expected}")


def test_resources_of_a_pod_are_enough_for_its_containers() -> None:
    each = {"limits": {"memory": "1Gi"}, "requests": {"cpu": "1", "memory": "1Gi"}}
    spec = {"containers": [{"name": name, "image": "i", "resources": each} for name in ("a", "b")]}
    limits = {"cpu": "2", "memory": "2Gi"}
    assert messages(pod({**spec, "resources": {"limits": limits}})) == []
    assert messages(pod({**spec, "resources": {"limits": {**limits, "cpu": "1"}}})) == [
        'spec.resources.requests: Invalid value: "2": must be less than or equal to cpu limit of 1'
    ]
    assert messages(
        deployment({**spec, "resources": {"limits": {"memory": "1Mi"}, "requests": {"cpu": "1"}}}), "Deployment"
    ) == [
        'spec.template.spec.resources.requests[cpu]: Invalid value: "1": must be greater than or equal to aggregate container requests of 2',
        *(
            f'spec.template.spec.resources.containers[{index}][memory].limits: Invalid value: "1Gi": must be less '
            "than or equal to pod limits of 1Mi"
            for index in range(2)
        ),
    ]
    (message,) = messages(pod({"resources": {"limits": {"ephemeral-storage": "1"}}}))
    assert message == (
        'spec.resources.limits[ephemeral-storage]: Unsupported value: "ephemeral-storage": '
        'supported values: "cpu", "hugepages-", "memory"'
    )


def test_what_starts_first_need_not_fit_beside_the_containers() -> None:
    resources = {"requests": {"cpu": "2"}}
    first = {"name": "first", "image": "i", "resources": resources}
    made = pod({"initContainers": [first], "resources": {"requests": {"cpu": "2"}}}, {"resources": {"requests": {"cpu": "1"}}})
    assert messages(made) == []
    made["spec"]["initContainers"][0]["restartPolicy"] = "Always"
    (message,) = messages(made)
    assert message.endswith("must be greater than or equal to aggregate container requests of 3")


@pytest.mark.parametrize(
    ("written", "shown"),
    [("500m", 'value:500, scale:-3} "500m"'), ("1.5", 'value:15, scale:-1} ""'), ("0.0001", 'value:1, scale:-3} ""')],
)
def test_an_amount_is_a_struct_until_1_33(written: str, shown: str) -> None:
    amount, text = shown.split(' "')
    (first, _) = messages(pod(container={"resources": {"limits": {"example.com/gpu": written}}}), minor=33)
    inner = f'i:resource.int64Amount{{{amount}, d:resource.infDecAmount{{Dec:(*inf.Dec)(nil)}}, s:"{text}, Format:"DecimalSI"'
    assert first == f"{AT}.limits[example.com/gpu]: Invalid value: resource.Quantity{{{inner}}}: must be an integer"


@pytest.mark.parametrize(("minor", "shown"), [(33, "foo"), (34, '"foo"')])
def test_the_name_of_a_resource_has_quotes_since_1_34(minor: int, shown: str) -> None:
    first, _ = messages(deployment({"overhead": {"foo": "1"}}), "Deployment", minor=minor)
    assert (
        first
        == f"spec.template.spec.overhead.limits[foo]: Invalid value: {shown}: must be a standard resource type or fully qualified"
    )


@pytest.mark.parametrize(
    ("minor", "shown"),
    [(31, 'core.Toleration{Key:"a", Operator:"Exists", Value:"x", Effect:"", TolerationSeconds:(*int64)(nil)}'), (32, '"x"')],
)
def test_a_toleration_is_shown_whole_until_1_31(minor: int, shown: str) -> None:
    (message,) = messages(pod({"tolerations": [{"key": "a", "operator": "Exists", "value": "x"}]}), minor=minor)
    assert message == f"spec.tolerations[0].operator: Invalid value: {shown}: value must be empty when `operator` is 'Exists'"


@pytest.mark.parametrize(("minor", "expected"), [(31, 3), (32, 1)])
def test_names_of_variables_are_strict_until_1_31(minor: int, expected: int) -> None:
    names = ("A.b-c", "1A", "a b", "a=b")
    found = messages(pod(container={"env": [{"name": name, "value": "x"} for name in names]}), minor=minor)
    assert len(found) == expected
    assert messages(pod(container={"env": [{"name": "..", "value": "x"}]}), minor=31)[0].endswith("must not be '..'")
