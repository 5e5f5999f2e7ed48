#!/usr/bin/env bash
# Runs the named checks of this folder, or all of them: a line each, and the output of
# those that fail. A failed check does not keep the next from running.
# Usage: hack/verify/run.sh [NAME...]
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")"

if [[ $# -eq 0 ]]; then
  set -- scripts format modules vet lint generated chart prometheus manifests image
fi

log=$(mktemp)
trap 'rm -f "$log"' EXIT
failed=()
for check in "$@"; do
  started=$SECONDS
  if "./$check.sh" >"$log" 2>&1 </dev/null; then
    printf 'ok    %-10s %4d s\n' "$check" $((SECONDS - started))
  else
    printf 'FAIL  %-10s %4d s\n' "$check" $((SECONDS - started))
    sed 's/^/      /' "$log"
    failed+=("$check")
  fi
done
if [[ ${#failed[@]} -gt 0 ]]; then
  echo "failed: ${failed[*]}; run one alone with hack/verify/run.sh NAME"
  exit 1
fi
