"""What the loader refuses for its size. Each limit is an error at its place, and the rest of the run goes on."""

from scclint.errors import LoadError
from scclint.source import Span

MAX_BYTES = 64 * 1024 * 1024
"""Of one file or of standard input. etcd takes no object above 1.5 MiB, so this is for streams of very many."""

MAX_DEPTH = 200
"""Collections within collections, aliases followed: far above what any API object has, and low enough for recursion."""

MAX_ALIASED = 200_000
"""Values that the aliases of one file stand for, all its documents together. Each is a value to whoever reads the tree, so
that a few kilobytes could cost minutes; the cluster itself takes 400,000 of one document."""

MAX_ADDED = 4 * 1024 * 1024
"""Characters that parameters and labels add to the objects of one file's Templates. Each use of a value counts, so that a few
kilobytes could cost gigabytes; what Templates are written for stays far below."""

MAX_AGGREGATION = 5_000_000
"""Steps of following ClusterRoles that aggregate others: the aggregating roles, times their selectors, times all ClusterRoles. The
roles of a whole cluster, 30 of 500 aggregating, take half a million."""

MAX_DENIAL = 250_000
"""Values that the denial of one pod by one SCC may list. The plugin lists every host port for each container, and every
supplemental group for each group; 50 containers with 100 ports each are at the limit."""

CANDIDATES_KEPT = 15_000
"""SCCs in the verdicts that a world keeps. Beyond that it drops the oldest outcome, and computes it again if a rule asks: a verdict
is quick to compute, but large. The outcomes of a thousand workloads are kept with the SCCs of a release."""

MAX_KUSTOMIZE_VISITS = 2_000
"""Folders that the build of one kustomization visits, each as often as it is included. The largest of 2,167 public overlays visits a
few hundred; folders that each include the next one twice take kustomize 8 s at 2,048."""

MAX_CHART_ENTRIES = 10_000
"""Files and folders of one chart, links followed, as helm reads them. The largest of 254 public charts has some hundreds; two links
to the folder they lie in are endlessly many."""

RENDER_MEMORY = 4 << 30
"""Bytes of address space of a renderer. At 1.5 GiB helm mostly fails to start; no public chart or kustomization needs 4 GiB."""

RENDER_CPU = 20
"""Seconds of processor time of a renderer. The slowest of 1,718 public kustomizations takes 9 s, the slowest chart 3 s."""

RENDER_SECONDS = 30
"""Seconds that a renderer may take on the clock, so that one that waits ends as well."""

RENDER_OUTPUT = 64 * 1024 * 1024
"""Bytes of rendered text, as much as of any file (`MAX_BYTES`). The longest public output is 5.8 MB."""

_SMALL, _LARGE = 400_000, 4_000_000


class LimitError(LoadError):
    """Text that is refused for its size and not for what it says: the cluster might take it."""


class Counted:
    """What something in one file has come to so far, of which there is a most."""

    __slots__ = ("so_far",)
    most = 0
    problem = ""

    def __init__(self) -> None:
        self.so_far = 0

    def add(self, more: int, at: Span) -> None:
        """Count so many more. Raises LimitError beyond the most."""
        self.so_far += more
        if self.so_far > self.most:
            raise LimitError(self.problem, at.file, at.line, at.column)


class Aliasing(Counted):
    """The values that aliases stand for."""

    __slots__ = ()
    most = MAX_ALIASED
    problem = f"the aliases of this file expand to more than {MAX_ALIASED:,} values"


class Added(Counted):
    """The characters that filling in adds to Templates."""

    __slots__ = ()
    most = MAX_ADDED
    problem = f"parameters and labels add more than {MAX_ADDED:,} characters to the Templates of this file"


def check_aliasing(decoded: int, aliased: int, at: Span) -> None:
    """Raises LoadError where sigs.k8s.io/yaml refuses a document for what its aliases expand to.

    `decoded` counts the nodes visited so far, `aliased` those of them visited through aliases. Up to 400,000 nodes
    99 % may come from aliases, falling to 10 % at 4,000,000.
    """
    if aliased <= 100 or decoded <= 1000:
        return
    allowed = 0.99 - 0.89 * min(max(decoded - _SMALL, 0) / (_LARGE - _SMALL), 1.0)
    if aliased > allowed * decoded:
        raise LoadError("the aliases of this document expand to more than the cluster takes", at.file, at.line, at.column)
