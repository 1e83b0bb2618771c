#!/usr/bin/env bash
# Everything the hotline needs on a Debian machine: system packages, a virtual environment in
# .venv, and the locked Python packages. Quick when all of it is there already.
# "deploy/setup.sh test" also installs what tests talk to: other makes of phones, databases, a
# browser.
set -euo pipefail
cd "$(dirname "$0")/.."

python=${PYTHON:-python3}
packages=(kamailio)
if [ "${1:-}" = test ]; then
  packages+=(sip-tester baresip-core redis-server postgresql chromium fonts-noto-cjk)
fi
# Debian splits Python: without python3-venv, a virtual environment has no pip.
if [ -z "${PYTHON:-}" ] && ! { [ -x .venv/bin/pip ] || python3 -c 'import venv, ensurepip' 2>/dev/null; }; then
  packages+=(python3 python3-venv)
fi

missing=()
for package in "${packages[@]}"; do
  dpkg-query -W -f='${Status}' "$package" 2>/dev/null | grep -q 'install ok installed' || missing+=("$package")
done
if [ ${#missing[@]} -gt 0 ]; then
  sudo=
  if [ "$(id -u)" -ne 0 ]; then
    command -v sudo >/dev/null || { echo "setup: run once as root to install: ${missing[*]}" >&2; exit 1; }
    sudo=sudo
  fi
  echo "setup: installing Debian packages: ${missing[*]}"
  # The hotline runs its own Kamailio: Debian must not start one of its own.
  export DEBIAN_FRONTEND=noninteractive
  $sudo apt-get -qq update
  policy=/usr/sbin/policy-rc.d
  if [ ! -e $policy ]; then
    printf '#!/bin/sh\nexit 101\n' | $sudo tee $policy >/dev/null; $sudo chmod +x $policy
    trap '$sudo rm -f '$policy EXIT
  fi
  $sudo apt-get -qq install -y --no-install-recommends "${missing[@]}" >/dev/null
fi

case "$($python -c 'import sys; print(sys.version_info[:2] in ((3, 11), (3, 12)))' 2>/dev/null)" in
  True) ;;
  *) echo "setup: needs Python 3.11 or 3.12 as '$python' (set PYTHON=...)" >&2; exit 1 ;;
esac

stamp=.venv/.installed
wanted=$(cat requirements.lock pyproject.toml | sha256sum | cut -d' ' -f1)
if [ ! -x .venv/bin/hotline ] || [ "$(cat $stamp 2>/dev/null)" != "$wanted" ]; then
  echo "setup: installing Python packages into .venv (about a minute)"
  [ -x .venv/bin/python ] || "$python" -m venv .venv
  .venv/bin/pip install --quiet --disable-pip-version-check -r requirements.lock
  .venv/bin/pip install --quiet --disable-pip-version-check --no-deps -e .
  echo "$wanted" > $stamp
fi
