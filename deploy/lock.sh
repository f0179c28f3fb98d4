#!/bin/sh
# Writes both lock files: hashed, without registry addresses, a week behind the newest releases.
set -eu
week_ago=$(date -d '7 days ago' +%F)
for purpose in "" dev; do
  uv pip compile pyproject.toml ${purpose:+--group $purpose} --python-version 3.11 --generate-hashes \
    --no-emit-index-url --no-header --no-strip-extras --exclude-newer "$week_ago" -q -o "requirements${purpose:+-$purpose}.lock"
done
