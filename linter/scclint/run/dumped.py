"""The workloads of a dump that have no pod in it: their pods were rejected, or are not created yet."""

from collections.abc import Callable, Iterator, Mapping, Sequence

from scclint.config.model import Config
from scclint.errors import LoadError
from scclint.files import SUFFIXES, SourceFile
from scclint.files.dump import is_dump, texts_of_dump, texts_of_workloads
from scclint.files.sources import Sources
from scclint.objects.documents import load_file
from scclint.objects.expand.item import items_of
from scclint.objects.kinds import WORKLOADS
from scclint.platform.pod_names import owns_pod
from scclint.record import grouped, replace
from scclint.yaml.nodes import node_at
from scclint.yaml.untyped import as_text, mappings, value_at

Owner = tuple[str, str]
"""The kind and name of the controller of a pod, empty if it has none."""


def dumps_among(paths: Sequence[str]) -> list[str]:
    """Return the paths that are dumps of a cluster, in folders or in archives."""
    return [path for path in paths if path != "-" and not path.endswith(SUFFIXES) and is_dump(path)]


def with_dumps(
    paths: Sequence[str], dumps: Sequence[str], config: Config, find: Callable[[list[str], Config], Sources]
) -> tuple[Sources, Config, dict[str, str]]:
    """Return the sources of a run over `paths`, of which `dumps` are dumps of a cluster, with its settings and the texts of the dumps.

    `find` returns the sources of the other paths. The state of the cluster is that of the dumps.
    """
    texts = {name: text for path in dumps for name, text in texts_to_judge(path)}
    config = replace(config, cluster_state=tuple(dict.fromkeys((*config.cluster_state, *dumps))))
    others = find([path for path in paths if path not in dumps], config)
    targets = (*others.targets, *(SourceFile(name, name) for name in texts))
    return others._replace(targets=targets, paths=tuple(paths)), config, texts


def texts_to_judge(path: str) -> Iterator[tuple[str, str]]:
    """Yield the files of a dump that are judged, each by its name and its text: those that verdicts depend on, and the workloads without a pod.

    A workload with a pod has empty lines in its place: the pod is judged. Raises LoadError for a file that cannot be read.
    """
    texts = dict(texts_of_dump(path))
    yield from texts.items()
    pods = grouped((namespace, (name, owner)) for namespace, name, owner in _pods(texts))
    for name, text in texts_of_workloads(path):
        left = _without_started(name, text, pods)
        if left.strip():
            yield name, left


def _pods(texts: Mapping[str, str]) -> Iterator[tuple[str, str, Owner]]:
    """Yield the namespace, the name and the owner of each pod."""
    for name, text in texts.items():
        if "/pods" not in name:
            continue
        for item in (item for document in load_file(name, text, frozenset(("Pod", "List"))) for item in items_of(document)):
            if item.data.get("kind") == "Pod":
                owners = mappings(value_at(item.data, ("metadata", "ownerReferences")))
                owner = next((one for one in owners if one.get("controller") is True), {})
                namespace = as_text(value_at(item.data, ("metadata", "namespace")))
                yield namespace, item.name, (as_text(owner.get("kind")), as_text(owner.get("name")))


def _without_started(file: str, text: str, pods: Mapping[str, Sequence[tuple[str, Owner]]]) -> str:
    """A text of workloads with empty lines for those that have a pod; empty if all have one, or it cannot be read."""
    lines = text.split("\n")
    left = False
    try:
        documents = load_file(file, text, frozenset(WORKLOADS) | {"List"})
    except LoadError:
        return ""
    for document in documents:
        for item in items_of(document):
            kind, name = as_text(item.data.get("kind")), item.name
            namespace = as_text(value_at(item.data, ("metadata", "namespace")))
            is_owned = bool(mappings(value_at(item.data, ("metadata", "ownerReferences"))))
            if is_owned or any(owns_pod(kind, name, pod, owner) for pod, owner in pods.get(namespace, ())):
                span = node_at(item.root, item.path).span
                lines[span.line - 1 : span.end_line] = [""] * (span.end_line - span.line + 1)
            else:
                left = True
    return "\n".join(lines) if left else ""
