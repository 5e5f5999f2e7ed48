#!/usr/bin/env bash
# Fails unless the go.mod and go.sum of every module say just what its code needs.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/../.."

failed=0
while IFS= read -r file; do
  go mod tidy -C "$(dirname "$file")" -diff || {
    echo "$file is not tidy"
    failed=1
  }
done < <(git ls-files --cached --others --exclude-standard -- go.mod '*/go.mod')
exit "$failed"
