"""Harnesses that throw arbitrary input at scclint; see README.md."""

NAMES = ("load", "lint", "profile", "configuration", "evidence", "sarif")
"""The targets, named apart from their code: atheris has to instrument scclint before anything imports it."""
