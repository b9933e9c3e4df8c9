"""What judging one unit yields, before it is merged with that of the other units."""

from collections.abc import Mapping
from typing import TYPE_CHECKING

from scclint.finding import Crash, Finding, Ignore, Notice, Tally
from scclint.record import EMPTY, record

if TYPE_CHECKING:
    from scclint.admission.verdict import ObjectRef
    from scclint.outcome.rows import GrantRow, WorkloadRow
    from scclint.untyped import Object


@record
class Unjudged:
    """Something that no finding reports: `sort` groups it with others, `what` names it, `why` says why it is not judged."""

    sort: str
    what: str
    why: str = ""


@record
class UnitResult:
    """The findings of a unit, and how its input was treated.

    `ignores` are the suppressions written in its files, with what they cover here. `tallies` count the documents of each file.
    `files` are those that were read. `platform` is what was judged, for people. `nothing` is True where nothing that might be a
    manifest was read, and `judged` are the files of which something was judged. `outcomes` has the row of each
    workload and `grants` that of each grant of an SCC, by release, if the run asks for it. So does it for `applied`, the manifests of
    the unit except workloads, by reference.
    """

    unit: str
    findings: tuple[Finding, ...] = ()
    ignores: tuple[Ignore, ...] = ()
    crashes: tuple[Crash, ...] = ()
    notices: tuple[Notice, ...] = ()
    unjudged: tuple[Unjudged, ...] = ()
    tallies: Mapping[str, Tally] = EMPTY
    files: tuple[str, ...] = ()
    platform: str = ""
    texts: Mapping[str, str] = EMPTY
    nothing: bool = False
    judged: tuple[str, ...] = ()
    outcomes: "Mapping[str, tuple[WorkloadRow, ...]]" = EMPTY
    grants: "Mapping[str, tuple[GrantRow, ...]]" = EMPTY
    applied: "Mapping[ObjectRef, Object]" = EMPTY
