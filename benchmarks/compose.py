"""Composes every document below a folder with PyYAML's C loader, and does nothing with it: `python compose.py FOLDER`."""

import os
import sys

import yaml


def main() -> None:
    for folder, _, files in os.walk(sys.argv[1]):
        for name in files:
            if name.endswith((".yaml", ".yml", ".json")):
                with open(os.path.join(folder, name), "rb") as file:
                    try:
                        for _ in yaml.compose_all(file, yaml.CLoader):
                            pass
                    except yaml.YAMLError:
                        continue


if __name__ == "__main__":
    main()
