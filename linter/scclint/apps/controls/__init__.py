"""Compliance frameworks as data, and which of their controls the files of an input pass or fail."""
