#!/usr/bin/env bash
# Runs go vet, which golangci-lint runs too, but under its own exclusions.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/../.."

go vet ./...
