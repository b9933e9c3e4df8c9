"""No disguise may keep a document of a subject kind from being parsed."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from scclint.objects.documents import load_text
from scclint.objects.documents.sniff import HOLDERS, other_kind
from scclint.objects.expand.item import items_of
from scclint.yaml.split import Chunk
from tests.conftest import examples

KINDS = frozenset({"Pod", "Deployment"})


@pytest.mark.parametrize(
    ("text", "answer"),
    [
        ("kind: ConfigMap\n", ("ConfigMap", "")),
        ("apiVersion: v1 # x\nkind: ConfigMap # y\ndata:\n  kind: Pod\n", ("ConfigMap", "v1")),
        ("# c\n---\n# d\napiVersion: apps/v1\r\nkind: Foo\r\nrules:\r\n- a\r\n", ("Foo", "apps/v1")),
        ("kind: Foo", ("Foo", "")),
        ("metadata: {}\nkind: Foo\n\n  \n# kind: Pod\n", ("Foo", "")),
        ('{"a": "\\n"}', ("", "")),
    ],
)
def test_other(text: str, answer: tuple[str, str]) -> None:
    assert other_kind(Chunk(text, 1), KINDS) == answer


@pytest.mark.parametrize(
    "text",
    [
        "kind: Pod\n",
        "kind: List\n",
        "kind: PodList\n",
        "a: 1\n",
        "",
        "kind:\n  ConfigMap\n",
        "kind: 'ConfigMap'\n",
        "kind: !!str ConfigMap\n",
        "kind: ConfigMap\nitems: []\n",
        "items: []\nkind: ConfigMap\n",
        "kind: ConfigMap\nkind: Pod\n",
        'kind: ConfigMap\n"kind": Pod\n',
        'kind: ConfigMap\n"k\\x69nd": Pod\n',
        "kind: ConfigMap\n? kind\n: Pod\n",
        "kind: ConfigMap\nkind : Pod\n",
        "kind: ConfigMap\n&a kind: Pod\n",
        "kind: ConfigMap\n!!str kind: Pod\n",
        "kind: ConfigMap\n<<: {kind: Pod}\n",
        "kind: ConfigMap\n# c\u2028kind: Pod\n",
        "kind: ConfigMap\n# c\rkind: Pod\n",
        "kind: ConfigMap\na: \x85kind: Pod\n",
        "kind: ConfigMap\nkind:\tPod\n",
        "kind: &a ConfigMap\n",
        '  a: "\nkind: ConfigMap\n"\n  kind: Pod\n',
        "--- kind: ConfigMap\n",
        "--- {kind: Pod}\nkind: ConfigMap\n",
        "{kind: Pod}\n",
        '{"k\\u0069nd": "Pod"}',
        '{"ki\\\nnd": "Pod"}',
        "%YAML 1.1\n---\nkind: ConfigMap\n",
        "kind: ConfigMap\n--- \nkind: Pod\n",
        "kind: ConfigMap\n...\nkind: Pod\n",
        "\ufeffkind: ConfigMap\n",
        "kind: ConfigMap # c\u2029kind: Pod\n",
        "'a': 1\nkind: ConfigMap\n",
        "kind: ConfigMap\n*a : Pod\n",
        "- kind: ConfigMap\n",
        "kind: |\n  Pod\n",
        '{"defaultAction": "SCMP_ACT_ERRNO"}',
        '// c\n{"kind": "Pod"}',
        "{!!binary a2luZA==: Pod}",
        "// c\n!!binary a2luZA==: Pod\n",
        '// c\n"k\\x69nd": Pod\n',
        '{"syscalls": [{"action": "SCMP_ACT_ALLOW"}]}',
        "kind: >-\n  Pod\nkind: ConfigMap\n",
    ],
)
def test_parsed(text: str) -> None:
    assert other_kind(Chunk(text, 1), KINDS) is None


@pytest.mark.parametrize(
    "text", ['// see containers.dev\n{"name": "x" /* y */}\n', '/* c */ {"a": 1}', '{"a": "!b"}', '{"a": 1}']
)
def test_json_without_a_kind(text: str) -> None:
    """With comments, as editors' settings have them, too."""
    assert other_kind(Chunk(text, 1), KINDS) == ("", "")


@pytest.mark.parametrize(
    ("text", "held"),
    [
        ("kind: Foo\nspec:\n  containers:\n  - image: a\n", True),
        ("kind: Foo\nspec:\n  jobContainer:\n    image: a\n", True),
        ("kind: Foo\nspec: {initContainers: [{image: a}]}\n", True),
        ("kind: Foo\nspec: {'containers' : [{\"image\": a}]}\n", True),
        ("kind: Foo\nspec:\n  steps:\n  - image: a\n", True),
        ("kind: Foo\nspec:\n- script:\n    image: a\n", True),
        ("kind: Foo\nspec:\n  containers: 3\n", False),
        ("kind: Foo\nspec:\n  securityContext: {}\n", True),
        ("kind: Foo\nspec: {podSecurityContext: {}}\n", True),
        ("kind: Foo\nspec: {a: securityContext}\n", False),
        ("kind: Foo\nrules:\n- record: pod_container:image_pulls:sum\n", False),
        ("kind: Foo\nspec:\n  image: containers\n", False),
        ("kind: CustomResourceDefinition\nspec:\n  containers:\n  - image: a\n", False),
        ("kind: ConfigMap\ndata:\n  pod: |\n    containers:\n    - image: a\n", False),
    ],
)
def test_what_may_hold_containers_is_parsed_when_asked_for(text: str, held: bool) -> None:
    assert (other_kind(Chunk(text, 1), KINDS | {HOLDERS}) is None) == held
    assert other_kind(Chunk(text, 1), KINDS) is not None


LINES = st.sampled_from(
    [
        "kind: ConfigMap",
        "kind: Pod",
        "kind: Foo # kind: Pod",
        "kind:",
        "  Pod",
        "kind : Pod",
        '"kind": Pod',
        "'kind': Pod",
        '"k\\x69nd": Pod',
        "? kind",
        ": Pod",
        "<<: {kind: Pod}",
        "<<: *a",
        "a: &a {kind: Pod}",
        "&b kind: Pod",
        "!!str kind: Pod",
        "kind: &k Pod",
        "kind: !!str Pod",
        'kind: "Pod"',
        "kind: |-",
        "kind: >-",
        "a: |",
        "  kind: Pod",
        '"',
        'a: "',
        "b: 1",
        "a: [",
        "]",
        "{",
        "}",
        "kind: Pod,",
        "- kind: Pod",
        "- a",
        "---",
        "--- # c",
        "...",
        "%YAML 1.1",
        "# c",
        "# c\u2028kind: Pod",
        "# c\rkind: Pod",
        "x: y\x85kind: Pod",
        "x: y\u2029kind: Pod",
        "kind:\tPod",
        "\tkind: Pod",
        "\ufeffkind: Pod",
        "items:",
        "- {kind: Pod}",
        "items: [{kind: Pod}]",
        "kind: List",
        "kind: FooList",
        '{"kind": "Pod"}',
        '{"k\\u0069nd": "Pod"}',
        "--- {kind: Pod}",
        "--- kind: Pod",
        "a:",
        "",
        "  ",
        "kind: Config\\",
        "kind: ConfigMap\u2028",
        "kind: *k",
        "c: &k Pod",
        "*c : Pod",
        "d: &c kind",
        "---apiVersion: v1",
        "'",
        "a: '",
        "kind: 'Po",
        "  d'",
    ]
)


@examples(1500)
@given(st.lists(LINES, min_size=1, max_size=6), st.sampled_from(["\n", "\r\n"]))
def test_filter_hides_nothing(lines: list[str], newline: str) -> None:
    text = newline.join(lines) + newline
    assert seen(text, KINDS) == seen(text, frozenset())


def seen(text: str, kinds: frozenset[str]) -> list[tuple[int, str]]:
    """The subjects found, with or without the filter."""
    found = [
        (document.line, str(item.data["kind"])) for document in load_text("f.yaml", text, kinds) for item in items_of(document)
    ]
    return [(line, kind) for line, kind in found if kind in KINDS]


def test_skipped_documents_are_counted_with_their_kind() -> None:
    documents = load_text("f.yaml", "kind: ConfigMap\napiVersion: v1\n---\nkind: Pod\n", KINDS)
    assert [(d.status, d.kind, d.api_version, d.line, d.index) for d in documents] == [
        ("other", "ConfigMap", "v1", 1, 0),
        ("parsed", "Pod", "", 3, 1),
    ]
