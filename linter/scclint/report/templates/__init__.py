"""The Jinja templates of text, Markdown and HTML."""
