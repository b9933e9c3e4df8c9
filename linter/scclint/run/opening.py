"""Lines about what nobody applies to an OpenShift cluster and that opens the node or grants an SCC: they are shown where info is hidden."""

from collections.abc import Callable, Iterator, Mapping, Sequence

from scclint.admission.access import node_access
from scclint.deploy.unit import OLDER, Unit
from scclint.finding import ON_RELEASE, Finding, Notice
from scclint.objects.documents.host_access import lines_with_access
from scclint.record import grouped
from scclint.text import and_more, counted, listed

_MOST = 10
"""Lines; more of them hide the findings. The formats for machines have a result for each object."""
_OF_NO_SCC = "RBA404"
"""The rule about roles and bindings that grant nothing, because the SCC is not there. Others about RBAC report what a subject gets."""


def opening(shown: Mapping[Finding, str]) -> list[Notice]:
    """A notice for each object of the findings that opens the node or grants an SCC, with the reason why nobody applies it."""
    by_object = grouped(
        ((finding.span.file, finding.subject.kind, finding.subject.namespace, finding.subject.name, why), finding)
        for finding, why in shown.items()
        if finding.suppression is None
    )
    notices = []
    for (file, kind, _, name, why), alike in by_object.items():
        if text := _opens(f"{kind} {name}", alike):
            notices.append(Notice("note", f"{text}; info, because {why}", file, min(finding.span.line for finding in alike)))
    return _folded(notices)


def _opens(named: str, findings: Sequence[Finding]) -> str:
    """What an object opens, given what rules say of it; empty if it opens nothing."""
    of_rbac = sorted(
        (f for f in findings if f.rule_id.startswith("RBA") and f.rule_id != _OF_NO_SCC),
        key=lambda f: (f.severity.rank, f.rule_id),
    )
    if of_rbac:
        return of_rbac[0].message
    texts = sorted({text.partition(ON_RELEASE)[0] for finding in findings for text in finding.opens})
    opens = [*dict.fromkeys(node_access(texts))]
    return f"{named} opens the node ({', '.join(opens)})" if opens else ""


def opening_of_older(units: Sequence[Unit], text_of: Callable[[str], str]) -> list[Notice]:
    """Notices on what the texts of older releases ask for: these are not rendered, because there may be very many.

    `text_of` returns the text of a file of theirs.
    """
    notices = []
    for unit, file in ((older, file) for older in units for file in older.files):
        if found := sorted(_lines(text_of(file))):
            access = tuple(dict.fromkeys(name for _, name in found))
            text = f"{unit.title} asks for {listed(access)}; info, because {OLDER.why}"
            notices.append(Notice("note", text, file, found[0][0], access=access))
    said = f"{and_more((unit.path for unit in units), 3)}: only looked through for access to the node, because {OLDER.why}"
    return [Notice("note", f"{said}; to judge one, name it"), *_folded(notices)]


def _lines(text: str) -> Iterator[tuple[int, str]]:
    yield from lines_with_access(text)
    if (at := text.find("cluster-admin")) >= 0:
        yield text.count("\n", 0, at) + 1, "cluster-admin"


def _folded(notices: list[Notice]) -> list[Notice]:
    """The first of the notices, and one that counts the others and names their files."""
    rest = notices[_MOST:]
    if not rest:
        return notices
    files = and_more(dict.fromkeys(notice.file for notice in rest), 3)
    more = f"{counted(len(rest), 'more object')} that nobody applies open the node or grant an SCC, in {files}: --show-info shows them"
    return [*notices[:_MOST], Notice("note", more, access=tuple(access for notice in rest for access in notice.access))]
