"""Parts of a configuration that only a file can set."""

from collections.abc import Mapping
from typing import NamedTuple

from scclint.finding import Severity
from scclint.source import Span


class Creator(NamedTuple):
    """Who creates bare Pods: a user name and the groups the cluster would report for it."""

    user: str
    groups: tuple[str, ...] = ()


class NamespaceFacts(NamedTuple):
    """A namespace of the cluster. The ranges are the values of its `openshift.io/sa.scc.*` annotations, empty where unknown."""

    name: str
    labels: Mapping[str, str]
    uid_range: str = ""
    mcs: str = ""
    supplemental_groups: str = ""


class GrantFacts(NamedTuple):
    """A grant of an SCC that the manifests do not show, to a service account, a group or a user (exactly one is set).

    With `namespace` it holds for pods of that namespace, as a RoleBinding's would; else everywhere.
    """

    scc: str
    namespace: str = ""
    service_account: str = ""
    group: str = ""
    user: str = ""


class NodePoolFacts(NamedTuple):
    """Nodes that share a kubelet configuration; `seccomp_default` is their KubeletConfig's `seccompDefault`."""

    name: str
    seccomp_default: bool
    node_selector: Mapping[str, str]


class PodTemplate(NamedTuple):
    """Where a kind of custom resource keeps its pod template: `("spec", "template")`."""

    api_version: str
    kind: str
    path: tuple[str, ...]


class UnitSettings(NamedTuple):
    """One entry of `units`: a path whose files are deployed together, and how a chart there is rendered.

    `path` is relative to the configuration's folder, `values` to `path`. `name` tells several units at one path apart.
    `context` is False where other units' grants must not count.
    """

    path: str
    span: Span
    name: str = ""
    namespace: str = ""
    release: str = ""
    values: tuple[str, ...] = ()
    set: tuple[str, ...] = ()
    context: bool = True


class PathRules(NamedTuple):
    """A change of the selection for the files that one of the globs matches."""

    paths: tuple[str, ...]
    select: tuple[str, ...]
    ignore: tuple[str, ...]
    severity: Mapping[str, Severity]


class DeclaredRule(NamedTuple):
    """A rule of the configuration, not compiled yet.

    `kind` and `at` are empty where not given. `span` is the rule's entry, `expr_span` where its expression starts.
    """

    id: str
    name: str
    message: str
    severity: Severity
    expr: str
    kind: str
    at: str
    help: str
    span: Span
    expr_span: Span
