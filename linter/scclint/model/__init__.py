"""Typed views of API objects, such as pods, SCCs, roles and namespaces, and the tables of kinds and releases."""
