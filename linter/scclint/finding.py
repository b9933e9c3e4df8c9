"""What a check yields, and what the engine makes of it. All values are frozen and compare by content."""

from collections.abc import Mapping
from enum import Enum
from typing import TYPE_CHECKING, Any, Literal, NamedTuple, Protocol, get_args

from scclint.limits import MAX_TEXT
from scclint.record import EMPTY, record
from scclint.source import Span
from scclint.text import capitalized, full_name

if TYPE_CHECKING:
    from datetime import date

Path = tuple[str | int, ...]
"""A way into an object: keys and 0-based indices, `("spec", "containers", 0, "name")`."""


Scalar = str | int | float | bool | None


@record
class Set:
    """Write a scalar at `path`. Mappings that are missing on the way are added."""

    path: Path
    value: Scalar


@record
class Append:
    """Add a scalar to the end of the list at `path`, which is added if it is missing."""

    path: Path
    value: Scalar


@record
class Rename:
    """Give the key at the end of `path` another name."""

    path: Path
    key: str


@record
class Remove:
    """Remove the field or list item at `path`. A mapping or list that loses its last entry is left empty."""

    path: Path


@record
class Deduplicate:
    """Remove the first of several entries for the key at the end of `path`. The last one, which counts, stays."""

    path: Path


Operation = Set | Append | Rename | Remove | Deduplicate
"""A change of a document, whatever its style. `path` leads from the root of the document."""


Kind = Literal["problem", "access", "gap", "advice"]
"""What a fact says. A problem: the cluster rejects, drops or runs something otherwise than the manifests say. Access: the manifests ask
for, or hand out, more than `restricted-v2` gives. A gap: something that may hold either was not judged, or turns on what is not here.
Advice: nothing is wrong, and something would be better or safer elsewhere."""

KINDS: tuple[Kind, ...] = get_args(Kind)
"""In the order in which people read them."""

Reach = Literal["cluster", "node", "pod"]
"""How far access goes, the widest first: everybody or another account gets the cluster or every node, a container can take its node, or a
container has something of its own, such as a capability or no seccomp filter."""

REACHES: tuple[Reach, ...] = get_args(Reach)


class Severity(Enum):
    """How much a problem matters. The value is the word users see; `rank` orders (0 is the worst)."""

    ERROR = "error"
    WARNING = "warning"

    @property
    def rank(self) -> int:
        return ("error", "warning").index(self.value)


@record
class AccessWord:
    """One thing that a part of an object asks for or hands out, for the rules of kind access.

    `what` names it (`privileged`, `hostPath /etc`, `SCC anyuid`), `part` the container that asks for it, and `who` the user, group or
    service account that gets it; both are empty for the whole object. `reach` is another one than that of the rule; empty for that.
    `through` is what gives it, such as `RoleBinding agent`.
    """

    what: str
    part: str = ""
    who: str = ""
    reach: Reach | Literal[""] = ""
    through: str = ""


class Located(Protocol):
    """Anything that knows where it was written: model fields and objects, and `Place`."""

    @property
    def span(self) -> Span: ...

    @property
    def path(self) -> Path: ...


@record
class Place:
    """A bare position, for what is no field of a model object."""

    span: Span
    path: Path = ()


def shortened(text: str, longest: int = MAX_TEXT) -> str:
    """The beginning of a text that is longer than that, and how long it is."""
    if len(text) <= longest:
        return text
    note = f"… ({len(text):,} characters)"
    return text[: longest - len(note)] + note


@record
class Related:
    """A further place that explains a finding: the SCC, the binding, the role that decided.

    `label` says what is wrong at the place, for people who see its line; empty if nothing is.
    """

    message: str
    span: Span
    label: str = ""


@record
class Refusal:
    """What an SCC says of a field that it refuses: `text` is an entry of the denial, and `label` names the SCC and what is wrong."""

    text: str
    label: str


@record
class Remedy:
    """A change that was tried: `words` are an instruction without its period, `effects` what then becomes different, as clauses.

    `operations` change the object that a finding is about, and their paths lead from the root of its document. There are none for what
    others must do, such as a grant, and for a pod whose fields its manifest does not have. `beside`: it changes a grant or an SCC and no
    pod, so that it is done once for all pods that these admit.
    """

    words: str
    effects: tuple[str, ...] = ()
    operations: tuple[Operation, ...] = ()
    beside: bool = False

    def __hash__(self) -> int:
        # Each of a thousand findings may have the same remedy of a thousand operations.
        return hash((self.words, self.effects, len(self.operations)))

    @property
    def title(self) -> str:
        """The instruction as a sentence: `Remove runAsUser: 1001.`"""
        return f"{capitalized(self.words)}."


def help_text(remedies: tuple[Remedy, ...]) -> str:
    """Return remedies as alternatives, each with its effects in parentheses; empty without any. What all have in common comes last."""
    shared = [text for text in remedies[0].effects if all(text in other.effects for other in remedies)] if remedies[1:] else []
    sentences: list[str] = []
    for remedy in remedies:
        effects = "; ".join(text for text in remedy.effects if text not in shared)
        sentences.append(f"{'or ' if sentences else ''}{remedy.words}{f' ({effects})' if effects else ''}")
    sentences += [f"in each case, {'; '.join(shared)}"] * bool(shared)
    return " ".join(f"{capitalized(text)}." for text in sentences)


@record
class Decision:
    """What decides a problem outside of the object that has it, for all objects alike: a grant, an SCC, or the platform.

    `name` tells it from others. `at` is where it is written, None if that is not in the input. `words` say what it does to the objects,
    after their number (`run unconfined`); they are empty where the problem is about the decision itself. `is_place` is False if people edit
    the objects rather than the decision.
    """

    name: str
    at: Related | None = None
    words: str = ""
    is_place: bool = True


@record
class Location:
    """A further place of a problem: the code of a sentence about it in the table of the rule, and facts that only this sentence has.

    `label` is that of `Related`.
    """

    code: str
    at: Located
    facts: Mapping[str, Any] = EMPTY
    label: str = ""


@record
class Problem:
    """What a check yields: facts as data, the decisive place, and what can be done. The words are in the table of the rule.

    `code` is the key of the message in the table of sentences of the rule. After a `/`, it says why the problem has a severity of its own
    (`denied/warned`): the table of severities has the whole code, that of sentences only the part before it. `facts` are what the
    sentences name, see `scclint.text.filled`. `object` (the name of the subject) need not be among them, nor, for a workload, `pods`
    (`its pods`, or `the pod`) and `alone` (true for a Pod). The fact `container` names the container that it is about, and `subjects` all
    users, groups and service accounts, of which the message may name only some.
    `notes` and `help` are codes of further sentences, without which the message is complete. A note that lacks a fact is left out.
    `related` are places that explain it, and `remedies` what the author can do, the best first.
    `flow` is a chain of steps in order (service account, binding, role, SCC) where a grant explains the problem.
    `word` is what a rule of kind access yields. `what` tells the problem apart from others of the rule on the object and container, where
    the field at `at` does not. `turns_on` is what the input lacks that the problem depends on, as a clause (`the CSIDriver has no label`):
    it then is a gap.
    `edits` are the operations of a remedy that has no effect on pods, or that `help` describes. Their paths lead from the root of the
    document, as `at.path` does.
    `cause` is what problems of several containers, or of several rules of a role, have in common: those of one rule and object with equal
    causes are shown as one finding. It is compared and never shown; empty if nothing is shown with the problem.
    `decision` is what decides it outside of the object. `refusal` is what an SCC says of the field at `at`.
    """

    code: str
    at: Located
    facts: Mapping[str, Any] = EMPTY
    notes: tuple[str, ...] = ()
    help: str = ""
    related: "tuple[Related | Location, ...]" = ()
    flow: tuple[Related, ...] = ()
    edits: tuple[Operation, ...] = ()
    word: AccessWord | None = None
    what: str = ""
    turns_on: str = ""
    cause: str = ""
    remedies: tuple[Remedy, ...] = ()
    decision: Decision | None = None
    refusal: Refusal | None = None


@record
class Subject:
    """The API object a finding is about. Empty strings where the manifest does not say. `part` is that of `Workload`."""

    api_version: str = ""
    kind: str = ""
    namespace: str = ""
    name: str = ""
    container: str = ""
    part: str = ""

    def __str__(self) -> str:
        """`Deployment shop/web`; `Pod web` where no namespace is written; empty for a whole document."""
        return full_name(self.kind, self.namespace, self.name).strip()

    @property
    def label(self) -> str:
        """The object as messages name it: `Deployment web`, `task build of Pipeline ship, run by PipelineRun ship-1`."""
        part, by, run = f", {self.part}".partition(", run by ")
        named = (part.removeprefix(", "), f"{self.kind} {self.name}".strip())
        return f"{' of '.join(filter(None, named))}{by}{run}"


@record
class Suppression:
    """Why a finding is not shown as live: `by` is `comment`, `annotation`, `config`, `accepted` or `diff-base`.

    It is `finding` if another finding with the same cause lists it.
    """

    by: str
    reason: str = ""
    span: Span | None = None


@record
class TextEdit:
    """Text that takes the place of the lines `line` to before `end_line` of a file (1-based); nothing is removed if they are equal."""

    file: str
    line: int
    end_line: int
    text: str


Safety = Literal["safe", "unsafe", "advice"]


@record
class Fix:
    """A change that was judged before it is shown: the finding goes, and nothing gets worse.

    `title` says what to do, `effect` what then happens. `safety` is `safe` if all pods are the same after admission, `unsafe` if
    a pod differs. `advice` is a change that scclint never applies: one of an SCC, a role, a binding or a namespace, and one that takes
    from a pod what it asks of its node. `second`: it carries out another remedy than the first. `switch` is what it sets in the values of
    a chart, if that is a switch of the chart for more than one object (`global.openshift: true`), and `beside` says what else that does.
    `elsewhere`: the effect names a loss on platforms without SCCs. `words` are those of the remedy that it carries out.
    """

    title: str
    effect: str
    safety: Safety
    edits: tuple[TextEdit, ...]
    second: bool = False
    switch: str = ""
    beside: str = ""
    elsewhere: bool = False
    words: str = ""

    @property
    def whole_effect(self) -> str:
        """What then happens, and what else the change does."""
        return " ".join(filter(None, (self.effect, self.beside)))

    @property
    def kind(self) -> str:
        """What reports call it: `safe fix`, `unsafe fix` or `advice`."""
        return self.safety if self.safety == "advice" else f"{self.safety} fix"


class Key(NamedTuple):
    """What a fact is known by, wherever it is written: its rule, the object, and what of it.

    `group`, `kind`, `namespace` and `name` are those of the object; `name` is the prefix where the manifest has `generateName`, and all are
    empty for a document that is no object. `part` is a container, or pods that another object makes. `what` is the access word, or else the
    field. `who` gets the access. No path, line or digest is in it.
    """

    rule: str
    group: str = ""
    kind: str = ""
    namespace: str = ""
    name: str = ""
    part: str = ""
    what: str = ""
    who: str = ""

    @property
    def object(self) -> str:
        """The object as one text: `apps/DaemonSet monitoring/agent`."""
        kind = f"{self.group}/{self.kind}" if self.group else self.kind
        return full_name(kind, self.namespace, self.name).strip()

    def __str__(self) -> str:
        """The key as machine formats have it: `SCC102|apps/DaemonSet monitoring/agent|agent|privileged|`."""
        parts = (self.rule, self.object, self.part, self.what, self.who)
        return "|".join(part.replace("\\", "\\\\").replace("|", "\\|") for part in parts)


@record
class Finding:
    """A fact: a problem, access, a gap or advice, stamped by the engine with its rule and subject.

    `severity` is that of a problem, and `reach` that of access; None for other kinds. `what`, `who` and `through` are those of the access
    word (see `AccessWord`); of another fact, `what` is its field. `turns_on` is what a gap depends on and the input does not give, as a
    clause; the message ends with it.
    `help` is what `remedies` say in words, and more. `remedies` are what can be done, the best first.
    `releases` lists the platform versions it holds for (`4.20`) when more than one was judged, else it is empty.
    `path` leads to the decisive field within the subject's object. `notes` are causes without a place, and caveats on how the place was
    found (a Helm template line that is approximate); the text of `refusal` is one of them. `units` are the names of the units that it
    holds in, sorted. `subjects` are the users, groups and service accounts that it is about, sorted.
    `contents` are hashes of the subject without its metadata and version, one for each content that it has in a unit: copies of an object
    have one in common.
    `cause`, `decision` and `refusal` are those of the problem (see `Problem`).
    `others` are the findings that go with the fix of this one. They are lines of it, in the order in which people read them.
    `fix` is a proved fix, if the run looked for one; if it found none, `no_fix` says why, as a clause.
    """

    rule_id: str
    rule_name: str
    kind: Kind
    severity: Severity | None
    message: str
    span: Span
    subject: Subject = Subject()
    path: Path = ()
    related: tuple[Related, ...] = ()
    help: str = ""
    flow: tuple[Related, ...] = ()
    releases: tuple[str, ...] = ()
    suppression: Suppression | None = None
    notes: tuple[str, ...] = ()
    units: tuple[str, ...] = ()
    subjects: tuple[str, ...] = ()
    contents: tuple[str, ...] = ()
    cause: str = ""
    remedies: tuple[Remedy, ...] = ()
    decision: Decision | None = None
    refusal: Refusal | None = None
    reach: Reach | None = None
    what: str = ""
    who: str = ""
    through: str = ""
    turns_on: str = ""
    others: "tuple[Finding, ...]" = ()
    fix: Fix | None = None
    no_fix: str = ""

    @property
    def rank(self) -> int:
        """The place in the order in which people read facts, the worst first: problems by severity, access by reach, gaps, advice."""
        if self.severity is not None:
            return self.severity.rank
        within = REACHES.index(self.reach) if self.reach is not None else 0
        return 10 * KINDS.index(self.kind) + within

    @property
    def heading(self) -> str:
        """What formats print before the rule: the severity of a problem, or else the kind."""
        return self.kind if self.severity is None else self.severity.value

    @property
    def key(self) -> Key:
        """What the fact is known by."""
        subject = self.subject
        part = ", ".join(filter(None, (subject.part.removeprefix(", "), subject.container)))
        group = subject.api_version.rpartition("/")[0]
        return Key(self.rule_id, group, subject.kind, subject.namespace, subject.name, part, self.what, self.who)

    @property
    def rule(self) -> str:
        """The ID of the rule, as the formats name it."""
        return self.rule_id

    @property
    def first_fix(self) -> Fix | None:
        """The proved fix, if it is what to do first: one that carries the second remedy out is not."""
        return None if self.fix is None or self.fix.second else self.fix

    @property
    def other_remedy(self) -> Remedy | None:
        """What to do else: the first remedy that is not the one to do first. A fix may carry another out than the first."""
        words = [remedy.words for remedy in self.remedies]
        done = self.first_fix.words if self.first_fix is not None else ""
        told = done if done in words else "".join(words[:1])
        return next((remedy for remedy in self.remedies if remedy.words != told), None)


@record
class Cause:
    """What one decision of a person makes. `finding` stands for it, with its place, its words and its remedies.

    `name` is the same as long as the keys are: the first eight digits of their digest, with a number if others have these, too.
    """

    name: str
    finding: Finding

    @property
    def consequences(self) -> tuple[Finding, ...]:
        """All that it makes, `finding` first."""
        return (self.finding, *self.finding.others)

    @property
    def places(self) -> tuple[Related, ...]:
        """The place to edit, and the other fields that are wrong, each with its label."""
        refusal = self.finding.refusal
        first = Related("", self.finding.span, refusal.label if refusal else "")
        return (first, *(related for related in self.finding.related if related.label))


@record
class Crash:
    """A rule that raised: a bug of scclint, never a finding and never suppressible (exit status 3).

    `rule_id` is `load` or `model` where that stage failed on one file or document, which is left out then.
    """

    rule_id: str
    subject: Subject
    error: str


@record
class Notice:
    """Something about the input that is no finding but must not be silent: a file that could not be read, documents passed over.

    `level` is `error`, `warning` or `note`, as in SARIF notifications; `file` may be empty. `is_partial` is True if something is deployed
    otherwise than it is judged. `words` are the access words in what was not judged, and `reason` says in a few words why it was not (`a
    template`): with words, the notice is a gap, and the report has a fact for each of them.
    """

    level: str
    message: str
    file: str = ""
    line: int = 0
    is_partial: bool = False
    reason: str = ""
    words: tuple[str, ...] = ()


@record
class Tally:
    """What became of the input. Every document ends in exactly one of the document counts.

    `linted`: bears on a verdict and was judged; `other`: a kind that does not; `unsupported`: not judged although it might
    matter (Helm template sources, patches, unknown kinds that hold containers); `unparsable`: not YAML or JSON.
    """

    files: int = 0
    documents: int = 0
    linted: int = 0
    other: int = 0
    unsupported: int = 0
    unparsable: int = 0
    workloads: int = 0


END = 1 << 31
"""A line or column after every other."""


@record
class Ignore:
    """What it covers, why, and, once applied, what came of it.

    `by` is `comment`, `annotation` or `config`; `rules` are selectors (id, name, beginning of an id, tag) as written.
    `span` and `path` are its place. It covers findings that overlap `region` (None: in any place), lie in a file that one
    of the globs `paths` takes, and are about an object and container that the other globs take; an empty glob takes anything.
    `about` is the kind, namespace and name of the one object that its findings must be about, None for any.
    `until` is the last day on which it holds. `mistake` says why it cannot be understood; it then covers nothing.

    Set by `scclint.suppress.apply.apply`: `uses` is the number of findings it covers, `unused` the selectors that cover none although
    this run judged their rules, `expired` whether its day has passed (`uses` then counts what it no longer covers).
    """

    by: str
    rules: tuple[str, ...]
    span: Span
    path: Path = ()
    reason: str = ""
    until: "date | None" = None
    region: Span | None = None
    about: tuple[str, str, str] | None = None
    paths: tuple[str, ...] = ()
    kind: str = ""
    namespace: str = ""
    name: str = ""
    container: str = ""
    mistake: str = ""
    uses: int = 0
    unused: tuple[str, ...] = ()
    expired: bool = False

    @property
    def file(self) -> str:
        return self.span.file
