"""The state of the cluster that `--cluster-state` describes, read once for all units."""

import os
from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from scclint.cluster.installed import FEATURE_SETS
from scclint.cluster.observed import CONFLICT_EVENTS, CONFLICTS_PRESENT, KINDS, NOTHING, Observed, observe
from scclint.cluster.sccs import STANDARD
from scclint.config.model import Config
from scclint.errors import LoadError
from scclint.files import display, is_below, read
from scclint.files.dump import CLUSTER, NAMESPACES, DumpFile, read_dump
from scclint.files.sources import Dump, Sources
from scclint.finding import Notice
from scclint.objects.documents import load_file
from scclint.objects.documents.document import Document
from scclint.objects.documents.thin import thin, without_body
from scclint.objects.expand.item import items_of
from scclint.objects.kinds import STATE_KINDS
from scclint.platform.releases import DEFAULT, RELEASES
from scclint.record import record, replace
from scclint.run.load import left_out, unread
from scclint.source import Span
from scclint.yaml.nodes import locate

_MARKS = {
    "openshift.io/scc": "Pod",
    "cri-o://": "Node",
    **{kind: kind for kind in ("ClusterVersion", "FeatureGate", "Infrastructure")},
    "microshift-version": "ConfigMap",
    CONFLICTS_PRESENT: "ConfigMap",
    **dict.fromkeys(CONFLICT_EVENTS, "Event"),
}
"""Texts without which a file shows nothing but objects, each with the kind of object that has it. ConfigMaps and Events have one to be read."""

_DEFAULTS = Config()
_SCCS = f"{CLUSTER}/security.openshift.io/securitycontextconstraints/"
_NO_STATE = (
    "has nothing that describes a cluster, such as an SCC, a Namespace or a role: "
    "pass what `oc adm must-gather` or `oc adm inspect` wrote"
)
_STATED = STATE_KINDS | {f"{kind}List" for kind in STATE_KINDS}
_ALWAYS_THERE = frozenset(("privileged", "restricted-v2"))
"""SCCs of every cluster. A dump with these has all SCCs of the cluster, and one without has some of them."""


@record
class ClusterState:
    """`documents` have the objects that decide verdicts, `notices` say what is left out, and `observed` is what else the files show."""

    documents: tuple[Document, ...] = ()
    notices: tuple[Notice, ...] = ()
    observed: Observed = NOTHING

    def in_force(self, config: Config) -> Config:
        """Return the settings, with the release and the kind of cluster that a dump shows unless the settings give them."""
        observed = self.observed
        if config.platform == "kubernetes":
            return config
        if observed.release in RELEASES and not config.openshift:
            config = replace(config, openshift=(observed.release,))
        if observed.platform and not _given("platform", config):
            config = replace(config, platform=observed.platform)
        if observed.feature_set in FEATURE_SETS and not _given("feature_set", config):
            config = replace(config, feature_set=observed.feature_set)
        return config


def _given(field: str, config: Config) -> bool:
    """Return whether an option or a setting gives the platform or the feature set."""
    return getattr(config, field) != getattr(_DEFAULTS, field) or f"cluster.{field.replace('_', '-')}" in config.settings


def read_state(sources: Sources, config: Config) -> ClusterState:
    """Return the state of the cluster in the files of `sources`.

    Of large lists only the kinds that matter are parsed. A file that is reported on is part of a unit, and not of the state.
    """
    reported = {item.display for item in sources.targets if not isinstance(item, LoadError)}
    documents: list[Document] = []
    notices: list[Notice] = []
    # The documents that `observe` looks at.
    evidence: list[Document] = []
    in_dumps: list[str] = []
    of_use: set[str] = set()
    for item, dump in _files(sources):
        if isinstance(item, LoadError):
            notices.append(unread(item, sources.named))
            continue
        path = os.path.join(dump, item.name)
        in_dumps += [item.name] if dump else []
        is_reported = path in reported
        seen: list[Document] = []
        marked = {kind for mark, kind in _MARKS.items() if mark in item.text}
        loaded = load_file(item.name, thin(item.text, STATE_KINDS), STATE_KINDS)
        if marked and (dump or not is_reported):
            kinds = KINDS | marked
            text = without_body(item.text) if item.has_pods else item.text
            seen = load_file(item.name, thin(text, kinds, heads=frozenset({"Pod"})), kinds)
        evidence += seen
        # The text of the others would take room.
        relevant_documents = [replace(document, stored=True) for document in loaded if document.status != "other"]
        documents += relevant_documents if not is_reported else []
        kinds_read = {document.kind for document in relevant_documents}
        if dump or seen or not _STATED.isdisjoint(kinds_read):
            of_use.add(os.path.abspath(path))
    broken = {d.file: d.error for d in (*documents, *evidence) if d.error and d.status == "unparsable"}
    notices += [left_out(error.message, file, error.line) for file, error in broken.items()]
    told = of_use.union(os.path.abspath(notice.file) for notice in notices if notice.level == "error")
    for named in map(display, config.cluster_state):
        if not any(is_below(file, os.path.abspath(named)) for file in told):
            notices.append(Notice("error", _NO_STATE, named))
    observed = observe(_objects(evidence), is_dump=bool(in_dumps))
    sccs = frozenset(name.removeprefix(_SCCS).removesuffix(".yaml") for name in in_dumps if name.startswith(_SCCS))
    if sccs >= _ALWAYS_THERE:
        observed = replace(observed, sccs=sccs)
    return ClusterState(tuple(documents), (*notices, *_differences(observed, config)), observed)


def _files(sources: Sources) -> Iterator[tuple[DumpFile | LoadError, str]]:
    """Yield each file, and the dump that it is in, which is empty for one that is named itself."""
    for source in sources.state:
        try:
            if isinstance(source, LoadError):
                raise source
            if isinstance(source, Dump):
                dump_files = [*read_dump(source.path, source.display)]
                if not dump_files:
                    raise LoadError(
                        f"has no file of a must-gather: scclint expects {CLUSTER}/ or {NAMESPACES}/ in it", source.display
                    )
                yield from ((file, source.display) for file in dump_files)
            else:
                yield DumpFile(source.display, source.path, read(source.path, source.display)), ""
        except LoadError as error:
            yield error, ""


def _objects(documents: Iterable[Document]) -> Iterator[tuple[Mapping[str, Any], Span]]:
    """Yield the objects of documents, each with the place of its name."""
    for document in documents:
        for item in items_of(document):
            span, _ = locate(item.root, (*item.path, "metadata", "name"))
            yield item.data, span


def _differences(observed: Observed, config: Config) -> Iterator[Notice]:
    """Say what the cluster lacks, and where verdicts are for another cluster than the one of the dump."""
    if observed.sccs and (missing := sorted(STANDARD - observed.sccs)):
        text = f"the cluster has no SCC {', '.join(missing)}: SCC admission rejects every pod while a standard SCC is missing"
        yield Notice("warning", text)
    if not observed.version:
        return
    if config.platform == "kubernetes":
        yield Notice("note", f"the cluster dump is of OpenShift {observed.version}, and pods are judged for plain Kubernetes")
        return
    if config.openshift and observed.release not in config.openshift:
        judged_releases = ", ".join(config.openshift)
        yield Notice("note", f"the cluster dump is of OpenShift {observed.version}, and pods are judged for {judged_releases}")
    elif observed.release not in RELEASES and not config.openshift:
        releases = f"{next(iter(RELEASES))} to {[*RELEASES][-1]}"
        text = (
            f"the cluster dump is of OpenShift {observed.version}, and pods are judged for {DEFAULT}: scclint knows {releases}"
        )
        yield Notice("warning", text)
    if observed.platform not in ("", config.platform) and _given("platform", config):
        yield Notice(
            "note", f"the cluster dump is of platform {observed.platform}, and pods are judged for platform {config.platform}"
        )
    untaken = observed.feature_set not in FEATURE_SETS or _given("feature_set", config)
    if observed.feature_set not in ("", config.feature_set) and untaken:
        yield Notice(
            "note", f"the cluster dump has feature set {observed.feature_set}, and pods are judged for {config.feature_set}"
        )
