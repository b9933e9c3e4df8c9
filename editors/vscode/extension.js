// Starts `scclint server` for YAML and JSON files. Everything else is the server's.

const { window, workspace } = require("vscode");
const { LanguageClient } = require("vscode-languageclient/node");

const FILES = "**/{*.yaml,*.yml,*.json,scclint.toml,.scclint.toml,pyproject.toml}";

let client;

exports.activate = async function () {
  const settings = workspace.getConfiguration("scclint");
  const server = { command: settings.get("command"), args: ["server", ...settings.get("arguments")] };
  client = new LanguageClient("scclint", "scclint", server, {
    documentSelector: [
      { scheme: "file", language: "yaml" },
      { scheme: "file", language: "json" },
    ],
    synchronize: { fileEvents: workspace.createFileSystemWatcher(FILES) },
  });
  try {
    await client.start();
  } catch (error) {
    const install = "Install it with pip install 'scclint[lsp]', or set scclint.command to its path.";
    window.showErrorMessage(`${server.command} server does not start: ${error.message}. ${install}`);
  }
};

exports.deactivate = () => client?.stop();
