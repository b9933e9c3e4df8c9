"""What a Flux Kustomization or HelmRelease deploys from the repository."""

import json
import os
from collections.abc import Mapping
from typing import Any, NamedTuple

from scclint.admission.rbac import service_account_name
from scclint.deploy.deployers import NO_FOLDER, Deployer, Deployments, laid_over, scalar
from scclint.deploy.unit import Deployment
from scclint.finding import Path
from scclint.objects.documents import data_of
from scclint.source import Span
from scclint.yaml.untyped import as_mapping, as_text, mappings, texts, value_at

_LONGEST_RELEASE = 53
_FIELDS = {"targetNamespace": "namespace", "namePrefix": "namePrefix", "nameSuffix": "nameSuffix"}
"""The fields of a Kustomization by what a kustomization calls them."""
_OUTSIDE = "its source lies outside the repository"


def of_kustomization(deployer: Deployer) -> Deployments:
    """What a Flux Kustomization deploys."""
    spec = as_mapping(deployer.data.get("spec"))
    path = spec.get("path") or ("." if spec.get("sourceRef") else "")
    folder = deployer.folder(as_text(path))
    if not _is_ours(deployer, spec, deployer.namespace, folder):
        yield deployer.unfollowed(("spec", "sourceRef"), _OUTSIDE)
    elif os.path.isdir(folder):
        fields = {ours: spec[key] for key, ours in _FIELDS.items() if spec.get(key)}
        patches, spans = _patches(deployer, spec, ("spec",))
        components = texts(spec.get("components"))
        if spec.get("ignoreMissingComponents") is True:
            components = [name for name in components if os.path.isdir(os.path.join(folder, name))]
        metadata = as_mapping(spec.get("commonMetadata"))
        fields |= {"patches": patches} if patches else {}
        fields |= {key: spec[key] for key in ("images",) if spec.get(key)}
        fields |= {"components": components} if components else {}
        if metadata.get("labels"):
            fields["labels"] = [{"pairs": metadata["labels"]}]
        if metadata.get("annotations"):
            where = {"path": "metadata/annotations", "create": True}
            transformer = {"apiVersion": "builtin", "kind": "AnnotationsTransformer", "metadata": {"name": "common"}}
            text = json.dumps({**transformer, "annotations": metadata["annotations"], "fieldSpecs": [where]}, indent=1)
            fields["transformers"] = [text]
        variables, files, unknown = _variables(deployer, spec)
        user, groups = _controller(deployer, "kustomize-controller")
        yield Deployment(
            "Kustomization",
            deployer.name,
            as_text(spec.get("targetNamespace")),
            folder,
            files,
            kustomization=json.dumps(fields) if fields else "",
            patch_spans=spans,
            variables=tuple(sorted(variables.items())) if variables else None,
            all_variables=not unknown,
            recurse=True,
            cluster=_cluster(spec),
            user=user,
            groups=groups,
        )
        for field, name in unknown:
            yield deployer.unfollowed(field, f"{name} is not in the input", folder)
    elif path:
        yield deployer.unfollowed(("spec", "path"), NO_FOLDER)


def _cluster(spec: Mapping[str, Any]) -> str:
    """The cluster that an object deploys to, by the Secret or ConfigMap that reaches it; empty for the one that Flux runs in."""
    references = as_mapping(spec.get("kubeConfig"))
    return next((f"kubeConfig {as_text(as_mapping(of).get('name'))}" for of in references.values()), "")


def _controller(deployer: Deployer, controller: str) -> tuple[str, tuple[str, ...]]:
    """The user as whom Flux deploys, and its other groups: the account that an object names, or else the controller's own.

    What `flux install` and its operator create binds the controllers to cluster-admin, as an installed cluster binds this group.
    """
    if account := as_text(value_at(deployer.data, ("spec", "serviceAccountName"))):
        return service_account_name(deployer.namespace, account), ()
    home = "flux-system"
    groups = ("system:serviceaccounts", f"system:serviceaccounts:{home}", "system:cluster-admins")
    return service_account_name(home, controller), groups


def _is_ours(deployer: Deployer, spec: Mapping[str, Any], home: str, folder: str) -> bool:
    """Whether a source is the repository: its URL names it. One that is not in the input is, unless its root is deployed.

    `home` is the namespace of the object that has the specification, and `folder` the real path of what it takes, if that exists here.
    """
    reference = as_mapping(spec.get("sourceRef"))
    kind, namespace = as_text(reference.get("kind")), as_text(reference.get("namespace")) or home
    if kind not in ("", "GitRepository", "OCIRepository", "ExternalArtifact"):
        return False
    source = deployer.repository.referred(kind, namespace, as_text(reference.get("name")))
    if source is None:
        return kind in ("", "GitRepository") or os.path.normpath(as_text(spec.get("path"))) != os.curdir
    # An artifact of OCI is named below its repository: `oci://ghcr.io/team/repo/manifests`.
    url = as_text(value_at(source.data, ("spec", "url")))
    names = filter(None, url.split("/") if kind == "OCIRepository" else [url])
    return any(deployer.repository.is_ours(name, folder and deployer.repository.name(folder)) for name in names)


def _patches(deployer: Deployer, spec: Mapping[str, Any], at: Path) -> tuple[list[dict[str, Any]], tuple[Span, ...]]:
    """The patches that an object has, as a kustomization has them, and their places."""
    patches: list[tuple[dict[str, Any], Path]] = []
    for number, patch in enumerate(mappings(spec.get("patches"))):
        patches.append(({key: patch[key] for key in ("patch", "target") if key in patch}, (*at, "patches", number)))
    for key in ("patchesStrategicMerge", "patchesJson6902"):
        for number, patch in enumerate(mappings(spec.get(key))):
            json_patch = {"patch": json.dumps(patch.get("patch"), indent=1), "target": patch.get("target")}
            whole = {"patch": json.dumps(patch, indent=1)} if key == "patchesStrategicMerge" else json_patch
            patches.append((whole, (*at, key, number)))
    return [patch for patch, _ in patches], tuple(deployer.span(path) for _, path in patches)


def _variables(deployer: Deployer, spec: Mapping[str, Any]) -> tuple[dict[str, str], tuple[str, ...], list[tuple[Path, str]]]:
    """What replaces variables after the build, the files that say so, and the references that are not in the input."""
    variables: dict[str, str] = {}
    files: list[str] = []
    unknown: list[tuple[Path, str]] = []
    for number, reference in enumerate(mappings(value_at(spec, ("postBuild", "substituteFrom")))):
        kind, name = as_text(reference.get("kind")), as_text(reference.get("name"))
        referred = deployer.repository.referred(kind, deployer.namespace, name)
        if referred is not None:
            variables |= deployer.repository.texts(referred)
            files += filter(None, [referred.file])
        elif reference.get("optional") is not True:
            unknown.append((("spec", "postBuild", "substituteFrom", number), f"{kind} {name}"))
    substitutes = as_mapping(value_at(spec, ("postBuild", "substitute")))
    variables |= {str(key): scalar(value) for key, value in substitutes.items()}
    return {key: value.replace("\n", "") for key, value in variables.items()}, tuple(files), unknown


class _FluxChart(NamedTuple):
    """The chart of a HelmRelease: the field that says which, the fields themselves, their namespace, and the file of another object."""

    at: Path
    spec: Mapping[str, Any]
    namespace: str
    file: str = ""


def _chart_of(deployer: Deployer, spec: Mapping[str, Any]) -> _FluxChart:
    reference = as_mapping(spec.get("chartRef"))
    chart = _FluxChart(("spec", "chart", "spec"), as_mapping(value_at(spec, ("chart", "spec"))), deployer.namespace)
    if reference.get("kind") != "HelmChart":
        return chart
    namespace = as_text(reference.get("namespace")) or deployer.namespace
    referred = deployer.repository.referred("HelmChart", namespace, as_text(reference.get("name")))
    if referred is None:
        return chart._replace(at=("spec", "chartRef"), namespace=namespace)
    return _FluxChart(("spec", "chartRef"), as_mapping(referred.data.get("spec")), namespace, referred.file)


def of_release(deployer: Deployer) -> Deployments:
    """What a HelmRelease deploys."""
    spec = as_mapping(deployer.data.get("spec"))
    at, chart, namespace, file = _chart_of(deployer, spec)
    folder = deployer.folder(as_text(chart.get("chart")))
    # Azure Arc fills in the repository that it follows where an object names no source.
    is_in_git = value_at(chart, ("sourceRef", "kind")) in (None, "GitRepository")
    ours = is_in_git and _is_ours(deployer, chart, namespace, folder)
    if not ours:
        yield deployer.unfollowed(("spec", "chartRef") if as_mapping(spec.get("chartRef")) else ("spec", "chart"), _OUTSIDE)
    elif not os.path.isdir(folder):
        yield deployer.unfollowed(at, "scclint does not unpack it" if folder else NO_FOLDER)
    else:
        target = as_text(spec.get("targetNamespace"))
        named = [*texts(chart.get("valuesFiles")), *filter(None, [as_text(chart.get("valuesFile"))])]
        values = [deployer.repository.inside(name) for name in named]
        inline_values, settings, files, unknown = _values(deployer, spec)
        renderers = enumerate(mappings(spec.get("postRenderers")))
        placed = (
            (("spec", "postRenderers", n, "kustomize"), as_mapping(renderer.get("kustomize"))) for n, renderer in renderers
        )
        post: list[tuple[Path, Mapping[str, Any]]] = [(path, kustomize) for path, kustomize in placed if kustomize]
        spans = [_patches(deployer, kustomize, (*path,))[1] for path, kustomize in post]
        fields = [{**kustomize, "patches": _patches(deployer, kustomize, path)[0]} for path, kustomize in post]
        user, groups = _controller(deployer, "helm-controller")
        yield Deployment(
            "HelmRelease",
            deployer.name,
            target or deployer.namespace,
            folder,
            (*filter(None, [file]), *files),
            (as_text(spec.get("releaseName")) or (f"{target}-{deployer.name}" if target else deployer.name))[:_LONGEST_RELEASE],
            tuple(path for path in values if path),
            json.dumps(inline_values) if inline_values else "",
            settings,
            post=json.dumps(fields) if fields else "",
            patch_spans=tuple(span for several in spans for span in several),
            cluster=_cluster(spec),
            user=user,
            groups=groups,
        )
        missing = chart.get("ignoreMissingValuesFiles") is not True
        for number in (number for number, path in enumerate(values) if not path and missing):
            yield deployer.unfollowed((*at, "valuesFiles", number), "there is no such file", folder)
        for field, name in unknown:
            yield deployer.unfollowed(field, f"{name} is not in the input", folder)


_Values = tuple[dict[str, Any], tuple[str, ...], tuple[str, ...], list[tuple[Path, str]]]


def _values(deployer: Deployer, spec: Mapping[str, Any]) -> _Values:
    """The values of a HelmRelease, the options of helm for single values, the files that say so, and references that are not in the input."""
    values: dict[str, Any] = {}
    settings: list[str] = []
    files: list[str] = []
    unknown: list[tuple[Path, str]] = []
    for number, reference in enumerate(mappings(spec.get("valuesFrom"))):
        kind, name = as_text(reference.get("kind")), as_text(reference.get("name"))
        referred = deployer.repository.referred(kind, deployer.namespace, name)
        text = (
            deployer.repository.texts(referred).get(as_text(reference.get("valuesKey")) or "values.yaml")
            if referred is not None
            else None
        )
        if referred is None or text is None:
            if reference.get("optional") is not True:
                unknown.append((("spec", "valuesFrom", number), f"{kind} {name}"))
            continue
        files += filter(None, [referred.file])
        if path := as_text(reference.get("targetPath")):
            quoted = text[:1] in ("'", '"') and text[-1:] == text[:1]
            settings.append(f"--set-string={path}={text[1:-1]}" if quoted else f"--set={path}={text}")
        else:
            data = data_of(text)
            values = laid_over(values, data) if isinstance(data, dict) else values
    return laid_over(values, as_mapping(spec.get("values"))), tuple(settings), tuple(files), unknown
