"""What Tekton's objects refer to in other objects of the input: a run to its Task or Pipeline, a step to its StepAction."""

import os
from collections.abc import Iterable, Iterator

from scclint.load.document import Document
from scclint.load.node import to_data
from scclint.model.part import NOTHING, Part, in_list, in_mapping
from scclint.record import record

_OF_ACTIONS_ALONE = ("description", "params", "results")
_LEFT_TO_ACTIONS = ("image", "securityContext")


@record
class Run:
    """What a run settles of a task's pod: its service account and its pod template, empty where it says nothing of them.

    `by` is the run, where it is another object than the one that holds the task.
    """

    account: Part = NOTHING
    template: Part = NOTHING
    by: Part = NOTHING

    @property
    def namespace(self) -> str:
        return _text(self.by.at("metadata", "namespace"))

    @property
    def settles(self) -> tuple[object, ...]:
        """All that verdicts may depend on, empty where everything is left to the defaults."""
        annotations = self.by.at("metadata", "annotations").data
        marks = {k: v for k, v in annotations.items() if "scc" in k or "seccomp" in k} if isinstance(annotations, dict) else {}
        settled = (self.account.data or None, self.template.data or None, marks or None)
        return settled if any(settled) else ()


def distinct(runs: Iterable[Run]) -> Iterator[Run]:
    """The first of the runs that settle the same; one with the defaults where there is none."""
    seen: list[object] = []
    for run in runs:
        key = run.settles, run.namespace
        if key not in seen:
            seen.append(key)
            yield run
    if not seen:
        yield Run()


def tasks_of(pipeline: Part) -> Iterator[Part]:
    """The tasks of a pipeline's spec, in order."""
    for key in ("tasks", "finally"):
        yield from pipeline.at(key).items


def run_of(pipeline_run: Part, name: Part, by: Part = NOTHING) -> Run:
    """What a PipelineRun settles for the task of that name in its pipeline. No PipelineRun settles nothing."""
    spec = pipeline_run.at("spec")
    every = spec.at("taskRunTemplate")
    # Beside it is where v1beta1 has them.
    account = every.at("serviceAccountName") or spec.at("serviceAccountName")
    template = every.at("podTemplate") or spec.at("podTemplate")
    for one in spec.at("taskRunSpecs").items:
        if one.at("pipelineTaskName").data == name.data:
            account = one.at("serviceAccountName") or one.at("taskServiceAccountName") or account
            template = _filled(one.at("podTemplate") or one.at("taskPodTemplate"), template)
    return Run(account, template, by)


def _filled(template: Part, default: Part) -> Part:
    """A pod template with what it lacks from another one, field by field, but for the volumes, which are joined by name."""
    if not template or not default:
        return template or default
    own = {key: part for key, part in template.fields.items() if part.data is not None}
    fields = {**default.fields, **own}
    if "volumes" in own and "volumes" in default.fields:
        names = {volume.at("name").data for volume in own["volumes"].items}
        rest = (volume for volume in default.at("volumes").items if volume.at("name").data not in names)
        fields["volumes"] = in_list((*rest, *own["volumes"].items), own["volumes"])
    return in_mapping(fields, template)


def called(whole: Part) -> str:
    """How messages call an object: `TaskRun build-1`."""
    name = whole.at("metadata", "name") or whole.at("metadata", "generateName")
    return f"{whole.at('kind').data} {name.data}" if name else _text(whole.at("kind"))


class References:
    """The Tekton objects of an input that are documents of their own, and which of them refer to which.

    A name stands for the object of that name and namespace in the same file, else in the same folder, else anywhere, if there
    is one only.
    """

    def __init__(self, documents: Iterable[Document]) -> None:
        self._known: dict[tuple[str, str, str], list[Part]] = {}
        self._runs: dict[int, list[Run]] = {}
        self._pipeline_runs: dict[int, list[Part]] = {}
        self._resolved: set[int] = set()
        wholes = [
            Part(to_data(document.root), document.root, ())
            for document in documents
            if document.root is not None and document.api_version.startswith("tekton.dev/")
        ]
        for whole in wholes:
            key = _text(whole.at("kind")), _namespace(whole), _text(whole.at("metadata", "name"))
            self._known.setdefault(key, []).append(whole)
        for whole in wholes:
            if whole.at("kind").data == "TaskRun":
                spec = whole.at("spec")
                self._refer(whole, spec.at("taskRef"), Run(spec.at("serviceAccountName"), spec.at("podTemplate"), whole))
            elif whole.at("kind").data == "PipelineRun":
                self._refer_by_pipeline(whole)

    def runs_of_task(self, whole: Part) -> list[Run]:
        """What in the input runs a Task."""
        return self._runs.get(id(whole.node), [])

    def runs_of_pipeline(self, whole: Part) -> list[Part]:
        """The PipelineRuns of a Pipeline."""
        return self._pipeline_runs.get(id(whole.node), [])

    def resolves(self, whole: Part) -> bool:
        """Whether a run refers to something that is in the input."""
        return id(whole.node) in self._resolved

    def step(self, step: Part, holder: Part) -> tuple[Part, str]:
        """A step with what its StepAction gives it, which image and security context come from alone; and why not, if it cannot.

        `holder` is the object that has the step.
        """
        ref = step.at("ref")
        if not ref:
            return step, ""
        name = _text(ref.at("name"))
        action = self._find("StepAction", name, holder) if name and not ref.at("resolver") else NOTHING
        if not action:
            which = f"StepAction {name}" if name else "a StepAction of another source"
            return step, f"a step is {which}, which is not in the input"
        given = {key: part for key, part in action.at("spec").fields.items() if key not in _OF_ACTIONS_ALONE}
        kept = {key: part for key, part in step.fields.items() if key not in _LEFT_TO_ACTIONS}
        return in_mapping({**kept, **given}, step), ""

    def _refer(self, whole: Part, ref: Part, run: Run) -> None:
        target = self._target(ref, "Task", whole)
        if target:
            self._runs.setdefault(id(target.node), []).append(run)
            self._resolved.add(id(whole.node))

    def _refer_by_pipeline(self, whole: Part) -> None:
        spec = whole.at("spec")
        pipeline = spec.at("pipelineSpec")
        target = self._target(spec.at("pipelineRef"), "Pipeline", whole)
        if target:
            self._pipeline_runs.setdefault(id(target.node), []).append(whole)
            self._resolved.add(id(whole.node))
            pipeline = target.at("spec")
        for task in tasks_of(pipeline):
            self._refer(whole, task.at("taskRef"), run_of(whole, task.at("name"), whole))

    def _target(self, ref: Part, kind: str, whole: Part) -> Part:
        """What a taskRef or pipelineRef means; nothing where that is elsewhere, or no task but a custom one."""
        version, elsewhere = _text(ref.at("apiVersion")), ref.at("resolver") or ref.at("bundle")
        if elsewhere or (version and not version.startswith("tekton.dev/")):
            return NOTHING
        return self._find(_text(ref.at("kind")) or kind, _text(ref.at("name")), whole)

    def _find(self, kind: str, name: str, near: Part) -> Part:
        candidates = self._known.get((kind, "" if kind == "ClusterTask" else _namespace(near), name), [])
        file = _file(near)
        closest = [c for c in candidates if _file(c) == file]
        closest = closest or [c for c in candidates if os.path.dirname(_file(c)) == os.path.dirname(file)] or candidates
        return closest[0] if len(closest) == 1 else NOTHING


def _namespace(whole: Part) -> str:
    return _text(whole.at("metadata", "namespace"))


def _file(part: Part) -> str:
    return "" if part.node is None else part.node.file


def _text(part: Part) -> str:
    return part.data if isinstance(part.data, str) else ""
