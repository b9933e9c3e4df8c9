"""The language server: verdicts, problems and fixes in the editor, from unsaved text."""
