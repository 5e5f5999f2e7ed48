#!/usr/bin/env bash
# Runs all tests: the longest suite in two processes, each with an API server of its own, and then all others. What
# is given has to be a flag of both "ginkgo" and "go test", such as -race.
# Usage: hack/test.sh [FLAG...]
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."

# The suite that takes longer than all others together.
longest=./cmd/seawall-webhook

KUBEBUILDER_ASSETS=$(hack/controlplane/build.sh)
export KUBEBUILDER_ASSETS
gotestsum=$(hack/tools/build.sh gotestsum)
hack/tools/build.sh oracle >/dev/null

# What Seawall asks of the API servers of that suite, which is to be all that the chart lets it ask.
requests=$(mktemp -d)
trap 'rm -rf "$requests"' EXIT

failed=0
SEAWALL_REQUESTS=$requests go tool ginkgo -procs=2 -timeout=30m --no-color "$@" "$longest" || failed=1
go run ./hack/rights "$requests" || failed=1
read -r -a others <<<"$(go list ./... | grep -vxF "$(go list "$longest")" | tr '\n' ' ')"
"$gotestsum" --format pkgname -- -timeout 30m "$@" "${others[@]}" || failed=1
exit "$failed"
