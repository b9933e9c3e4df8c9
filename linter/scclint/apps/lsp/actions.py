"""What an editor offers to do about a problem or a workload: a proved fix, a suppression, or to require the SCC that admits the pod."""

from collections.abc import Iterable, Iterator, Sequence
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
from scclint.yaml.edit import EditRefused, changed_data, edit
from scclint.yaml.nodes import to_data


@record
class Action:
    """A change of files. `findings` are those that it resolves; it is `preferred` if all pods stay the same after admission."""

    title: str
    edits: tuple[TextEdit, ...]
    findings: tuple[Finding, ...] = ()
    preferred: bool = False


def fixes(findings: Iterable[Finding]) -> Iterator[Action]:
    """Yield each proved fix of the findings. Changes of SCCs, roles and namespaces are advice, which an editor does not apply."""
    resolved: dict[Fix, list[Finding]] = {}
    for finding in findings:
        if finding.fix is not None and finding.fix.safety != "advice":
            resolved.setdefault(finding.fix, []).append(finding)
    for fix, about in resolved.items():
        title = f"{fix.title.rstrip('.')} ({fix.effect.rstrip('.')})"
        yield Action(title, fix.edits, tuple(about), preferred=fix.safety == "safe")


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
        yield Action(title, (TextEdit(finding.span.file, at, at, f"{comment}\n"),), (finding,))


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
    yield Action(f"Require SCC {scc} ({REQUIRED_SCC})", text_edits(workload.file, text, edited))


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
