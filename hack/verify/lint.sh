#!/usr/bin/env bash
# Lints every Go module that holds code of ours, and the API types once more against the
# Kubernetes API conventions.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/../.."

golangci=$(hack/tools/build.sh golangci-lint)
conventions=$(hack/tools/build.sh kube-api-linter)

failed=0
for module in . hack/image hack/tools/kube-api-linter hack/tools/dashboard-linter hack/tools/oracle hack/argocd hack/flux hack/node; do
  (cd "$module" && "$golangci" run --config "$OLDPWD/.golangci.yaml" ./...) || failed=1
done
"$conventions" ./pkg/apis/... || failed=1
exit "$failed"
