"""Finds the packages of the wheel: those in `linter/`, and the folders `rules/` and `schemas/`, which become packages of scclint.

All files in them that MANIFEST.in names are part of the wheel.
"""

from setuptools import find_namespace_packages, setup

OUTSIDE = ("rules", "schemas")

packages = find_namespace_packages("linter")
for name in OUTSIDE:
    packages += [f"scclint.{name}", *(f"scclint.{name}.{inner}" for inner in find_namespace_packages(name))]

setup(packages=packages, package_dir={"": "linter", **{f"scclint.{name}": name for name in OUTSIDE}})
