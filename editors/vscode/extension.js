// Starts `scclint server` for YAML and JSON files. Everything else is the server's.

const { commands, env, window, workspace } = require("vscode");
const { LanguageClient } = require("vscode-languageclient/node");

let client;

// Explains the error message that was copied from a terminal.
async function explain() {
  const message = await env.clipboard.readText();
  const content = await commands.executeCommand("scclint.explainMessage", message);
  await window.showTextDocument(await workspace.openTextDocument({ content }));
}

exports.activate = async function (context) {
  context.subscriptions.push(commands.registerCommand("scclint.explainClipboard", explain));
  const settings = workspace.getConfiguration("scclint");
  const server = { command: settings.get("command"), args: ["server", ...settings.get("arguments")] };
  client = new LanguageClient("scclint", "scclint", server, {
    documentSelector: [
      { scheme: "file", language: "yaml" },
      { scheme: "file", language: "json" },
      { scheme: "untitled", language: "yaml" },
      { scheme: "untitled", language: "json" },
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
