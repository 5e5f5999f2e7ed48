#!/usr/bin/env bash
# Tests the image builder, which is a module of its own.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/../image"

go vet ./...
go test ./...
