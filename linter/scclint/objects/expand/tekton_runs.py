"""What Tekton's objects refer to in other objects of the input: a run to its Task or Pipeline, a step to its StepAction."""

import os
from collections.abc import Iterable, Iterator
from itertools import chain, product, repeat

from scclint.limits import MAX_REPEATED, MAX_TASK_REFERENCES
from scclint.objects.expand.sourced_value import NOTHING, SourcedValue, in_list, in_mapping, values_in
from scclint.objects.types import Item
from scclint.record import Memo, grouped, record
from scclint.yaml.nodes import node_at
from scclint.yaml.untyped import as_mapping, as_text

_OF_ACTIONS_ALONE = ("description", "params", "results")
_LEFT_TO_ACTIONS = ("image", "securityContext")


@record
class RunOverrides:
    """The service account and the pod template that a run sets for the pod of a task. Empty if it does not set them.

    `by` is the run, if it is not the object that contains the task.
    """

    account: SourcedValue = NOTHING
    template: SourcedValue = NOTHING
    by: SourcedValue = NOTHING

    @property
    def namespace(self) -> str:
        return _text(self.by.at("metadata", "namespace"))

    @property
    def sets(self) -> tuple[object, ...]:
        """All that the run sets and verdicts may depend on; empty if it leaves everything to the defaults."""
        values = (self.account.data or None, self.template.data or None, _marks(self.by) or None)
        return values if any(values) else ()


def distinct(runs: Iterable[RunOverrides]) -> Iterator[RunOverrides]:
    """The first of the runs that set the same; one with the defaults if there is none."""
    alike: dict[tuple[int, ...], RunOverrides] = {}
    keys: set[str] = set()
    for run in runs:
        # Many tasks of one run share its template, which may be large.
        same = id(run.account.data), id(run.template.data), id(run.by.data)
        if same in alike:
            continue
        # Kept, because Python reuses the ids of values that are gone.
        alike[same] = run
        key = repr((run.sets, run.namespace))
        if key not in keys:
            keys.add(key)
            yield run
    if not keys:
        yield RunOverrides()


def tasks_of(pipeline: SourcedValue) -> Iterator[SourcedValue]:
    """The tasks of a pipeline's spec, in order."""
    for key in ("tasks", "finally"):
        yield from pipeline.at(key).items


def held_tasks(whole: SourcedValue) -> Iterator[SourcedValue]:
    """The tasks that a Pipeline or PipelineRun holds."""
    kind = whole.at("kind").data
    if kind in ("Pipeline", "PipelineRun"):
        yield from tasks_of(whole.at("spec") if kind == "Pipeline" else whole.at("spec", "pipelineSpec"))


class PipelineRun:
    """What a PipelineRun sets for the tasks of its pipeline; without one, nothing.

    `by` is the run, where it is another object than the one that holds the tasks.
    """

    def __init__(self, whole: SourcedValue = NOTHING, by: SourcedValue = NOTHING) -> None:
        self.whole = whole
        self._by = by
        self._spec = whole.at("spec")
        self._own = grouped((_text(entry.at("pipelineTaskName")), entry) for entry in self._spec.at("taskRunSpecs").items)
        self._memo = Memo()

    @property
    def is_too_large(self) -> bool:
        """Return whether its pod template, which the templates of single tasks override, has too many values to copy for each task."""
        joined = sum(any(map(_template_of, alike)) for alike in self._own.values())
        return joined * values_in(self._template.data) > MAX_REPEATED

    @property
    def _template(self) -> SourcedValue:
        # Beside the template of all runs is where v1beta1 has it.
        return self._spec.at("taskRunTemplate", "podTemplate") or self._spec.at("podTemplate")

    def run_of(self, name: SourcedValue) -> RunOverrides:
        """What it sets for the task of that name."""
        key = _text(name)
        return self._memo(key, lambda: self._run_of(self._own.get(key, ())))

    def _run_of(self, entries: Iterable[SourcedValue]) -> RunOverrides:
        account = self._spec.at("taskRunTemplate", "serviceAccountName") or self._spec.at("serviceAccountName")
        templates = [self._template]
        for entry in entries:
            account = entry.at("serviceAccountName") or entry.at("taskServiceAccountName") or account
            templates.append(_template_of(entry))
        return RunOverrides(account, _joined(templates), self._by)

    @property
    def sets(self) -> str:
        """Return a key for all values that the run can set for a task."""
        spec = self._spec
        fields = [spec.at(key).data for key in ("taskRunTemplate", "serviceAccountName", "podTemplate", "taskRunSpecs")]
        return repr((_namespace(self.whole), _marks(self.whole), *fields))


def _template_of(entry: SourcedValue) -> SourcedValue:
    """The pod template of an entry for one task."""
    return entry.at("podTemplate") or entry.at("taskPodTemplate")


def _joined(templates: Iterable[SourcedValue]) -> SourcedValue:
    """Return pod templates merged field by field; the last one wins. Volumes are merged by name."""
    stated_templates = [template for template in templates if template]
    if len(stated_templates) < 2:
        return stated_templates[0] if stated_templates else NOTHING
    fields: dict[str, SourcedValue] = {}
    volumes: dict[str, list[SourcedValue]] = {}
    for template in stated_templates:
        parts = {key: part for key, part in template.fields.items() if part.data is not None}
        fields |= parts
        named = grouped((_text(volume.at("name")), volume) for volume in parts.get("volumes", NOTHING).items)
        volumes = {name: alike for name, alike in volumes.items() if name not in named} | named
    if volumes:
        fields["volumes"] = in_list((volume for alike in volumes.values() for volume in alike), fields["volumes"])
    return in_mapping(fields, stated_templates[-1])


class References:
    """The Tekton objects of an input and the references between them.

    A name refers to the object with that name and namespace in the same file, else in the same folder, else anywhere, if there
    is only one.
    """

    def __init__(self, items: Iterable[Item]) -> None:
        self._known: dict[tuple[str, ...], SourcedValue] = {}
        self._runs: dict[int, list[RunOverrides]] = {}
        self._pipeline_runs: dict[int, dict[str, PipelineRun]] = {}
        self._spent: dict[int, int] = {}
        self._cut: set[int] = set()
        self._resolved: set[int] = set()
        self._repeated = 0
        wholes = [SourcedValue(item.data, node_at(item.root, item.path), item.path) for item in items]
        for whole in wholes:
            name = _text(whole.at("kind")), _namespace(whole), _text(whole.at("metadata", "name"))
            for place in _places(whole):
                # A name that two objects have refers to neither.
                self._known[(*name, *place)] = NOTHING if (*name, *place) in self._known else whole
        for whole in wholes:
            if whole.at("kind").data == "TaskRun":
                spec = whole.at("spec")
                run = RunOverrides(spec.at("serviceAccountName"), spec.at("podTemplate"), whole)
                self._refer(whole, spec.at("taskRef"), run)
            elif whole.at("kind").data == "PipelineRun":
                self._refer_by_pipeline(PipelineRun(whole, whole))

    def runs_of_task(self, whole: SourcedValue) -> list[RunOverrides]:
        """What in the input runs a Task."""
        return self._runs.get(id(whole.node), [])

    def runs_of_pipeline(self, whole: SourcedValue) -> Iterable[PipelineRun]:
        """The PipelineRuns of a Pipeline that set different values."""
        return self._pipeline_runs.get(id(whole.node), {}).values()

    def is_cut(self, whole: SourcedValue) -> bool:
        """Whether there are more PipelineRuns of a Pipeline, which were not looked at since they are too many."""
        return id(whole.node) in self._cut

    def resolves(self, whole: SourcedValue) -> bool:
        """Whether a run refers to something that is in the input."""
        return id(whole.node) in self._resolved

    def may_repeat(self, task: SourcedValue, run: RunOverrides, holder: SourcedValue, *, again: bool) -> bool:
        """Return whether the limit allows one more pod from a task spec of the object `holder`.

        Values that come from elsewhere or from `stepTemplate` count for each use, those of a spec that is run `again` for each run.
        """
        steps = task.at("steps").items
        actions = (self.action(step, holder)[0].at("spec") for step in steps)
        repeated = chain([run.template], [task] if again else [], repeat(task.at("stepTemplate"), len(steps)), actions)
        for part in filter(None, repeated):
            if self._repeated <= MAX_REPEATED:
                self._repeated += values_in(part.data)
            if self._repeated > MAX_REPEATED:
                return False
        return True

    def action(self, step: SourcedValue, holder: SourcedValue) -> tuple[SourcedValue, str]:
        """The StepAction that a step of the object `holder` refers to; and why there is none, where it refers to one."""
        ref = step.at("ref")
        if not ref:
            return NOTHING, ""
        action, missing = self._target(ref, "StepAction", holder)
        return action, "" if action else f"a step is {missing}"

    def step(self, step: SourcedValue, holder: SourcedValue) -> tuple[SourcedValue, str]:
        """A step with what its StepAction gives it, which image and security context come from alone; and why not, if it cannot.

        `holder` is the object that has the step.
        """
        action, missing = self.action(step, holder)
        if not action:
            return step, missing
        action_fields = {key: part for key, part in action.at("spec").fields.items() if key not in _OF_ACTIONS_ALONE}
        step_fields = {key: part for key, part in step.fields.items() if key not in _LEFT_TO_ACTIONS}
        return in_mapping({**step_fields, **action_fields}, step), ""

    def _refer(self, whole: SourcedValue, ref: SourcedValue, run: RunOverrides) -> None:
        target, _ = self._target(ref, "Task", whole)
        if target:
            self._runs.setdefault(id(target.node), []).append(run)
            self._resolved.add(id(whole.node))

    def _refer_by_pipeline(self, run: PipelineRun) -> None:
        if run.is_too_large:
            return
        spec = run.whole.at("spec")
        pipeline = spec.at("pipelineSpec")
        target, _ = self._target(spec.at("pipelineRef"), "Pipeline", run.whole)
        if target:
            self._resolved.add(id(run.whole.node))
            key, pipeline, sets = id(target.node), target.at("spec"), run.sets
            runs = self._pipeline_runs.setdefault(key, {})
            if sets in runs:
                return
            if self._spent.get(key, 0) > MAX_TASK_REFERENCES:
                self._cut.add(key)
                return
            self._spent[key] = self._spent.get(key, 0) + sum(1 for _ in tasks_of(pipeline))
            runs[sets] = run
        for task in tasks_of(pipeline):
            self._refer(run.whole, task.at("taskRef"), run.run_of(task.at("name")))

    def missing(self, whole: SourcedValue) -> Iterator[tuple[SourcedValue, str]]:
        """Return the references of an object that the input does not resolve: the name of the task, and what is missing."""
        kind, spec = whole.at("kind").data, whole.at("spec")
        refs = [(NOTHING, spec.at("taskRef"), "Task")] if kind == "TaskRun" else []
        refs += [(NOTHING, spec.at("pipelineRef"), "Pipeline")] if kind == "PipelineRun" else []
        refs += [(task.at("name"), task.at("taskRef"), "Task") for task in held_tasks(whole)]
        for name, ref, meant in refs:
            why = self._target(ref, meant, whole)[1] if ref else ""
            if why:
                yield name, f"it runs {why}"

    def _target(self, ref: SourcedValue, kind: str, near: SourcedValue) -> tuple[SourcedValue, str]:
        """Return the task of a reference, or why the input does not contain it. A custom task has no pod, so it gives neither."""
        version, name = _text(ref.at("apiVersion")), _text(ref.at("name"))
        if version and not version.startswith("tekton.dev/"):
            return NOTHING, ""
        kind = _text(ref.at("kind")) or kind
        if not name or ref.at("resolver") or ref.at("bundle"):
            return NOTHING, f"a {kind} of another source, which is not in the input"
        # An object that sets no namespace is applied to one that the input does not name, which may be the same.
        namespaces = dict.fromkeys(("" if kind == "ClusterTask" else _namespace(near), ""))
        for namespace, place in product(namespaces, _places(near)):
            if (target := self._known.get((kind, namespace, name, *place))) is not None:
                return target, "" if target else f"{kind} {name}, of which the input has more than one"
        return NOTHING, f"{kind} {name}, which is not in the input"


def _places(whole: SourcedValue) -> Iterator[tuple[str, ...]]:
    """Where an object is, from near to far."""
    file = "" if whole.node is None else whole.node.file
    yield "file", file
    yield "folder", os.path.dirname(file)
    yield ()


def _marks(whole: SourcedValue) -> dict[str, object]:
    """The annotations of an object that may decide on its pods."""
    annotations = as_mapping(whole.at("metadata", "annotations").data)
    return {key: value for key, value in annotations.items() if "scc" in key or "seccomp" in key}


def _namespace(whole: SourcedValue) -> str:
    return _text(whole.at("metadata", "namespace"))


def _text(part: SourcedValue) -> str:
    return as_text(part.data)
