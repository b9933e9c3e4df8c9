// Starts `scclint server` for YAML and JSON files. Everything else is the server's.

const { window, workspace } = require("vscode");
const { LanguageClient } = require("vscode-languageclient/node");

let client;

exports.activate = async function () {
  const settings = workspace.getConfiguration("scclint");
  const server = { command: settings.get("command"), args: ["server", ...settings.get("arguments")] };
  client = new LanguageClient("scclint", "scclint", server, {
    documentSelector: [
      { scheme: "file", language: "yaml" },
      { scheme: "file", language: "json" },
    ],
  });
  try {
    await client.start();
  } catch (error) {
    const install = "Install it with pip install 'scclint[lsp]', or set scclint.command to its path.";
    window.showErrorMessage(`${server.command} server does not start: ${error.message}. ${install}`);
  }
};

exports.deactivate = () => client?.stop();
