#!/usr/bin/env bash
# Fails unless gofmt has nothing to change, in any module.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/../.."

unformatted=$(gofmt -l .)
if [[ -n "$unformatted" ]]; then
  echo 'Run "gofmt -w" on:'
  echo "$unformatted"
  exit 1
fi
