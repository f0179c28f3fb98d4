#!/usr/bin/env bash
# Makes the virtual environment from a lock file: install.sh LOCK STAMP.
set -euo pipefail
lock=$1 stamp=$2 venv=$(dirname "$2")

say() { printf '· %s\n' "$1"; }
fail() { printf '%s\n' "$1" >&2; exit 1; }

python=$(command -v "$PYTHON" || command -v python3 || true)
[ -n "$python" ] || fail "Python 3.11 was not found: install it (Debian: apt-get install python3.11-venv), or say make PYTHON=/path/to/python3.11. · 没有找到 Python 3.11，请先安装。"
"$python" -c 'import sys; sys.exit(sys.version_info[:2] != (3, 11))' ||
  fail "$python is $("$python" -V 2>&1), Python 3.11 is needed: say make PYTHON=/path/to/python3.11. · 需要 Python 3.11。"
"$python" -c 'import ensurepip, venv' 2>/dev/null ||
  fail "$python cannot make virtual environments (Debian: apt-get install python3.11-venv). · 请安装 python3.11-venv。"

[ -x "$venv/bin/python" ] || { say "虚拟环境 · making the virtual environment ($venv)"; "$python" -m venv "$venv"; }
say "安装依赖 · installing $(grep -c '==' "$lock") packages from $lock (about a minute)"
"$venv/bin/python" -m pip install --disable-pip-version-check --require-hashes --progress-bar off -r "$lock" 2>"$venv/pip.log" |
  awk '/^Collecting/ {printf "."; fflush()} /^Installing/ {print " 安装中 · installing"; fflush()}' ||
  { cat "$venv/pip.log" >&2; fail "The packages could not be installed; pip says why above. Is the package index reachable? · 依赖安装失败，原因见上。"; }
"$venv/bin/python" -m pip install --quiet --disable-pip-version-check --no-deps --no-build-isolation -e . 2>>"$venv/pip.log" ||
  { cat "$venv/pip.log" >&2; fail "The project itself could not be installed. · 项目自身安装失败。"; }
touch "$stamp"
