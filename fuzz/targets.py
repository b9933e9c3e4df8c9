"""What is fuzzed: each target takes any bytes, and raises only where scclint breaks a promise.

A target lets through what scclint raises on purpose and nothing else, and then checks what must hold of the result. Inputs
that once broke a target are kept below tests/fuzz_regressions/ and are run with the tests.
"""

import io
import json
import sys
from collections.abc import Callable
from functools import cache

from scclint.config.model import Config
from scclint.errors import LoadError, ScclintError
from scclint.finding import Finding, Notice, Related, Severity, Subject
from scclint.objects.documents.document import Document
from scclint.registry import Registry
from scclint.run.report import Report
from scclint.source import Span
from scclint.yaml.nodes import MappingNode, Node, ScalarNode, SequenceNode


def load(data: bytes) -> None:
    """Bytes to documents: nothing is lost, and every node lies within the text."""
    from scclint.files import decode
    from scclint.objects.documents import load_text
    from scclint.objects.kinds import SUBJECT_KINDS

    try:
        text = decode(data, "f.yaml")
    except LoadError as error:
        assert error.line >= 1 and error.column >= 1
        return
    last = text.count("\n") + 1
    everything = load_text("f.yaml", text, frozenset())
    for document in everything:
        assert 1 <= document.line <= last
        if document.error is not None:
            assert 1 <= document.error.line <= last, document.error
        for comment in document.comments():
            assert comment.text.startswith("#")
            assert 1 <= comment.line <= last
        if document.status == "parsed" and document.root is not None:
            _check_places(document.root, last)
    filtered = load_text("f.yaml", text, SUBJECT_KINDS)
    assert _subjects(filtered) == _subjects(everything)


def _subjects(documents: list[Document]) -> list[tuple[int, str, str]]:
    """The objects that matter, in order: the quick filter may leave out none."""
    from scclint.objects.expand.item import items_of
    from scclint.objects.kinds import SUBJECT_KINDS
    from scclint.yaml.nodes import node_at

    items = [item for document in documents for item in items_of(document) if str(item.data["kind"]) in SUBJECT_KINDS]
    return [(node_at(item.root, item.path).line, str(item.data["kind"]), str(item.path)) for item in items]


def _check_places(root: Node, last: int) -> None:
    seen: set[int] = set()
    nodes = [root]
    while nodes:
        node = nodes.pop()
        if id(node) in seen:
            continue
        seen.add(id(node))
        assert 1 <= node.line <= node.end_line <= last, node
        assert node.column >= 1 and node.end_column >= 1, node
        if isinstance(node, MappingNode):
            for entry in node.entries:
                assert isinstance(entry.key.value, str)
                assert entry.span.line >= 1
                nodes += (entry.key, entry.value)
        elif isinstance(node, SequenceNode):
            nodes += node.items
        else:
            assert isinstance(node, ScalarNode)


def lint(data: bytes) -> None:
    """A manifest through every command and format: no rule fails, and nothing that does not print is shown."""
    from scclint import lint_text
    from scclint.files import decode
    from scclint.report import FORMATS, Options, render

    try:
        text = decode(data, "f.yaml")
    except LoadError:
        return
    report = lint_text(text, "f.yaml", _config())
    assert not report.crashes, report.crashes
    last = text.count("\n") + 1
    for finding in report.findings:
        assert 1 <= finding.span.line <= last, finding
    for name in FORMATS:
        _check_shown(render(report, name, Options()))
    for command in (
        ["review", "-"],
        ["review", "-", "--format", "json"],
        ["explain", "-"],
        ["explain", "-", "--format", "json"],
    ):
        _check_shown(_printed([*command, "--isolated"], data))


def _check_shown(text: str) -> None:
    strange = [c for c in text if not c.isprintable() and c not in "\n\u3000"]
    assert not strange, (strange, text)


def _printed(argv: list[str], stdin: bytes) -> str:
    """What a command prints on both streams, where it did not fail."""
    from contextlib import redirect_stderr, redirect_stdout

    from scclint.cli import main

    streams = io.StringIO()
    before = sys.stdin
    sys.stdin = io.TextIOWrapper(io.BytesIO(stdin))
    try:
        with redirect_stdout(streams), redirect_stderr(streams):
            status = main(argv)
    finally:
        sys.stdin = before
    assert status in (0, 1, 2, 4), streams.getvalue()
    return streams.getvalue()


def profile(data: bytes) -> None:
    """A seccomp profile: each problem has words and, where it has a place, one in the text."""
    from scclint.files import decode
    from scclint.profiles.lint import Target, lint_profile
    from scclint.yaml.json import parse_json

    try:
        text = decode(data, "p.json")
        root = parse_json(text, "p.json")
    except LoadError:
        return
    last = text.count("\n") + 1
    for problem in lint_profile(root, Target(arches=("amd64", "arm64", "s390x"))):
        assert problem.message
        assert problem.span is None or 1 <= problem.span.line <= last


def configuration(data: bytes) -> None:
    """A configuration file in each of its three languages, to settings that can be shown."""
    from scclint.config.build import build_config
    from scclint.config.raw import parse_config
    from scclint.config.show import render
    from scclint.files import decode

    try:
        text = decode(data, "c")
    except LoadError:
        return
    for name in (".scclint.yaml", "scclint.json"):
        try:
            render(build_config(parse_config(text, name), _registry().rules, {}))
        except ScclintError as error:
            assert str(error)


def evidence(data: bytes) -> None:
    """Captures from nodes, one or (with a NUL between) several, compared with a prediction."""
    from scclint.apps.evidence.captures import read_evidence
    from scclint.apps.evidence.report import verify_json, verify_text
    from scclint.apps.evidence.verify import verify
    from tests.apps.evidence.predicted import prediction

    files = []
    for number, part in enumerate(data.split(b"\0")[:4]):
        name = ("demo_web-6d4cf56db6-x8x2p_app.json", "0123456789abcdef.json", "x.status", "pod.yaml")[number]
        files.append((name, part.decode("utf-8", "replace")))
    try:
        observations = read_evidence(files)
    except ScclintError:
        return
    found = verify([prediction("RuntimeDefault", 2, "", "SCC default")], observations, "")
    verify_text(found)
    json.loads(verify_json(found))


def sarif(data: bytes) -> None:
    """Arbitrary text in every field of a finding: SARIF stays JSON in ASCII with no links but ours."""
    from scclint.report import Options, render

    words = [*data.decode("utf-8", "surrogateescape").split("\0"), *[""] * 8][:8]
    message, file, name, help, related, category, text, key = words
    span = Span(file, len(data) % 5, len(message) % 7, len(data) % 3, len(help) % 7)
    finding = Finding(
        "SCC101",
        "no-scc-admits",
        "problem",
        tuple(Severity)[len(data) % 2],
        message,
        span,
        Subject("v1", "Pod", help, name, key),
        (key, 1),
        (Related(related, span), Related(message, Span("", 0, 0, 0, 0))),
        help,
        (Related(text, span),),
    )
    report = Report((finding,), notices=(Notice("note", message, file, 1),), platform=name, texts={file: text})
    written = render(report, "sarif", Options(sarif_category=category))
    assert written.isascii()
    (run,) = json.loads(written)["runs"]
    (result,) = run["results"]
    assert result["locations"][0]["physicalLocation"]["region"]["startLine"] >= 1
    for step in result.get("codeFlows", ()):
        assert "](" not in step["threadFlows"][0]["locations"][0]["location"]["message"]["text"]
    for location in result.get("relatedLocations", ()):
        assert "](" not in location["message"]["text"]


TARGETS: dict[str, Callable[[bytes], None]] = {
    "load": load,
    "lint": lint,
    "profile": profile,
    "configuration": configuration,
    "evidence": evidence,
    "sarif": sarif,
}


@cache
def _registry() -> Registry:
    from scclint.registry import builtin

    return builtin()


@cache
def _config() -> Config:
    """Every rule on, for the oldest and the newest release."""
    from scclint.config import build_config

    return build_config(None, _registry().rules, {"select": ["ALL"], "openshift": ["4.11", "4.22"]})
