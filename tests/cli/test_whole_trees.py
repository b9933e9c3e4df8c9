"""`check --diff-base` and `diff` compare whole trees: both sides have every file that a renderer or deployer reads, and the remotes."""

from __future__ import annotations

import io
import shutil
import subprocess
import tarfile
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from scclint.files import remote_urls
from scclint.files.revision import checked_out, resolve
from tests.running import write_file
from tests.units.tools import needs_helm, needs_kustomize

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


def git(*words: str) -> str:
    who = ("-c", "user.name=a", "-c", "user.email=a@example.org", "-c", "commit.gpgsign=false")
    return subprocess.run(("git", *who, *words), check=True, capture_output=True, text=True).stdout.strip()


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
    git("add", "-A", "-f")
    git("commit", "-q", "--allow-empty", "-m", "change")


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
