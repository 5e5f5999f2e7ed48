#!/usr/bin/env bash
# Fails unless "make release" makes the same bytes here and in a clone elsewhere, whose files have other
# times and modes. It takes as long as two releases, so that it is no part of what run.sh runs.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/../.."

if [[ -n "$(git status --porcelain)" ]]; then
  echo "there are changes that are not committed, which a clone would not have"
  exit 1
fi
elsewhere=$(mktemp -d)
trap 'rm -rf "$elsewhere"' EXIT

make release
(
  umask 077
  export TZ=Asia/Kathmandu
  git clone --quiet --no-checkout . "$elsewhere/a clone"
  git -C "$elsewhere/a clone" checkout --quiet --detach "$(git rev-parse HEAD)"
  make -C "$elsewhere/a clone" release >/dev/null
)
diff --recursive dist "$elsewhere/a clone/dist"
(cd dist && sha256sum --check --quiet checksums.txt)
echo "the same bytes twice: $(find dist -type f | wc -l) files"
