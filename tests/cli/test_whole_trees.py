"""`check --diff-base` and `diff` compare whole trees: both sides have every file that a renderer or deployer reads, and the remotes."""

from __future__ import annotations

import io
import shutil
import tarfile
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from scclint.deploy.render import Renderer, RendererOutput
from scclint.files import remote_urls
from scclint.files.revision import checked_out, resolve
from tests.deploy.tools import needs_helm, needs_kustomize
from tests.repository import git
from tests.running import write_file

if TYPE_CHECKING:
    from collections.abc import Mapping

    from tests.cli.conftest import Cli

Files = dict[str, str | bytes]

GRANT = """\
---
apiVersion: v1
kind: ServiceAccount
metadata: {name: app, namespace: shop}
---
apiVersion: rbac.authorization.k8s.io/v1
kind: RoleBinding
metadata: {name: app, namespace: shop}
roleRef: {apiGroup: rbac.authorization.k8s.io, kind: ClusterRole, name: "system:openshift:scc:privileged"}
subjects: [{kind: ServiceAccount, name: app, namespace: shop}]
"""


def workload(*, privileged: bool) -> str:
    """A Deployment that restricted-v2 admits, or one that only privileged admits, and its grant."""
    least = "{allowPrivilegeEscalation: false, runAsNonRoot: true, capabilities: {drop: [ALL]}, seccompProfile: {type: RuntimeDefault}}"
    context = "{privileged: true}" if privileged else least
    return f"""\
apiVersion: apps/v1
kind: Deployment
metadata: {{name: web, namespace: shop}}
spec:
  selector: {{matchLabels: {{app: web}}}}
  template:
    metadata: {{labels: {{app: web}}}}
    spec:
      serviceAccountName: app
      containers:
        - name: web
          image: registry.example/web:1
          securityContext: {context}
{GRANT}"""


GOOD, BAD = workload(privileged=False), workload(privileged=True)


def chart(files: Files) -> Files:
    return {"c/Chart.yaml": "apiVersion: v2\nname: c\nversion: 1.0.0\n", "c/values.yaml": "a: 1\n"} | files


def packed(text: str) -> bytes:
    """A packed chart with a template."""
    stream = io.BytesIO()
    with tarfile.open(fileobj=stream, mode="w:gz") as archive:
        for name, content in (
            ("s/Chart.yaml", "apiVersion: v2\nname: s\nversion: 1.0.0\n"),
            ("s/templates/d.yaml", text),
        ):
            member = tarfile.TarInfo(name)
            member.size = len(content)
            archive.addfile(member, io.BytesIO(content.encode()))
    return stream.getvalue()


def application(kind: str, url: str = "https://git.example.com/x/shop.git") -> str:
    if kind == "argo":
        return f"""\
apiVersion: argoproj.io/v1alpha1
kind: Application
metadata: {{name: shop, namespace: openshift-gitops}}
spec:
  project: default
  destination: {{server: https://kubernetes.default.svc, namespace: shop}}
  source: {{repoURL: {url}, targetRevision: HEAD, path: deploy}}
"""
    return f"""\
apiVersion: source.toolkit.fluxcd.io/v1
kind: GitRepository
metadata: {{name: shop, namespace: flux-system}}
spec: {{url: {url}, interval: 1m}}
---
apiVersion: kustomize.toolkit.fluxcd.io/v1
kind: Kustomization
metadata: {{name: shop, namespace: flux-system}}
spec: {{sourceRef: {{kind: GitRepository, name: shop}}, path: deploy, prune: true, interval: 1m}}
"""


def forms(text: str) -> Mapping[str, Files]:
    """Trees in which a file that is called like no manifest decides what is deployed: one with this text."""
    kustomization = "resources: [{}]\n"
    dependency = "apiVersion: v2\nname: c\nversion: 1.0.0\ndependencies: [{name: s, version: 1.0.0}]\n"
    return {
        "packed subchart": chart({"c/Chart.yaml": dependency, "c/charts/s-1.0.0.tgz": packed(text)}),
        "text that a template gets": chart({"c/templates/d.yaml": '{{ .Files.Get "files/pod.txt" }}', "c/files/pod.txt": text}),
        "template of another suffix": chart({"c/templates/d.txt2": text}),
        "resource of another suffix": {"k/kustomization.yaml": kustomization.format("d.txt"), "k/d.txt": text},
        "resource in another folder": {
            "k/o/kustomization.yaml": kustomization.format("../b"),
            "k/b/kustomization.yaml": kustomization.format("d.txt"),
            "k/b/d.txt": text,
        },
        "folder that export-ignore leaves out of archives": {".gitattributes": "deploy export-ignore\n", "deploy/d.yaml": text},
        "file that git would ignore": {".gitignore": "*.yaml\n", "deploy/d.yaml": text},
        "link": {"deploy/d.yaml": "", "d.txt": text},
    }


FORMS = list(forms(""))
NEEDS = {"packed": needs_helm, "text": needs_helm, "template": needs_helm, "resource": needs_kustomize}


def commit(files: Mapping[str, str | bytes], remote: str = "https://git.example.com/x/shop.git") -> None:
    """Commit these files, and no others."""
    if not Path(".git").exists():
        git("init", "-q", "-b", "main")
        git("remote", "add", "origin", remote)
    for path in Path().iterdir():
        if path.name != ".git":
            shutil.rmtree(path) if path.is_dir() else path.unlink()
    for name, content in files.items():
        if isinstance(content, bytes):
            Path(name).parent.mkdir(parents=True, exist_ok=True)
            Path(name).write_bytes(content)
        elif not content:
            Path(name).parent.mkdir(parents=True, exist_ok=True)
            Path(name).symlink_to("../d.txt")
        else:
            write_file(name, content)
    commit_all()


def statuses(cli: Cli, *paths: str) -> tuple[int, int]:
    """The status of `check --diff-base` and of `diff` for the last commit."""
    checked, compared = cli("check", "--diff-base", "HEAD~1", *(paths or (".",))), cli("diff", "HEAD~1", "HEAD")
    assert "could not" not in checked.err and "judged unrendered" not in checked.err + compared.err, checked.err + compared.err
    return checked.status, compared.status


@pytest.mark.parametrize(
    "form", [pytest.param(form, marks=[mark] if (mark := NEEDS.get(form.split()[0])) else []) for form in FORMS]
)
def test_a_change_of_a_file_of_any_name(here: Path, cli: Cli, form: str) -> None:
    commit(forms(GOOD)[form])
    commit(forms(BAD)[form])
    assert statuses(cli) == (1, 1)
    commit({**forms(BAD)[form], "README.md": "Nothing new.\n"})
    assert statuses(cli) == (0, 0)


@needs_kustomize
def test_a_part_of_the_tree_is_compared_with_what_it_reads_outside_of_it(here: Path, cli: Cli) -> None:
    """The base of an overlay is in the work tree, though not in the folder that is checked."""
    commit(forms(BAD)["resource in another folder"])
    commit({**forms(BAD)["resource in another folder"], "README.md": "Nothing new.\n"})
    assert cli("check", "k/o").status == 1
    assert statuses(cli, "k/o") == (0, 0)


@pytest.mark.parametrize("kind", ["argo", "flux"])
@pytest.mark.parametrize("url", ["https://git.example.com/x/shop.git", "git@git.example.com:x/shop"])
def test_the_base_is_of_the_same_repository(here: Path, cli: Cli, kind: str, url: str) -> None:
    """What an Application or a Kustomization deploys from this repository is known on both sides."""
    base: Files = {"apps/a.yaml": application(kind, url), "deploy/d.yaml": GOOD}
    commit(base)
    commit({**base, "deploy/d.yaml": BAD})
    assert statuses(cli) == (1, 1)
    commit({**base, "deploy/d.yaml": BAD, "README.md": "Nothing new.\n"})
    assert statuses(cli) == (0, 0)
    units = cli("units").out
    commit(base)
    commit({**base, "apps/a.yaml": application(kind, url).replace("path: deploy", "path: new"), "new/d.yaml": BAD})
    assert "deploy" in units and statuses(cli)[1] == 1


def test_a_repository_without_remotes_is_called_as_its_folder(here: Path, cli: Cli, monkeypatch: pytest.MonkeyPatch) -> None:
    Path("shop").mkdir()
    monkeypatch.chdir("shop")
    base: Files = {"apps/a.yaml": application("argo"), "deploy/d.yaml": GOOD}
    commit(base)
    git("remote", "remove", "origin")
    commit({**base, "deploy/d.yaml": BAD})
    compared = cli("diff", "HEAD~1", "HEAD")
    assert (compared.status, "another repository" in compared.err) == (1, False)


def test_a_password_in_the_url_of_a_remote_is_written_nowhere_else(here: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The configuration of the copy is in a folder of this user alone, and no program gets the URL as an argument."""
    commit({"a.yaml": GOOD}, 'https://user:pass"word\\@git.example.com/x/shop.git')
    with checked_out(resolve("HEAD", ".")) as copy:
        assert remote_urls(copy) == remote_urls(".")
        assert Path(copy).parent.stat().st_mode & 0o077 == 0


LAX = (
    "exclude: ['**']\nforce-exclude: true\n",
    "exclude: [a.yaml]\n",
    "cluster: {platform: kubernetes}\n",
    "units: [{path: b, name: b}]\nexclude: ['*.yaml']\n",
    "ignore: [ALL]\n",
    "ignores: [{rule: ALL, reason: r}]\n",
)


@pytest.mark.parametrize(
    ("settings", "how"), [*((settings, "new") for settings in LAX), *((LAX[0], how) for how in ("changed", "nested", "link"))]
)
def test_settings_that_a_change_adds_do_not_count(here: Path, cli: Cli, settings: str, how: str) -> None:
    before: Files = {"a/a.yaml": GOOD, "README.md": "Shop.\n"}
    if how == "changed":
        before[".scclint.yaml"] = "show-suppressed: true\n"
    if how == "link":
        # What a test of the settings has in the base is not what holds there.
        before["tests/lax.yaml"] = settings
    commit(before)
    after: Files = {**before, "a/a.yaml": BAD}
    if how == "nested":
        after["a/.scclint.yaml"] = settings
    elif how != "link":
        after[".scclint.yaml"] = settings
    commit(after)
    if how == "link":
        Path(".scclint.yaml").symlink_to("tests/lax.yaml")
        commit_all()
    base = "HEAD~2" if how == "link" else "HEAD~1"
    assert cli("check", "--diff-base", base, "a" if how == "nested" else ".").status == 1
    assert cli("diff", base, "HEAD").status == 1


@pytest.mark.parametrize("states", ["HEAD~1..HEAD", "HEAD~1...HEAD", "HEAD~1"])
def test_settings_that_a_change_adds_do_not_count_however_states_are_named(here: Path, cli: Cli, states: str) -> None:
    commit({"a.yaml": GOOD})
    commit({"a.yaml": BAD, ".scclint.yaml": "exclude: [a.yaml]\n"})
    assert cli("diff", states).status == 1


def test_settings_of_the_base_hold(here: Path, cli: Cli) -> None:
    """Also where the change takes them away, and where `--config` names the file."""
    settings = "exclude: [a]\n"
    before: Files = {"a/a.yaml": GOOD, "b.yaml": GOOD.replace("name: web", "name: b"), "ci.yaml": settings}
    commit({**before, ".scclint.yaml": settings})
    commit({**before, "a/a.yaml": BAD})
    assert statuses(cli) == (0, 0)
    assert "note: the settings are those of HEAD~1" in cli("diff", "HEAD~1", "HEAD").err
    assert cli("check", "--diff-base", "HEAD~1", "--isolated").status == 1
    assert cli("diff", "--isolated", "HEAD~1", "HEAD").status == 1
    commit(before)
    commit({**before, "a/a.yaml": BAD, "ci.yaml": "show-suppressed: true\n"})
    assert statuses(cli) == (1, 1)
    assert cli("check", "--diff-base", "HEAD~1", "--config", "ci.yaml").status == 0
    assert cli("diff", "--config", "ci.yaml", "HEAD~1", "HEAD").status == 0


@pytest.mark.parametrize("how", ["settings", "command line"])
def test_the_cluster_that_a_change_describes_does_not_count(here: Path, cli: Cli, how: str) -> None:
    """A change that needs an SCC says in the same commit that the cluster grants it already."""
    root = GOOD.replace("runAsNonRoot: true", "runAsUser: 0").replace(", seccompProfile: {type: RuntimeDefault}", "")
    root = root.partition("---")[0]
    state = "apiVersion: v1\nkind: Namespace\nmetadata: {name: shop}\n"
    grant = GRANT.replace("privileged", "anyuid")
    base: Files = {"a.yaml": GOOD.partition("---")[0], "cluster/state.yaml": state}
    if how == "settings":
        base[".scclint.yaml"] = "cluster: {state: [cluster]}\n"
    words = (
        ("a.yaml", "--select", "SCC101")
        if how == "settings"
        else ("a.yaml", "--select", "SCC101", "--cluster-state", "cluster")
    )
    commit(base)
    commit({**base, "a.yaml": root, "cluster/state.yaml": state + grant})
    assert cli("check", *words).status == 0, cli("check", *words).out
    checked = cli("check", "--diff-base", "HEAD~1", *words)
    assert (checked.status, "SCC101" in checked.out, "scclint-" in checked.out + checked.err) == (1, True, False)
    assert cli("diff", *words[3:], "HEAD~1", "HEAD").status == 1


@needs_helm
def test_values_that_the_settings_name_are_those_of_each_side(here: Path, cli: Cli) -> None:
    template = GOOD.replace("{allowPrivilegeEscalation", "{privileged: {{ .Values.p }}, allowPrivilegeEscalation").replace(
        "allowPrivilegeEscalation: false", "allowPrivilegeEscalation: {{ .Values.p }}"
    )
    base = chart({"c/templates/d.yaml": template, ".scclint.yaml": "helm-values: [prod.txt]\n", "prod.txt": "p: false\n"})
    commit(base)
    commit({**base, "prod.txt": "p: true\n"})
    assert statuses(cli) == (1, 1)


def commit_all() -> None:
    git("add", "-A", "-f")
    git("commit", "-q", "--allow-empty", "-m", "change")


KUSTOMIZATIONS: Files = {
    f"{name}/{file}": text.replace("name: web", f"name: {name}")
    for name in "abc"
    for file, text in (("kustomization.yaml", "resources: [d.yaml]\n"), ("d.yaml", GOOD + "#" * 50_000 + "\n"))
}
IMAGE = "FROM registry.example/base:1\nUSER {}\n"
BUILD = "podman build -t registry.example/web:1 -f Containerfile .\n"


@needs_kustomize
@pytest.mark.parametrize("words", [("check", "--diff-base", "HEAD~1", "--no-cache"), ("diff", "HEAD~1", "HEAD")])
def test_what_is_the_same_is_rendered_once(
    here: Path, cli: Cli, monkeypatch: pytest.MonkeyPatch, words: tuple[str, ...]
) -> None:
    commit(KUSTOMIZATIONS)
    commit({**KUSTOMIZATIONS, "b/d.yaml": BAD.replace("name: web", "name: b")})
    built: list[str] = []
    build = Renderer.build_kustomize

    def counted(self: Renderer, folder: str, *arguments: Any, origins: bool = False, **more: Any) -> RendererOutput:
        built.extend([] if origins else [folder])
        return build(self, folder, *arguments, origins=origins, **more)

    monkeypatch.setattr(Renderer, "build_kustomize", counted)
    assert cli(*words).status == 1
    assert sorted(built) == ["a", "b", "b", "c"]


@needs_kustomize
@pytest.mark.parametrize(
    "change",
    [
        {},
        {"README.md": "Nothing.\n"},
        {"b/d.yaml": BAD},
        {"a/kustomization.yaml": "resources: [d.yaml, ../b]\n"},
        {"shop.yaml": "apiVersion: v1\nkind: Namespace\nmetadata: {name: shop, labels: {openshift.io/run-level: '0'}}\n"},
        {"shop.yaml": GRANT.replace("privileged", "anyuid")},
        {"Containerfile": IMAGE.format(0)},
        {"b/d.yaml": GOOD.partition("---")[0]},
    ],
)
def test_what_is_judged_once_is_as_if_it_was_judged_twice(
    here: Path, cli: Cli, monkeypatch: pytest.MonkeyPatch, change: Files
) -> None:
    """Units depend on others: on grants, namespaces, and on images that are built beside them."""
    base: Files = {**KUSTOMIZATIONS, "Containerfile": IMAGE.format(1001), "build.sh": BUILD}
    commit(base)
    commit({**base, **change})
    commands = (
        ("check", "--diff-base", "HEAD~1", "--format", "json"),
        ("diff", "HEAD~1", "HEAD", "--format", "json"),
    )
    once = [cli(*command) for command in commands]
    again = [cli(*command) for command in commands]
    monkeypatch.setattr("scclint.run.stored_results.content_key", lambda unit, run, *, by_rules=True: "")
    assert once == again == [cli(*command) for command in commands]
