#!/usr/bin/env bash
# Fails unless every kustomization under config builds; a component does where it is used.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/../.."

kustomize=$(hack/tools/build.sh kustomize)
failed=0
while IFS= read -r file; do
  grep -q '^kind: Component' "$file" && continue
  "$kustomize" build "$(dirname "$file")" >/dev/null || {
    echo "$file does not build"
    failed=1
  }
done < <(find config -name kustomization.yaml | LC_ALL=C sort)
exit "$failed"
