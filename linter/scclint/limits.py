"""Every limit of scclint, each with the input that needs it.

An input beyond a limit is an error at its place or is named in the report, and the rest of the run goes on. Limits that a format
or another program sets (a name in Kubernetes, a result in SARIF) stand beside the code for that format, and so does how much
of a list a report shows.
"""

from scclint.errors import LoadError
from scclint.source import Span

MAX_BYTES = 64 * 1024 * 1024
"""Of one file or of standard input. etcd takes no object above 1.5 MiB, so this is for streams of very many."""

MAX_ARCHIVE = 4 << 30
"""Bytes of one archive, decompressed. A few megabytes can inflate to this size, and reading it takes ten seconds. Logs make up most of a
must-gather, so a larger one can be unpacked: scclint reads no logs."""

MAX_ARCHIVE_MEMBERS = 1_000_000
"""Members of one archive. Reading the header of one takes some 20 microseconds, and a must-gather has tens of thousands."""

MAX_FOLDER_DEPTH = 800
"""Folders around a file that is written to the disk: a member of an archive, or a file of a revision. `os.makedirs` and `shutil.rmtree`
call themselves for each folder, and Python allows 1,000 calls. A folder that is read where it is has no such limit."""

MAX_ARCHIVE_HEADER = 1 << 20
"""Bytes of the header of one member, extensions included. A header can claim an extension of any size, which is read into memory."""

MAX_XZ_MEMORY = 1 << 27
"""Bytes of memory for decompressing xz, whose header can ask for any. The strongest preset of xz needs 65 MiB."""

MAX_DUMP = 1 << 29
"""Bytes of the files that are read of one cluster dump. Those of a cluster of 500 nodes take some 20 MiB."""

MAX_DEPTH = 200
"""Collections within collections, aliases followed: far above what any API object has, and low enough for recursion."""

MAX_ALIASED = 200_000
"""Values to which the aliases of one file expand, in all its documents. Each counts as a value for the code that reads the tree, so
a few kilobytes could take minutes; the cluster itself takes 400,000 of one document."""

MAX_CODE = 1 << 20
"""Bytes of a file of code that is looked through for words. Larger ones are generated."""

MAX_HEADER = 4_096
"""Bytes of an archive, packed and unpacked, that are read to see whether it holds a chart, whose description comes first."""

MAX_TEMPLATE_DEPTH = 40
"""Conditions and loops around each other in a template. The readers of their parts call themselves."""

MAX_READINGS = 8
"""Readings of one template, so that each branch of its conditions is read once. The manifests of public operators have at most four."""

MAX_ADDED = 4 * 1024 * 1024
"""Characters that parameters and labels add to the objects of one file's Templates. Each use of a value counts, so that a few
kilobytes could cost gigabytes; what Templates are written for stays far below."""

MAX_AGGREGATION = 5_000_000
"""Steps of following ClusterRoles that aggregate others: the aggregating roles, times their selectors, times all ClusterRoles. The
roles of a whole cluster, 30 of 500 aggregating, take half a million."""

MAX_DENIAL = 5_000
"""Values up to which the denial of a pod by one SCC is complete. The plugin lists all host ports again for each container, and all
supplemental groups for each group; a longer denial lists them for the first containers and groups only. 20 containers with 12 ports each
are at the limit."""

CANDIDATES_KEPT = 15_000
"""SCCs in the verdicts that a world keeps. Beyond that it drops the oldest outcome, and computes it again if a rule asks: a verdict
is quick to compute, but large. The outcomes of a thousand workloads are kept with the SCCs of a release."""

MAX_VALID_CHANGES = 1_000
"""Changes of pods by admission that a world keeps as valid: a kilobyte each, and most pods of a large unit share a few."""

MAX_KUSTOMIZE_VISITS = 2_000
"""Folders that the build of one kustomization visits, each as often as it is included. The largest of 2,167 public overlays visits a
few hundred; folders that each include the next one twice take kustomize 8 s at 2,048."""

MAX_CHART_ENTRIES = 10_000
"""Files and folders of one chart, links followed, as helm reads them. The largest of 254 public charts has some hundreds; two links
to the folder they lie in are endlessly many."""

MAX_DEPLOYMENT_ROUNDS = 8
"""How often the units are rendered, each time with the Applications, Kustomizations and HelmReleases that the last time made. An app of apps
of apps takes three; a chart whose Application passes one more value to the chart itself never ends."""

RENDER_MEMORY = 4 << 30
"""Bytes of address space of a renderer. At 1.5 GiB helm mostly fails to start; no public chart or kustomization needs 4 GiB."""

RENDER_CPU = 20
"""Seconds of processor time of a renderer. The slowest of 1,718 public kustomizations takes 9 s, the slowest chart 3 s."""

RENDER_SECONDS = 30
"""Seconds that a renderer may take on the clock, so that one that waits ends as well."""

RENDER_OUTPUT = 64 * 1024 * 1024
"""Bytes of rendered text, as much as of any file (`MAX_BYTES`). The longest public output is 5.8 MB."""

GLANCE = 160
"""Characters of a message that can be read at a glance: two lines of a terminal. Clauses of a longer one become notes."""

MAX_COPIES = 100
"""Copies of one key in a mapping that a fix removes: each of their findings holds an edit for each copy."""

MAX_TEXT = 10_000
"""Characters of one text of a finding. It can quote names and values, and a manifest may have values of megabytes."""

MAX_QUOTED_LINE = 1000
"""Characters of a line that SARIF quotes. JSON on one line has as many findings as it is long, and each would repeat the line."""

MAX_OBJECT_NAME = 1000
"""Characters by which messages call an object. A task of a pipeline in a run is called by three names."""

MAX_CONFIG_VALUES = 100_000
"""Values of a YAML configuration with its aliases expanded. A few hundred bytes of nested aliases expand to billions."""

MAX_CONFIG = 256 * 1024
"""Characters of a configuration file. A repository under review may bring its own, and parsing takes seconds for a megabyte."""

MAX_TOML_KEY = 64
"""Parts of a dotted TOML key. The time and memory of `tomllib` grow with the square of them."""

MAX_INHERITED = 2_000
"""Rules, names and conditions that base profiles may add to one profile. About 500 syscalls exist, and a shared base profile is
read again for each profile based on it."""

MAX_SYSCALL_SUGGESTIONS = 100
"""Unknown syscall names in a profile that get a suggestion. One suggestion takes as long as the rest of the check."""

MAX_COMPARED_RULES = 100
"""Rules of a captured profile that are compared with RuntimeDefaults. No RuntimeDefault has more, so a profile with more is none."""

MAX_FILLED_IN = 1 << 20
"""Characters of a string with its Template parameters filled in. The cluster accepts no object of that size."""

MAX_PARAMETERS_IN_STRING = 1000
"""Parameters that one string may refer to. Beyond it the string counts as unknown, because all parameters that it refers to are
searched together."""

MAX_REPEATED = 50_000
"""Values of Tekton tasks that are judged again, in the whole input. Each of many tasks can run in many ways with many volumes, so
a few kilobytes could ask for endless work. A whole catalog of tasks needs a hundredth of it."""

MAX_TASK_REFERENCES = 10_000
"""Tasks that are looked up for one Pipeline and its runs. Each run may run each task in another way."""

MAX_TEMPLATE = 1 << 20
"""Characters of a user's output template. It may come with the repository under review."""

TEMPLATE_SECONDS = 20
"""Seconds that a user's output template may take on the clock: a template can loop."""

MAX_TEMPLATE_OUTPUT = 32 << 20
"""Characters that a user's output template may write."""

TEMPLATE_CPU = 15
"""Seconds of processor time of a user's output template."""

TEMPLATE_MEMORY = 2 << 30
"""Bytes of address space of a user's output template: `"x" * 10**10` is a template."""

MAX_EXPRESSION = 4_000
"""Characters of a CEL expression. A rule that needs more is written in Python."""

CEL_CPU = 1
"""Seconds of processor time of one evaluation of a CEL expression. Three nested lists of fifty items take a twentieth of it, and each
further list multiplies that. The expression may come with the repository under review."""

CEL_SECONDS = 10
"""Seconds that one evaluation of a CEL expression may take on the clock, so that one that waits for memory ends as well."""

CEL_SECONDS_OF_RUN = 10
"""Seconds of processor time of all CEL evaluations of one process of a run. A short expression takes some 10 microseconds."""

CEL_MEMORY = 1 << 30
"""Bytes of address space of the process that evaluates CEL expressions: a map can double its list each time."""

MAX_RENDERER_ERRORS = 1 << 16
"""Bytes kept of what a renderer writes to standard error."""

MAX_RENAMED = 1000
"""Names of one kind in a file that are compared with a name to which kustomize has added something."""

MAX_LINE_PAIRS = 4_000_000
"""Pairs of lines in what is matched of a chart's documents and templates where the values are not known. A Deployment and its template have
some 40,000."""

MAX_DEPENDENCY_FOLDERS = 10
"""Folders in which the source of one chart dependency is looked for."""

MAX_REVISION_FILES = 1_000_000
"""Files of one revision. A tree that lists one tree many times, nested, makes any number of files out of a few kilobytes."""

MAX_REVISION = 4 << 30
"""Bytes written of one revision, with its pictures and archives, which a chart may read. All its files may be one blob."""

GIT_SECONDS = 60
"""Seconds that `git ls-files` may take, so that a damaged repository does not stop the run."""

GIT_PATIENCE = 2
"""Seconds after which scclint looks whether git waits for a FIFO or a device in place of its rules."""

MAX_STORED_FILE = 1 << 26
"""Bytes of one file of the cache; lines that do not fit are left out."""

MAX_STORED = 1 << 28
"""Bytes of the whole cache; the files that were not written for the longest time go first."""

MAX_INFLATED = 256 * 1024
"""Bytes of decompressed content of a MachineConfig. Content grows a thousandfold, and neither profiles nor CRI-O's files are that
large."""

MAX_SCCS_TRIED = 20
"""SCCs that SEC201 tries again without the fields that they reject: each is one more verdict."""

MAX_PROFILE_USERS = 100
"""Workloads that a problem of a profile lists. Each problem of each profile lists all of them."""

MAX_MARKERS_OF_RULE = 1_000
"""Markers in code that are looked at for one rule of a role. The largest public operators have some hundreds of markers in all."""

MAX_MARKERS = 100
"""Markers in code, each for other rights, of which those for one rule are chosen, and parts of the rule that are left meanwhile. The rules of
public operators come from at most a handful."""

MAX_SCC_SUGGESTIONS = 50
"""Missing SCC names that get a suggestion. Each is compared with the name of every SCC."""

MAX_OWN_RANGES = 30
"""Ranges of namespaces that a unit is judged with beside the assumed ones. Each takes as long as to index the unit once more."""

MAX_FIXED_FINDINGS = 200
"""Findings up to which a report looks for fixes unless told otherwise. Each takes some trials, of 5 to 50 ms each."""

MAX_FIXES_RENDERED = 40
"""Renderings, of 0.1 to 0.3 s each, up to which a report looks for fixes in kustomizations unless told otherwise: each fix is proved in
all units that share its files, and a base of 20 overlays is in 20 units."""

MAX_CHART_RENDERINGS = 8
"""Renderings of one chart to try remedies, of 0.1 to 0.5 s each, that a report makes unless told otherwise. One rendering of each view
tries the first remedies of all findings."""

MAX_VIEWS_TRIED = 4
"""Views of a chart in which a report tries remedies unless told otherwise. A chart with 20 values files has 20 views, which differ
little. `fix` tries all of them."""

MAX_PROBED = 400
"""Values of a chart that get a probe in one rendering. The findings of the largest public charts ask for some tens."""

MAX_PROBE_RENDERINGS = 4
"""Renderings of one view of a chart with probes. One answers for nearly all findings; a remedy may ask for more fields."""

MAX_SWITCHES_TRIED = 3
"""Switches of a chart that are tried for its findings. Each renders every view of the chart once, and judges all of it."""

MAX_FIX_PASSES = 10
"""How often `fix` judges the files again. Fixes that touch the same lines need one pass each, and most files need two."""

MAX_COLON_ATTEMPTS = 10
"""How often a YAML text is read again to find colons in unquoted values between brackets. Nearly every text needs none or one; each
value that has a quote before a colon, as `[it's':x]` has, needs one more."""

_SMALL, _LARGE = 400_000, 4_000_000


class LimitError(LoadError):
    """Text that is refused for its size and not for what it says: the cluster might take it."""


class FileCounter:
    """A counter for one file with an upper limit."""

    __slots__ = ("so_far",)
    limit = 0
    problem = ""

    def __init__(self) -> None:
        self.so_far = 0

    def add(self, more: int, at: Span) -> None:
        """Count `more`. Raises LimitError beyond the limit."""
        self.so_far += more
        if self.so_far > self.limit:
            raise LimitError(self.problem, at.file, at.line, at.column)


class AliasCounter(FileCounter):
    """Counts the values that the aliases of a file expand to."""

    __slots__ = ()
    limit = MAX_ALIASED
    problem = f"the aliases of this file expand to more than {MAX_ALIASED:,} values"


class AddedTextCounter(FileCounter):
    """Counts the characters that parameters and labels add to the Templates of a file."""

    __slots__ = ()
    limit = MAX_ADDED
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


KEPT_TEXT = 8 * 1024 * 1024
"""Characters of files whose documents are kept from the first look at them to their judgement. A parsed document takes thirty
times the memory of its text, and a repository may have any number of files; what is not kept is parsed again."""

TEXTS_KEPT = 16
"""Files whose text and lines a report keeps while it is written. Findings are in the order of their files, and the notes of one finding
point into few others. The CSVs of a catalog are 100 kB each on average, and there are thousands."""

MIN_PARALLEL = 16 * 1024 * 1024
"""Bytes of input from which a run uses several processes unless told: starting them costs more than they save for less."""

MIN_SPLIT = 200
"""Workloads of a unit from which several processes judge it: to start them takes as long as to judge thirty."""

MIN_CACHED = 1 << 17
"""Bytes of input below which no cache is used: looking at one costs no less than judging so little."""

MAX_BATCH_TARGETS = 64
"""Targets of a fleet whose rows are written together. A file for each would make reading ten thousand targets take seconds."""

MAX_BATCH_SECONDS = 10
"""Seconds of work on a fleet that are written together. A scan that is killed loses no more of it in each process."""

MAX_BATCH_ROWS = 50_000
"""Rows of a fleet that a process keeps before it writes them, some 50 MB. One catalog has more workloads than a hundred repositories."""

MAX_QUERY_SECONDS = 300
"""Seconds that a query of a fleet may take. A join without a condition never ends; the views of ten thousand targets take seconds."""

MAX_APPLICATIONS = 5_000
"""Applications that one ApplicationSet makes. A matrix of two lists of a few kilobytes makes a million."""

MAX_ACCESS_PLACES = 1_000
"""Places in the files of one chart that ask for access to the node and are looked for in its views. A chart for each node has some tens."""

MAX_CONDITION = 4_000
"""Characters of the branches of one condition of a template. An `else if` has the text of all those before it."""

MAX_NESTED_CONDITIONS = 50
"""Conditions of a template around one place. Real charts have up to six."""

MAX_GLOB = 10_000
"""Characters of a glob of Argo CD. It is matched against each file of the repository."""

MAX_DEPENDENCIES = 50
"""Charts that are copied into one as its dependencies and theirs. Two charts can depend on each other. The largest of Bitnami's has seven."""

MAX_TOOL_SECONDS = 300
"""Seconds that a tool of the MCP server may take. Agents commonly wait for no longer."""

MAX_TOOL_OUTPUT = 1_000_000
"""Characters that a tool of the MCP server returns. A model reads a tenth of that."""

MAX_SHORT_TOOL_OUTPUT = 8_000
"""Characters that such a tool returns unless it is asked for the whole answer: some ten findings."""

LONG_OUTPUT = 50
"""Findings above which an output ends with counts: its beginning has scrolled out of the terminal."""

MAX_FOLDERS = 10
"""Folders that the end of a long output counts, so that the counts fit on a screen."""
