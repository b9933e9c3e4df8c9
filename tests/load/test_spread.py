from pathlib import Path

import pytest

from scclint.config.model import Config
from scclint.engine.inputs import load_inputs
from scclint.files.discover import SourceFile
from scclint.load.document import Document
from scclint.load.folding import Tree, Trees
from scclint.load.spread import PAYS_FROM, is_large, load_spread
from scclint.yaml.locate import locate
from scclint.yaml.nodes import to_data


def is_other(document: Document) -> bool:
    return document.status == "other"


def files(folder: Path) -> list[SourceFile]:
    texts = {
        "a.yaml": "kind: Pod\nspec: {a: 1}\n---\nkind: ConfigMap\n---\n# c\n",
        "b.yaml": "kind: Pod\nx: [\n---\nkind: Pod\n",
        "c.json": '{"kind": "Pod"}\n{"kind": "Pod"}\n',
        "d.yaml": "a: 1\n",
    }
    for name, text in texts.items():
        (folder / name).write_text(text, encoding="utf-8")
    (folder / "e.yaml").write_bytes(b"kind: \xff\n")
    return [SourceFile(str(folder / name), name) for name in [*texts, "e.yaml", "gone.yaml"]]


def test_processes_find_what_one_finds(tmp_path: Path) -> None:
    from scclint.errors import LoadError
    from scclint.files.read import read
    from scclint.load import load_file

    items = files(tmp_path)
    results = list(load_spread(items, frozenset({"Pod"}), 2, Trees(), is_other))
    assert [loaded.item for loaded in results] == items
    for loaded in results:
        try:
            text = read(loaded.item.path, loaded.item.display)
            expected = list(load_file(loaded.item.display, text, frozenset({"Pod"})))
        except LoadError as error:
            assert loaded.error is not None and str(loaded.error) == str(error) and loaded.error.line == error.line
            continue
        assert [described(d) for d in loaded.documents] == [described(d) for d in expected if not is_other(d)]
        assert loaded.passed == ((("ConfigMap", 1),) if any(map(is_other, expected)) else ())
    (pod, *_) = results[0].documents
    assert isinstance(pod.root, Tree) and locate(pod.root, ("spec", "a"))[0][1:3] == (2, 8)


def test_what_is_nested_too_deep_to_be_sent_is_left_for_this_process(tmp_path: Path) -> None:
    """Nothing else is lost for it, and the whole run reads it as one process would."""
    deep = "x: " + "{a: " * 190 + "1" + "}" * 190 + "\n"
    (tmp_path / "a.yaml").write_text(deep, encoding="utf-8")
    (tmp_path / "b.yaml").write_text("kind: Pod\n", encoding="utf-8")
    items = [SourceFile(str(tmp_path / name), name) for name in ("a.yaml", "b.yaml")]
    first, second = load_spread(items, frozenset({"Pod"}), 2, Trees(), is_other)
    assert first.left and not first.documents
    assert not second.left and len(second.documents) == 1


def test_a_run_in_two_processes_reads_what_is_nested_deep(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("scclint.load.spread.PAYS_FROM", 1)
    (tmp_path / "a.yaml").write_text("x: " + "{a: " * 190 + "1" + "}" * 190 + "\n", encoding="utf-8")
    inputs = [load_inputs([str(tmp_path)], Config(), jobs=jobs) for jobs in (1, 2)]
    for read in inputs:
        assert not read.crashes and [document.status for document in read.targets] == ["parsed"]


def described(document: Document) -> tuple[object, ...]:
    error = document.error
    return (
        *(document.file, document.index, document.line, document.text, document.status, document.kind, document.api_version),
        None if error is None else (str(error), error.line, error.column),
        to_data(document.root),
    )


def test_large(tmp_path: Path) -> None:
    small = tmp_path / "small.yaml"
    small.touch()
    large = tmp_path / "large.yaml"
    with large.open("wb") as file:
        file.truncate(PAYS_FROM)
    gone = SourceFile(str(tmp_path / "gone"), "gone")
    assert not is_large([SourceFile(str(small), ""), gone])
    assert is_large([gone, SourceFile(str(small), ""), SourceFile(str(large), "")])
