#!/bin/sh
# Installs the package for one Python and runs the tests on what was installed.
# usage: test_python.sh PYTHON FOLDER
set -e
python=$1 folder=$2
echo "== $($python --version)"
[ -x "$folder/bin/python" ] || $python -m venv "$folder"
"$folder/bin/pip" install -q --disable-pip-version-check --force-reinstall --no-deps .
"$folder/bin/python" tools/extras.py test | xargs "$folder/bin/pip" install -q --disable-pip-version-check
"$folder/bin/python" -c 'import coremusic, sys; sys.exit(not coremusic.__file__.startswith(sys.prefix))'
"$folder/bin/python" -m pytest -q -m "not slow" -p no:cacheprovider
