#!/usr/bin/env bash
# Checks the alerts and the dashboard of the chart: promtool reads the rules and runs their unit
# tests, and dashboard-linter, which is tested itself, reads the dashboard.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/../.."

promtool=$(hack/tools/build.sh promtool)
linter=$(hack/tools/build.sh dashboard-linter)

failed=0
"$promtool" check rules --lint=all --lint-fatal charts/seawall/files/alerts.yaml || failed=1
"$promtool" test rules hack/verify/alerts/*.yaml || failed=1
"$linter" charts/seawall/files/dashboard.json || failed=1
# go's cache does not see that the dashboard, outside of the linter's module, has changed.
(cd hack/tools/dashboard-linter && go vet ./... && go test -count=1 ./...) || failed=1
exit "$failed"
