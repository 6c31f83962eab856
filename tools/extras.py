"""Prints the requirements of extras of pyproject.toml, and what building needs: `extras.py test lint`."""

import sys
import tomllib
from pathlib import Path

project = tomllib.loads((Path(__file__).parent.parent / "pyproject.toml").read_text())
wanted = {*project["build-system"]["requires"]}
for extra in sys.argv[1:]:
    wanted.update(project["project"]["optional-dependencies"][extra])
print("\n".join(sorted(wanted)))
