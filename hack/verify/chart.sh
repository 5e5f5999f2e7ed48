#!/usr/bin/env bash
# Lints and renders the chart with its default values and with every file in charts/seawall/ci.
# Those whose name or folder says invalid must be refused: by values.schema.json, or by a
# template's "fail" where the schema cannot see what is wrong.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/../../charts/seawall"

helm=$(../../hack/tools/build.sh helm)
failed=0

fail() { # message, output
  echo "$1"
  sed 's/^/  /' <<<"$2"
  failed=1
}

accepted() { # values file
  local output
  output=$("$helm" lint --strict --quiet . --values "$1" 2>&1) || fail "helm lint with $1" "$output"
  output=$("$helm" template seawall . --namespace seawall-system --values "$1" 2>&1) || fail "helm template with $1" "$output"
}

refused() { # values file
  local output
  if output=$("$helm" template seawall . --namespace seawall-system --values "$1" 2>&1); then
    fail "$1 was not refused" ""
  elif ! grep -q -e "values don't meet the specifications of the schema" -e '^Error: execution error at' <<<"$output"; then
    fail "$1 was refused, but for no reason that the chart gives" "$output"
  fi
}

accepted values.yaml
while IFS= read -r values; do
  case "$values" in
    *invalid*) refused "$values" ;;
    *) accepted "$values" ;;
  esac
done < <(find ci -name '*.yaml' | LC_ALL=C sort)
exit "$failed"
