"""The extension for Visual Studio Code: it can be packaged, holds its client, and starts the server that there is."""

import json
import shutil
import subprocess
import zipfile
from pathlib import Path

import pytest

from scclint import __version__
from scclint.cli.commands import build

ROOT = Path(__file__).parents[3]
EXTENSION = ROOT / "editors" / "vscode"
VSCE = EXTENSION / "node_modules" / ".bin" / "vsce"


START = """
// Activates the unpacked extension in an editor that has only what the extension calls, with its own client in place of the protocol's.
const Module = require("module");
const load = Module._load;
let given;
class LanguageClient {
  constructor(id, name, server) { given = server; }
  async start() {}
}
const vscode = {
  commands: { registerCommand: (name) => console.log(name) },
  window: {}, env: {},
  workspace: { getConfiguration: () => ({ get: (key) => ({ command: "scclint", arguments: [] })[key] }) },
};
Module._load = function (name, ...rest) {
  if (name === "vscode") return vscode;
  if (name === "vscode-languageclient/node") {
    require.resolve(name, { paths: [`${__dirname}/extension`] });
    return { LanguageClient };
  }
  return load.call(this, name, ...rest);
};
require("./extension/extension.js").activate({ subscriptions: [] }).then(() => console.log(JSON.stringify(given)));
"""


def manifest() -> dict[str, object]:
    found = json.loads((EXTENSION / "package.json").read_text())
    assert isinstance(found, dict)
    return found


def test_the_version_is_that_of_scclint() -> None:
    assert manifest()["version"] == __version__


def test_the_extension_starts_a_command_that_exists() -> None:
    code = (EXTENSION / "extension.js").read_text()
    assert '["server", ' in code
    assert build("server").parse_args(["server", "--stdio"]).command == "server"


def test_folders_that_the_user_does_not_trust_are_not_judged() -> None:
    """kustomize and helm run on their files."""
    capabilities = manifest()["capabilities"]
    assert isinstance(capabilities, dict)
    assert capabilities["untrustedWorkspaces"]["supported"] is False


@pytest.mark.skipif(shutil.which("node") is None, reason="Node is not installed")
@pytest.mark.skipif(not VSCE.exists(), reason="vsce is not installed: run `npm ci` in editors/vscode")
def test_package(tmp_path: Path) -> None:
    package = tmp_path / "scclint.vsix"
    command = [str(VSCE), "package", "--skip-license", "--out", str(package)]
    done = subprocess.run(command, cwd=EXTENSION, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    names = zipfile.ZipFile(package).namelist()
    assert {"extension/package.json", "extension/extension.js", "extension/readme.md"} <= set(names)
    assert any(name.startswith("extension/node_modules/vscode-languageclient/") for name in names)
    assert not any("@vscode/vsce" in name for name in names)
    zipfile.ZipFile(package).extractall(tmp_path)
    (tmp_path / "start.js").write_text(START)
    started = subprocess.run(["node", "start.js"], cwd=tmp_path, capture_output=True, text=True, check=False, timeout=60)
    assert started.stdout == 'scclint.explainClipboard\n{"command":"scclint","args":["server"]}\n', started.stderr
