"""Composes every document below a folder with ruamel.yaml's parser in C, and does nothing with it: `python compose.py FOLDER`."""

import os
import sys

from ruamel.yaml.cyaml import CBaseLoader
from ruamel.yaml.error import YAMLError


def main() -> None:
    for folder, _, files in os.walk(sys.argv[1]):
        for name in files:
            if name.endswith((".yaml", ".yml", ".json")):
                with open(os.path.join(folder, name), "rb") as file:
                    loader = CBaseLoader(file.read())
                    try:
                        while loader.check_node():
                            loader.get_node()
                    except YAMLError:
                        continue


if __name__ == "__main__":
    main()
