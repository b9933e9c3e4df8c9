"""What became of the input: every document in one place of the tally, and a notice for what was seen and not judged."""

from collections.abc import Iterator, Mapping, Sequence
from contextlib import suppress

from scclint.config.model import Config
from scclint.engine.inputs import Inputs
from scclint.finding import Notice, Tally
from scclint.model.object import ApiObject, UnknownKind
from scclint.model.unknown import is_open
from scclint.model.workload import Workload
from scclint.text import and_more
from scclint.world import World


def tally(inputs: Inputs, objects: Sequence[ApiObject]) -> Tally:
    """Every document of the targets in exactly one place; of the parsed ones those count as linted that gave an object."""
    partial = {id(o.document) for o in objects if o.partial}
    linted = {id(o.document) for o in objects} - partial
    documents = [d for d in inputs.targets if d.status != "empty"]
    unsupported = sum(d.status == "template" or id(d) in partial for d in documents)
    unparsable = sum(d.status == "unparsable" for d in documents)
    number = len(documents) + sum(inputs.passed.values())
    return Tally(
        files=len(inputs.read),
        documents=number,
        linted=len(linted),
        other=number - len(linted) - unsupported - unparsable,
        unsupported=unsupported,
        unparsable=unparsable,
        workloads=sum(isinstance(o, Workload) and not o.partial for o in objects),
    )


def notices_on(inputs: Inputs, objects: Sequence[ApiObject], worlds: Mapping[str, World], config: Config) -> list[Notice]:
    """What no finding tells of the targets, whose objects these are, said once for each sort."""
    world = next(iter(worlds.values()))
    return [
        *_passed_over(inputs, objects),
        *_unknown(world, objects),
        *_assumed(world, objects),
        *_unfollowed(world),
        *_needless_parameters(inputs, config),
    ]


def _passed_over(inputs: Inputs, objects: Sequence[ApiObject]) -> list[Notice]:
    """Sources that another tool renders, kinds that nobody knows, and patches."""
    notices = []
    templates = sorted({d.file for d in inputs.targets if d.status == "template"})
    if templates:
        advice = "lint what it renders to; of a chart, `helm template . | scclint check -`"
        notices.append(Notice("note", f"{and_more(templates, 1)}: template source, not judged; {advice}"))
    unread = [o for o in objects if isinstance(o, UnknownKind)]
    if unnamed := [o for o in unread if _has_open_kind(o)]:
        more = f"; nor {'is' if len(unnamed) == 2 else 'are'} {len(unnamed) - 1} more such" if len(unnamed) > 1 else ""
        first = f"{unnamed[0].file}:{unnamed[0].place.span.line}: {unnamed[0].named}"
        notices.append(Notice("note", f"{first}: not judged, since its kind is still to be filled in{more}"))
    if unread := [o for o in unread if not _has_open_kind(o)]:
        notices.append(_unread(unread))
    partial = [o for o in objects if o.partial and not isinstance(o, UnknownKind)]
    if partial:
        first = f"{partial[0].file}: {partial[0].named}: partial, like a patch, and not judged, because {partial[0].partial}"
        rest = len(partial) - 1
        more = f"; nor {'is' if rest == 1 else 'are'} {rest} more such" if rest else ""
        notices.append(Notice("note", first + more))
    return notices


def _has_open_kind(obj: ApiObject) -> bool:
    return is_open(obj.kind) or is_open(obj.api_version)


def _unread(unread: Sequence[UnknownKind]) -> Notice:
    """Objects of which nobody knows what pods come of them."""
    kinds = sorted({o.kind for o in unread})
    make = f"kinds {', '.join(kinds)} make" if len(kinds) > 1 else f"kind {kinds[0]} makes"
    advice = "`pod-templates` in the configuration says where a kind keeps a pod template"
    text = f"not judged: scclint does not know which pods {make} of it; {advice}"
    named = and_more((f"{o.file}: {o.named}" for o in unread), 1)
    return Notice("note", f"{named}: {text}")


def _unknown(world: World, objects: Sequence[ApiObject]) -> Iterator[Notice]:
    """Workloads without a verdict, which no rule about verdicts speaks of."""
    unknown: dict[str, list[tuple[Workload, str]]] = {"error": [], "warning": [], "note": []}
    for obj in objects:
        # Where looking fails, the rules that asked for the outcome have told.
        with suppress(Exception):
            if isinstance(obj, Workload) and not obj.partial and (why := world.why_unknown(obj)) is not None:
                # What lies elsewhere is nobody's mistake; what is beyond a limit must not pass for judged.
                unknown["error" if obj.provenance.beyond else "note" if obj.provenance.elsewhere else "warning"].append(
                    (obj, why.text)
                )
    for level, found in unknown.items():
        if found:
            workload, text = found[0]
            more = f"; nor on {len(found) - 1} more" if len(found) > 1 else ""
            yield Notice(level, f"{workload.file}: {workload.named}: no verdict, because {text}{more}")


def _assumed(world: World, objects: Sequence[ApiObject]) -> Iterator[Notice]:
    """What verdicts rest on that is neither in the input nor a part of OpenShift itself."""
    tasks = any(isinstance(obj, Workload) and obj.group == "tekton.dev" for obj in objects)
    if not tasks or world.cluster.platform != "openshift":
        return
    from scclint.cluster.pipelines import SCC

    if world.scc(SCC) is None:
        yield Notice(
            "note",
            "Tekton tasks are judged as OpenShift Pipelines runs them, unless the input says otherwise: as service account pipeline, "
            f"which may use SCC {SCC}, by a controller that may use SCC nonroot",
        )


def _unfollowed(world: World) -> Iterator[Notice]:
    """Grants that may be there and are not taken into account."""
    if names := world.unfollowed:
        text = "aggregates too many others for all it grants to be worked out: verdicts may miss a grant"
        yield Notice("warning", f"ClusterRole {and_more(names, 1)}: {text}")


def _needless_parameters(inputs: Inputs, config: Config) -> Iterator[Notice]:
    """Values given on the command line for parameters that no Template has; `oc process` refuses them."""
    if config.origins.get("params") != "command line":
        return
    from scclint.expand.template import declared
    from scclint.yaml.nodes import to_data

    templates = [to_data(d.root) for d in inputs.documents if d.kind == "Template" and d.root is not None]
    known = {name for template in templates for name in declared(template)}
    for name in sorted(config.params.keys() - known):
        yield Notice("warning", f"parameter {name} was given a value, but no Template has a parameter of that name")
