#!/usr/bin/env bash
# Builds the named tools, each at the version that the go.mod of its folder pins, once a
# version, and prints the path of each binary, one a line. Progress goes to standard error.
# Usage: hack/tools/build.sh NAME...
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")"

cache="${SEAWALL_CACHE:-${XDG_CACHE_HOME:-$HOME/.cache}/seawall}/tools"
platform=$(go env GOHOSTOS GOHOSTARCH GOVERSION | paste -sd- -)

# Whatever could change the binary is in its key, so nothing cached is ever stale.
key_of() { # tool
  local version hash
  version=$(awk '$1 == "tool" { tool = $2 "/" } $2 ~ /^v/ && index(tool, $1 "/") == 1 { print $2 "-" }' "$1/go.mod")
  hash=$(find "$1" -type f | LC_ALL=C sort | xargs cat | git hash-object --stdin | cut -c1-12)
  echo "$1-$version$hash-$platform"
}

compile() { # tool, folder of the binary
  local every=250 started=$SECONDS
  [[ -t 2 ]] && every=1
  echo "building $1 (once a version; a few minutes for the large ones)" >&2
  # With -v go prints each package as it compiles it: the count shows that it moves on.
  env -u GOOS -u GOARCH CGO_ENABLED=0 \
    go build -C "$1" -v -trimpath -buildvcs=false -ldflags '-s -w' -o "$2/$1.$$" tool 2>&1 |
    tee "$2/log" | awk -v tool="$1" -v every="$every" '
      NR % every == 0 { printf "%s  %s: %d packages compiled%s", every == 1 ? "\r" : "", tool, NR, every == 1 ? "" : "\n"; fflush() }
      END { if (every == 1) print "" }' >&2 || {
    tail -n 20 "$2/log" >&2
    exit 1
  }
  mv "$2/$1.$$" "$2/$1"
  echo "  $1 ready after $((SECONDS - started)) s" >&2
}

ensure() { # tool
  [[ -f "$1/go.mod" ]] || { echo "no tool $1 in hack/tools" >&2; exit 1; }
  local folder
  folder="$cache/$(key_of "$1")"
  if [[ ! -x "$folder/$1" ]]; then
    mkdir -p "$folder"
    # The second of two builds waits and finds the binary. Without flock (macOS) both
    # build, which costs time only: the binary is moved into place whole.
    (
      if command -v flock >/dev/null; then flock 9; fi
      [[ -x "$folder/$1" ]] || compile "$1" "$folder"
    ) 9>"$folder/lock"
  fi
  echo "$folder/$1"
}

for tool in "$@"; do
  ensure "$tool"
done
