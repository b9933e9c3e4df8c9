"""What an editor offers to do about a problem or a workload: a proved fix, a suppression, or to require the SCC that admits the pod."""

import os
from collections.abc import Callable, Iterable, Iterator, Sequence
from copy import deepcopy

from scclint.apps.lsp.project import WorkloadInFile, document_at
from scclint.finding import Finding, Fix, Set, TextEdit
from scclint.objects.documents import load_text
from scclint.objects.documents.document import Document
from scclint.outcome.chain import Outcome
from scclint.outcome.world import World
from scclint.platform.terms import REQUIRED_SCC
from scclint.record import record
from scclint.remedy.apply import text_edits
from scclint.suppress.syntax import comment_ignores
from scclint.text import counted
from scclint.yaml.edit import EditRefused, changed_data, edit
from scclint.yaml.nodes import to_data

MAX_TITLE = 60
"""Characters of a title that menus of editors show whole."""


@record
class Action:
    """A change of files. `findings` are those that it resolves; it is `preferred` if all pods stay the same after admission."""

    title: str
    edits: tuple[TextEdit, ...]
    findings: tuple[Finding, ...] = ()
    preferred: bool = False


def fixes(findings: Iterable[Finding], text_of: Callable[[str], str]) -> Iterator[Action]:
    """Yield each proved fix of the findings. Changes of SCCs, roles and namespaces are advice, which an editor does not apply.

    `text_of` returns the text of a file in the editor.
    """
    resolved: dict[Fix, list[Finding]] = {}
    for finding in findings:
        if finding.fix is not None and finding.fix.safety != "advice":
            resolved.setdefault(finding.fix, []).append(finding)
    for fix, about in resolved.items():
        yield Action(_title(fix, about[0].span.file, text_of), fix.edits, tuple(about), preferred=fix.safety == "safe")


def _title(fix: Fix, file: str, text_of: Callable[[str], str]) -> str:
    """What a fix does, as short as a menu needs it: what it has to say, or else the first line that it changes. The problem says the rest."""
    whole = fix.title.rstrip(".")
    if len(whole) <= MAX_TITLE:
        return whole
    changed = [(edit.file, *change) for edit in fix.edits for change in _changed_lines(edit, text_of(edit.file))]
    if not changed:
        return _shortened(whole, MAX_TITLE)
    (place, verb, line), *more = changed
    end = f" and {counted(len(more), 'more line')}" if more else ""
    end += f" in {os.path.basename(place)}" if place != file else ""
    return f"{verb} {_shortened(line, MAX_TITLE - len(verb) - 1 - len(end))}{end}"


def _shortened(text: str, most: int) -> str:
    return text if len(text) <= most else f"{text[: most - 1]}…"


def _changed_lines(edit: TextEdit, text: str) -> list[tuple[str, str]]:
    """Return what an edit writes, each line with a verb, or what it removes if it writes nothing."""
    old = [line.strip() for line in text.split("\n")[edit.line - 1 : edit.end_line - 1]]
    new = [line.strip() for line in edit.text.splitlines()]
    written = [("Write", line) for line in new if line not in old]
    return written or [("Remove", line) for line in old if line not in new]


def suppression(finding: Finding, text: str, documents: Sequence[Document]) -> Iterator[Action]:
    """Yield the comment that suppresses a finding, above its line, if the document takes a comment there."""
    at = finding.span.line
    lines = text.split("\n")
    document = document_at(documents, at)
    if document is None or at > len(lines):
        return
    line = lines[at - 1]
    indent, end = line[: len(line) - len(line.lstrip())], "\r" if line.endswith("\r") else ""
    comment = f"{indent}# scclint: ignore[{finding.rule_id}] give the reason here{end}"
    if _is_suppressed(finding, document, "\n".join([*lines[: at - 1], comment, *lines[at - 1 :]])):
        title = f"Suppress {finding.rule_id} ({finding.rule_name}) with a comment"
        yield Action(_shortened(title, MAX_TITLE), (TextEdit(finding.span.file, at, at, f"{comment}\n"),), (finding,))


def _is_suppressed(finding: Finding, document: Document, edited: str) -> bool:
    """Whether the edited text has the same data, and a suppression that covers the line of the finding."""
    documents = load_text(document.file, edited, frozenset())
    if document.file.endswith(".json") or len(documents) <= document.index:
        return False
    new = documents[document.index]
    if new.root is None or to_data(new.root) != to_data(document.root):
        return False
    line = finding.span.line
    ignores = [ignore for ignore in comment_ignores(new) if ignore.span.line == line and ignore.rules == (finding.rule_id,)]
    return any(ignore.region is not None and ignore.region.line <= line + 1 <= ignore.region.end_line for ignore in ignores)


def pin(placed: Iterable[WorkloadInFile], text: str) -> Iterator[Action]:
    """Yield the edit that makes a workload require the SCC that admits it, if that is one SCC in all its units and on all releases.

    The pod with the annotation is judged: the same SCC must admit it.
    """
    placed = list(placed)
    judged = [(place, world, world.outcome(place.workload)) for place in placed for world in place.worlds.values()]
    sccs = {_pinnable(outcome, world) for _, world, outcome in judged}
    scc = sccs.pop() if len(sccs) == 1 else ""
    if not scc:
        return
    workload = placed[0].workload
    operation = Set((*workload.pod.path, "metadata", "annotations", REQUIRED_SCC), scc)
    try:
        edited = edit(text, workload.document.index, [operation]).text
    except EditRefused:
        return
    yield Action(_shortened(f"Require SCC {scc} ({REQUIRED_SCC})", MAX_TITLE), text_edits(workload.file, text, edited))


def _pinnable(outcome: Outcome, world: World) -> str:
    """The SCC that admits the pod, and admits it if the pod requires it; empty if there is none or the pod requires one already."""
    verdict, workload = outcome.verdict, outcome.workload
    written_here = not (workload.provenance.moved or workload.provenance.elsewhere or workload.implied)
    if verdict is None or not verdict.scc or verdict.required_scc or not written_here:
        return ""
    if not world.cluster.admission.reads_required_scc:
        return ""
    required = Set(("metadata", "annotations", REQUIRED_SCC), verdict.scc)
    pinned = world.outcomes.with_pod(outcome, changed_data(deepcopy(verdict.submitted), required)).verdict
    return verdict.scc if pinned is not None and pinned.scc == verdict.scc else ""
