#!/usr/bin/env bash
# Fuzzes every Fuzz function of the module, one after the other, each for FUZZTIME.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/../.."

failed=0
while IFS=: read -r file declaration; do
  name=${declaration#func }
  name=${name%%(*}
  echo "== $name in $(dirname "$file")"
  # -run with no test: the seeds run as part of the fuzz target itself.
  go test "./$(dirname "$file")" -run '^$' -fuzz "^$name\$" -fuzztime "${FUZZTIME:-10s}" || failed=1
done < <(git ls-files --cached --others --exclude-standard -- '*_test.go' |
  xargs grep -H '^func Fuzz' /dev/null)
exit "$failed"
