#!/usr/bin/env bash
# Fails unless bash can read every script.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/../.."

failed=0
while IFS= read -r script; do
  bash -n "$script" || failed=1
done < <(git ls-files --cached --others --exclude-standard -- '*.sh' .ci/run)
exit "$failed"
