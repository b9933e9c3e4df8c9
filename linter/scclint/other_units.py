"""What a unit of a run takes from the other units, and what its rules ask about them."""

from collections.abc import Callable, Iterable, Mapping
from typing import TYPE_CHECKING, Any

from scclint.objects.image import Image
from scclint.objects.types import ApiObject
from scclint.record import EMPTY, record
from scclint.yaml.untyped import Object

if TYPE_CHECKING:
    from scclint.objects.image import Image

Question = tuple[str, ...]
"""What is asked for, such as `grant`, and the names of that."""

Reply = bool | list[Any]
"""The answer to a question: True or False, or plain values as JSON can express them."""


@record
class BorrowedObject:
    """An object that a unit takes from another, and the name of that one."""

    obj: ApiObject
    unit: str


@record
class AmbiguousObject:
    """An object that several units define differently, without a closest one. It is left out."""

    name: str
    units: tuple[str, ...]


class OtherUnits:
    """What one unit takes from other units and asks about them: nothing, as in a run with one unit, unless `has` answers otherwise.

    `borrowed` are the objects that the unit takes, in a fixed order, and `ambiguous` those that are left out. `candidates` are all that it
    could take, with those that fit less or equal one that is taken. `homes` are the namespaces of service accounts that only other units
    name in one. `asked` records each question with its answer, because the
    findings depend on both. `last_applied` are the manifests that an earlier state of these units applied, by reference.

    A rule that claims that something is not there asks first. An answer may be True for a unit that is never deployed beside this
    one: the rule then knows too little to claim anything.
    """

    def __init__(
        self,
        has: Callable[[Question], Reply] = lambda question: False,
        borrowed: tuple[BorrowedObject, ...] = (),
        ambiguous: tuple[AmbiguousObject, ...] = (),
        candidates: tuple[BorrowedObject, ...] = (),
        homes: Mapping[str, str] = EMPTY,
    ) -> None:
        self._has = has
        self.borrowed = borrowed
        self.ambiguous = ambiguous
        self.candidates = candidates
        self.homes = homes
        self.asked: dict[Question, Reply] = {}
        self.last_applied: Mapping[Any, Object] = EMPTY

    def uses_account(self, namespace: str, name: str) -> bool:
        """Whether pods of another unit run as a service account, or may do so because no file names their namespace."""
        return self._ask("account", namespace, name) or self._ask("account", "", name)

    def defines_account(self, namespace: str, name: str) -> bool:
        """Whether another unit defines a ServiceAccount, or may do so because no file names its namespace."""
        return self._ask("defined account", namespace, name) or self._ask("defined account", "", name)

    def has_pods(self, namespace: str = "") -> bool:
        """Whether another unit has pods in a namespace, or pods whose namespace no file names; any pods where it is empty."""
        return self._ask("pods", namespace) or self._ask("pods", "") if namespace else self._ask("pods")

    def requires_scc(self, name: str) -> bool:
        """Whether pods of another unit require an SCC by annotation."""
        return self._ask("required", name)

    def defines_scc(self, name: str) -> bool:
        """Whether another unit defines an SCC of that name."""
        return self._ask("scc", name)

    def defines_role(self, kind: str, namespace: str, name: str) -> bool:
        """Whether another unit defines a Role or ClusterRole."""
        return self._ask("role", kind, namespace, name)

    def binds_role(self, kind: str, namespace: str, name: str) -> bool:
        """Whether another unit has a binding to a Role or ClusterRole, or may have one that no file shows."""
        return self._ask("binding", kind, namespace, name)

    def grants_scc(self, name: str) -> bool:
        """Whether another unit grants an SCC by name: by its lists, a role, or a binding to the release's role for the SCC."""
        return self._ask("grant", name)

    def provides_profile(self, path: str) -> bool:
        """Whether another unit provides the file that `localhostProfile: PATH` names."""
        return self._ask("profile", path)

    def mounts(self, release: str, namespace: str, claim: str) -> list[Any]:
        """Return the mounts of a claim by pods of the units in front of this one, as `scclint.outcome.selinux.Mount.plain` has them."""
        return self._listed("mounts", release, namespace, claim)

    def documented(self, account: str) -> list[Any]:
        """Return the grants that only documentation has, for accounts of a name: namespace (empty: any), SCC, file and line."""
        return self._listed("documented", account)

    def is_named(self, file: str) -> bool:
        """Whether the user named a file, which is a manifest to the user."""
        return bool(self._listed("named", file))

    def filled_in(self, word: str) -> list[Any]:
        """Return the scripts and documents that replace a word of manifests with `sed`."""
        return self._listed("filled in", word)

    def created_by_code(self, kind: str) -> list[Any]:
        """Return the places, as `FILE:LINE`, where code in Go fills in an object of a kind."""
        return self._listed("created", kind)

    def markers(self, *names: Iterable[str]) -> list[Any]:
        """Return the markers `+kubebuilder:rbac` with some rights between API groups, resources and verbs: for each its place, as
        `FILE:LINE`, followed by the groups, resources and verbs that it has of these.
        """
        return self._listed("marker", *map(";".join, names))

    def image(self, reference: str, folder: str) -> "Image | None":
        """Return what the settings and the files of the run say of an image that a manifest in `folder` names; None if nothing is known."""
        found = self._reply("image", reference, folder)
        return Image(*found) if isinstance(found, list) and found else None

    def same_answers(self, answers: Iterable[tuple[Question, Reply]]) -> bool:
        """Whether questions that an earlier run asked have the same answers now."""
        return all(self._reply(*question) == answer for question, answer in answers)

    def _listed(self, *question: str) -> list[Any]:
        found = self._reply(*question)
        return found if isinstance(found, list) else []

    def _ask(self, *question: str) -> bool:
        return bool(self._reply(*question))

    def _reply(self, *question: str) -> Reply:
        if question not in self.asked:
            self.asked[question] = self._has(question)
        return self.asked[question]
