"""The schemas themselves, and the walk over them against an independent reading of the same schemas by jsonschema."""

import json
from functools import cache
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from jsonschema import Draft202012Validator

import scclint
from scclint.objects.kinds import WORKLOADS
from scclint.platform.schema import FILES, Shape, Type, shapes
from scclint.validation.fields import walk
from scclint.validation.validate import validate
from tests.conftest import examples

SCHEMAS = Path(__file__).parents[2] / "schemas"
MINORS = range(24, 36)
Data = dict[str, Any]


def definitions() -> Data:
    return {name: schema for file in FILES for name, schema in json.loads((SCHEMAS / file).read_text())["$defs"].items()}


def standalone(schema: Data, minor: int) -> Data | None:
    """The schema of a field in one minor, with null allowed and as strict as the walk; None where the minor lacks the field."""
    branches = [s for s in schema.get("anyOf", [schema]) if s.get("x-since", minor) <= minor <= s.get("x-until", minor)]
    if not branches:
        return None
    (branch,) = branches
    if "$ref" in branch:
        return {"$ref": "#/$defs/" + branch["$ref"].rpartition("/")[2]}
    out = {key: value for key, value in branch.items() if not key.startswith("x-") and key != "required"}
    types = branch["type"] if isinstance(branch["type"], list) else [branch["type"]]
    out["type"] = [*types, "null"]
    if "enum" in branch:
        out["enum"] = [*branch["enum"], "", None]
    if "items" in branch:
        out["items"] = standalone(branch["items"], minor)
    if "properties" in branch:
        fields = {name: standalone(field, minor) for name, field in branch["properties"].items()}
        out["properties"] = {name: field for name, field in fields.items() if field is not None}
        out["additionalProperties"] = False
    elif "additionalProperties" in branch:
        out["additionalProperties"] = standalone(branch["additionalProperties"], minor)
    form = branch.get("format", "")
    bits = {"int32": 32, "int64": 64, "int-or-string": 32}.get(form)
    if bits:
        out.setdefault("minimum", -(2 ** (bits - 1)))
        out.setdefault("maximum", 2 ** (bits - 1) - 1)
    if form == "quantity":
        out["pattern"] = r"^\s*[+-]?(\d+\.?\d*|\.\d+)([numkMGTPE]|[KMGTPE]i|[eE][+-]?\d+)?\s*$"
    if form == "date-time":
        out["pattern"] = r"^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?(Z|[+-]\d\d:\d\d)$"
    return out


@cache
def validator(name: str, minor: int) -> Draft202012Validator:
    defs = {key: standalone(schema, minor) for key, schema in definitions().items()}
    return Draft202012Validator({"$ref": f"#/$defs/{name}", "$defs": defs})


def refused_paths(name: str, minor: int, data: Data) -> set[tuple[str | int, ...]]:
    """Where jsonschema sees a mistake. A key nobody knows is a mistake at the key, as in the walk."""
    found: set[tuple[str | int, ...]] = set()
    for error in validator(name, minor).iter_errors(data):
        path = tuple(error.absolute_path)
        if error.validator == "additionalProperties":
            assert isinstance(error.instance, dict) and isinstance(error.schema, dict)
            found |= {(*path, key) for key in error.instance if key not in error.schema["properties"]}
        # The API server reads a zero in these fields as unset.
        elif error.validator != "minimum" or error.instance != 0 or path[-1] not in ("containerPort", "hostPort"):
            found.add(path)
    return found


JUNK = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(-(2**70), 2**70),
    st.sampled_from(
        [0, 1, 511, 512, 70000, 2**31 - 1, 2**31, 2**63, 1.0, 0.5, "", "Always", "1Gi", "x", [], {}, [None], {"x": None}]
    ),
)
GOOD: dict[Type, st.SearchStrategy[Any]] = {
    Type.STRING: st.sampled_from(["x", ""]),
    Type.BOOLEAN: st.booleans(),
    Type.INTEGER: st.integers(0, 100),
    Type.INT_OR_STRING: st.sampled_from([80, "http"]),
    Type.QUANTITY: st.sampled_from([1, 0.5, "100m", "1Gi", "2e3"]),
    Type.TIME: st.sampled_from(["2006-01-02T15:04:05Z", "2006-01-02T15:04:05.1+02:00", "2006-01-02"]),
    Type.ANY_OBJECT: st.just({"any": {"thing": 1}}),
}


@st.composite
def values(draw: st.DrawFn, shape: Shape, depth: int) -> Any:
    """Mostly what the shape allows, sometimes not."""
    if draw(st.integers(0, 7)) == 0:
        return draw(JUNK)
    if shape.enum:
        return draw(st.sampled_from(shape.enum))
    if shape.type is Type.OBJECT:
        return draw(objects(shape, depth)) if depth else {}
    if shape.type is Type.ARRAY:
        return draw(st.lists(values(shape.item, depth - 1), max_size=2)) if shape.item and depth else []
    if shape.type is Type.MAP:
        return (
            draw(st.dictionaries(st.sampled_from(["a", "b/c"]), values(shape.item, depth - 1))) if shape.item and depth else {}
        )
    return draw(GOOD[shape.type])


@st.composite
def objects(draw: st.DrawFn, shape: Shape, depth: int = 4) -> Data:
    keys = draw(st.lists(st.sampled_from(sorted(shape.fields)), max_size=4, unique=True)) if shape.fields else []
    data = {key: draw(values(shape.fields[key], depth - 1)) for key in keys}
    return data | draw(st.sampled_from([{}, {}, {}, {"no such field": 1}]))


def test_zero_is_no_port_of_a_probe() -> None:
    book = shapes(24)
    assert [problem.path for problem in walk({"port": 0}, book.definition("GRPCAction"), book, "GRPCAction")] == [("port",)]


@examples(300)
@given(st.data(), st.sampled_from(sorted(definitions())), st.sampled_from(MINORS))
def test_the_walk_agrees_with_jsonschema(data: st.DataObject, name: str, minor: int) -> None:
    book = shapes(minor)
    shape = book.definition(name)
    drawn = data.draw(objects(shape))
    problems = [problem for problem in walk(drawn, shape, book, name) if problem.code != "required"]
    assert {problem.path for problem in problems} == refused_paths(name, minor, drawn)
    assert len({(problem.path, problem.code) for problem in problems}) == len(problems)


@pytest.mark.parametrize("file", FILES)
def test_the_files_are_json_schemas(file: str) -> None:
    schema = json.loads((SCHEMAS / file).read_text())
    Draft202012Validator.check_schema(schema)
    assert set(schema["x-kinds"].values()) <= {f"#/$defs/{name}" for name in schema["$defs"]}


def test_definitions_have_one_name_each_and_all_references_lead_somewhere() -> None:
    names = [name for file in FILES for name in json.loads((SCHEMAS / file).read_text())["$defs"]]
    assert len(names) == len(set(names))
    for minor in MINORS:
        book = shapes(minor)
        for name in names:
            shape = book.definition(name)
            assert set(shape.required) <= set(shape.fields) or not shape.fields, (minor, name)


def test_every_workload_kind_has_a_schema() -> None:
    versions = {"": "v1", "apps": "apps/v1", "batch": "batch/v1", "apps.openshift.io": "apps.openshift.io/v1"}
    checked = 0
    for kind, row in WORKLOADS.items():
        for group in row.groups:
            if group in versions and (group, kind) != ("", "DeploymentConfig"):
                assert shapes(33).kind(versions[group], kind) is not None, (group, kind)
                checked += 1
    assert checked >= 10


@pytest.mark.parametrize(
    ("definition", "field", "first"),
    [
        ("PodSpec", "hostUsers", 25),
        ("Container", "resizePolicy", 27),
        ("Container", "restartPolicy", 28),
        ("SecurityContext", "appArmorProfile", 30),
        ("Volume", "image", 31),
        ("PodSecurityContext", "supplementalGroupsPolicy", 31),
        ("PodSecurityContext", "seLinuxChangePolicy", 32),
        ("PodSpec", "hostnameOverride", 34),
        ("PodSpec", "workloadRef", 35),
    ],
)
def test_fields_appear_when_kubernetes_got_them(definition: str, field: str, first: int) -> None:
    having = [minor for minor in MINORS if field in shapes(minor).definition(definition).fields]
    assert having == list(range(first, 36))


def test_a_field_whose_type_changed_has_the_type_of_its_minor() -> None:
    claims = {
        "spec": {"volumes": [{"name": "v", "ephemeral": {"volumeClaimTemplate": {"spec": {"resources": {"claims": []}}}}}]}
    }
    paths = [[p.path[-1] for p in validate(claims, "v1", "Pod", minor) if p.code == "unknown"] for minor in (25, 28, 29)]
    assert paths == [["claims"], [], ["claims"]]


@pytest.mark.parametrize(("field", "bits"), [("priority", 32), ("terminationGracePeriodSeconds", 64)])
def test_integers_end_where_their_bits_end(field: str, bits: int) -> None:
    def fits(value: int) -> bool:
        spec = f"{{{field}: {value}, containers: [{{name: web, image: web}}]}}"
        found = scclint.lint_text(f"apiVersion: v1\nkind: Pod\nmetadata: {{name: web, namespace: shop}}\nspec: {spec}\n")
        return not any(finding.rule_id == "MAN002" for finding in found.findings)

    largest, smallest = 2 ** (bits - 1) - 1, -(2 ** (bits - 1))
    assert [fits(value) for value in (largest, largest + 1, smallest, smallest - 1)] == [True, False, True, False]
