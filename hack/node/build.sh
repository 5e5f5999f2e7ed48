#!/usr/bin/env bash
# Prepares what a node takes beside the programs of hack/controlplane, and prints the folder that holds it:
# containerd, runc, network plugins and nft in "root", unpacked from Debian's packages into the cache rather
# than installed, once a version; and in "images" Seawall's image and that of the pause container, of this checkout.
# Progress goes to standard error.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")"

# The last ones are libraries that the others are linked with.
packages=(containerd runc containernetworking-plugins nftables
  libnftables1 libnftnl11 libmnl0 libjansson4 libseccomp2 libgmp10 libedit2 libbsd0 libmd0)

candidates() { apt-cache policy "${packages[@]}" | awk '/^[^ ]/ { name = $1 } $1 == "Candidate:" && $2 != "(none)" { print name $2 }'; }

if ! command -v apt-get >/dev/null; then
  echo "a node takes containerd, runc, network plugins and nft from Debian's packages, and there is no apt-get" >&2
  exit 1
fi
versions=$(candidates)
if [[ $(wc -l <<<"$versions") != "${#packages[@]}" ]]; then
  apt-get update >&2
  versions=$(candidates)
fi
cache="${SEAWALL_CACHE:-${XDG_CACHE_HOME:-$HOME/.cache}/seawall}/node"
target="$cache/debian-$(git hash-object --stdin <<<"$versions" | cut -c1-12)-$(go env GOARCH)"
mkdir -p "$target"
exec 9>"$target/.lock"
flock 9

if [[ ! -d "$target/root" ]]; then
  echo "unpacking $(tr '\n' ' ' <<<"$versions")" >&2
  fresh=$(mktemp -d "$target/fresh.XXXXXX")
  trap 'rm -rf "$fresh"' EXIT
  # As root apt drops its rights for a download, and may then not write here.
  (cd "$fresh" && apt-get -o APT::Sandbox::User=root download "${packages[@]}" >&2)
  for package in "$fresh"/*.deb; do dpkg -x "$package" "$fresh/root"; done
  mv "$fresh/root" "$target/root"
fi

tag=$(awk '/^appVersion:/ { gsub(/"/, "", $2); print $2 }' ../../charts/seawall/Chart.yaml)
prepared=$(realpath ../..)/bin/node
mkdir -p "$prepared/images"
ln -sfn "$target/root" "$prepared/root"
make -s -C ../.. image IMAGE="ghcr.io/seawall-dev/seawall:$tag" >&2
cp ../../dist/seawall-image.tar "$prepared/images/seawall.tar"
CGO_ENABLED=0 go build -trimpath -ldflags '-s -w' -o "$prepared/pause" ./pause
go run -C ../image . -output "$prepared/images/pause.tar" -name registry.k8s.io/pause:3.10 \
  "$(go env GOARCH)=$prepared/pause" >&2

# In its namespaces a node reaches no module proxy.
argocd=$(awk -F '\t' '$1 == "argo-cd" { print $2 }' ../controlplane/crds.tsv)
(cd / && GOWORK=off go mod download "$argocd") >&2
echo "$prepared"
