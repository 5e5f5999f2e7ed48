#!/usr/bin/env bash
# Fails unless "make generate" changes nothing. It runs in a copy, so neither work in
# progress nor a run beside it is touched, and a file that nothing generates any more is
# found like one that is missing.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/../.."

copy=$(mktemp -d)
trap 'rm -rf "$copy"' EXIT
mkdir "$copy/before"
git ls-files -z --cached --others --exclude-standard |
  while IFS= read -r -d '' file; do
    if [[ -e "$file" ]]; then printf '%s\0' "$file"; fi
  done | tar cf - --null -T - | tar xf - -C "$copy/before"
cp -R "$copy/before" "$copy/after"

find "$copy/after" -name 'zz_generated.*' -delete
rm -f "$copy"/after/config/crd/bases/* "$copy"/after/charts/seawall/crds/*
make -C "$copy/after" --no-print-directory generate >"$copy/log" 2>&1 || {
  cat "$copy/log"
  exit 1
}
(cd "$copy" && diff -ru before after) || {
  echo 'Generated files are out of date: run "make generate".'
  exit 1
}
