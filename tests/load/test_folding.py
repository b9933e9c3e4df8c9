from hypothesis import given
from hypothesis import strategies as st

from scclint.load import load_text
from scclint.load.document import Document
from scclint.load.folding import TREE, Facts, Tree, Trees, is_faithful
from scclint.yaml.locate import locate
from scclint.yaml.nodes import MappingNode, to_data

TEXT = """# c
kind: Pod
apiVersion: v1
spec:
  a: 1
  b: [x, {y: z}]
"""


class Known:
    """A cache in memory."""

    def __init__(self) -> None:
        self.entries: dict[str, tuple[Facts, str]] = {}

    def get(self, text: str) -> tuple[Facts, str] | None:
        return self.entries.get(text)

    def put(self, text: str, facts: Facts, data: str) -> None:
        self.entries[text] = facts, data

    def save(self) -> None:
        pass


def load(text: str, trees: Trees | None) -> list[Document]:
    return load_text("f.yaml", text, frozenset({"Pod"}), trees=trees)


def regions(document: Document) -> list[object]:
    root = document.root
    assert root is not None
    paths: list[tuple[str | int, ...]] = [
        (),
        ("kind",),
        ("spec",),
        ("spec", "a"),
        ("spec", "b", 1),
        ("spec", "b", 1, "y"),
        ("no",),
    ]
    return [root.span, *(locate(root, path) for path in paths)]


def test_a_folded_tree_is_like_any_other() -> None:
    (plain,) = load(TEXT, None)
    (document,) = load(TEXT, Trees(pays_from=0))
    tree = document.root
    assert isinstance(tree, Tree) and isinstance(plain.root, MappingNode)
    for _ in range(2):
        assert regions(document) == regions(plain)
        assert list(to_data(tree)) == list(to_data(plain.root)) and to_data(tree) == to_data(plain.root)
        assert len(tree) == 3 and "spec" in tree and tree.duplicates == ()
        tree.fold()
    assert to_data(tree) == to_data(plain.root) and to_data(tree)["spec"] is not to_data(tree)["spec"]


def test_only_the_latest_stay_open() -> None:
    trees = Trees(most_open=2 * TREE * 20, pays_from=0)
    documents = load("---\n".join([TEXT] * 5), trees)
    assert [_is_open(document) for document in documents] == [False, False, False, True, True]
    regions(documents[0])
    assert [_is_open(document) for document in documents] == [True, False, False, False, True]


def _is_open(document: Document) -> bool:
    try:
        object.__getattribute__(document.root, "_index")
    except AttributeError:
        return False
    return True


def test_few_characters_are_not_kept() -> None:
    (document,) = load(TEXT, Trees())
    assert not isinstance(document.root, Tree)


def test_what_a_cache_knows_is_not_parsed() -> None:
    known = Known()
    (first,) = load(TEXT, Trees(lambda: known, pays_from=0))  # type: ignore[arg-type, return-value]
    (moved,) = load("---\n---\n" + TEXT, Trees(lambda: known, pays_from=0))[-1:]  # type: ignore[arg-type, return-value]
    (again,) = load(TEXT, Trees(lambda: known, pays_from=0))  # type: ignore[arg-type, return-value]
    assert (again.kind, again.api_version, again.status, again.line) == ("Pod", "v1", "parsed", 1)
    assert not _is_open(again) and to_data(again.root) == to_data(first.root) and not _is_open(again)
    assert again.root is not None and first.root is not None and again.root.span == first.root.span
    assert regions(again) == regions(first) and moved.kind == "Pod"


def test_what_is_broken_or_several_is_no_tree() -> None:
    trees = Trees(pays_from=0)
    broken, good = load("kind: Pod\na: b: c\n---\nkind: Pod\n", trees)
    assert broken.status == "unparsable" and broken.error is not None and isinstance(good.root, Tree)
    several = load('{"kind": "Pod"}\n{"kind": "Pod"}\n', trees)
    assert len(several) == 2 and not any(isinstance(document.root, Tree) for document in several)
    assert not isinstance(load("a: 1\n", trees)[0].root, Tree)


def test_faithful() -> None:
    def faithful(text: str) -> bool:
        return load_text("f.yaml", text, frozenset(), trees=Trees(pays_from=0))[0].faithful

    assert faithful("kind: Pod\na: {b: [1, true, null, ~, -5, x, '0777', \"yes\"]}\n")
    for text in (
        "a: 0777",
        "a: yes",
        "a: [1.0]",
        "a: {b: 1e3}",
        "a: 1\na: 2",
        "b: {a: 1, a: 1}",
        "a: True",
        "a: 0x1F",
        "a: +1",
    ):
        assert not faithful(f"kind: Pod\n{text}\n"), text
    assert not load(TEXT, None)[0].faithful, "not known is not faithful"


VALUES = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**63), 2**63) | st.text(st.characters(codec="utf-8"), max_size=8),
    lambda below: st.lists(below, max_size=3) | st.dictionaries(st.text("abc", min_size=1, max_size=3), below, max_size=3),
    max_leaves=12,
)


@given(st.dictionaries(st.text("abcd", min_size=1, max_size=3), VALUES, max_size=4))
def test_folding_changes_no_data(data: dict[str, object]) -> None:
    import json

    text = json.dumps({"kind": "Pod", **data})
    (document,) = load_text("f.json", text, frozenset({"Pod"}), trees=Trees(pays_from=0))
    tree = document.root
    assert isinstance(tree, Tree) and is_faithful(tree)
    open_data = to_data(tree)
    tree.fold()
    assert to_data(tree) == open_data == {"kind": "Pod", **data}
