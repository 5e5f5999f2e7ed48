#!/usr/bin/env bash
# Builds kube-apiserver, etcd and kubectl at the versions that go.mod pins, once a
# version, and prints the folder that holds them: what KUBEBUILDER_ASSETS means.
# Progress goes to standard error. With KUBEBUILDER_ASSETS set, prints that instead.
# SEAWALL_KUBERNETES chooses another minor version, of those that have a file go-VERSION.mod here.
# "build.sh node" builds those too that a node and its cluster need beside them.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")"

node=()
[[ "${1:-}" == node ]] && node=(kube-controller-manager kube-scheduler kubelet kube-proxy)

if [[ -n "${KUBEBUILDER_ASSETS:-}" ]]; then
  for program in kube-apiserver etcd kubectl ${node[@]+"${node[@]}"}; do
    if [[ ! -x "$KUBEBUILDER_ASSETS/$program" ]]; then
      echo "KUBEBUILDER_ASSETS=$KUBEBUILDER_ASSETS has no program $program; unset it to build one" >&2
      exit 1
    fi
  done
  echo "$KUBEBUILDER_ASSETS"
  exit 0
fi

modfile=go${SEAWALL_KUBERNETES:+-$SEAWALL_KUBERNETES}.mod
if [[ ! -f "$modfile" ]]; then
  others=$(printf '%s ' go-*.mod | sed 's/go-//g; s/\.mod//g')
  echo "SEAWALL_KUBERNETES is \"$SEAWALL_KUBERNETES\": want one of ${others% }, or nothing for that of go.mod" >&2
  exit 1
fi
version_of() { awk -v module="$1" '$1 == module && $2 ~ /^v/ { print $2; exit }' "$modfile"; }
kubernetes=$(version_of k8s.io/kubernetes)
etcd=$(version_of go.etcd.io/etcd/server/v3)
cache="${SEAWALL_CACHE:-${XDG_CACHE_HOME:-$HOME/.cache}/seawall}/controlplane"
target="$cache/kubernetes-$kubernetes-etcd-$etcd-$(go env GOOS)-$(go env GOARCH)"

mkdir -p "$target"
# The second of two builds at once waits and finds the programs built. Without flock (macOS)
# both build, which costs time only: each program is moved into place whole.
exec 9>"$target/.lock"
if command -v flock >/dev/null && ! flock -n 9; then
  echo "waiting for another build in $target" >&2
  flock 9
fi

numbers=${kubernetes#v}
stamp="-s -w"
for package in k8s.io/component-base/version k8s.io/client-go/pkg/version; do
  stamp+=" -X $package.gitVersion=$kubernetes -X $package.gitMajor=${numbers%%.*}"
  stamp+=" -X $package.gitMinor=$(cut -d. -f2 <<<"$numbers") -X $package.gitTreeState=clean"
done

build() { # program, package, expected minutes on two cores
  local program=$1 package=$2 minutes=$3 started=$SECONDS log="$target/$1.log"
  [[ -x "$target/$program" ]] && return
  echo "building $program (once; about $minutes min on two cores) from $package" >&2
  # -p/-v prints each package as it is compiled: the count shows that it moves on.
  if [[ -t 2 ]]; then
    CGO_ENABLED=0 go build -modfile="$modfile" -v -trimpath -ldflags "$stamp" -o "$target/$program.$$" "$package" 2>&1 |
      tee "$log" | awk -v p="$program" '{ printf "\r  %s: %d packages compiled", p, NR > "/dev/stderr" } END { print "" > "/dev/stderr" }'
  else
    CGO_ENABLED=0 go build -modfile="$modfile" -v -trimpath -ldflags "$stamp" -o "$target/$program.$$" "$package" 2>&1 |
      tee "$log" | awk -v p="$program" 'NR % 250 == 0 { printf "  %s: %d packages compiled\n", p, NR > "/dev/stderr" }'
  fi || { tail -n 20 "$log" >&2; exit 1; }
  mv "$target/$program.$$" "$target/$program"
  echo "  $program ready after $((SECONDS - started)) s" >&2
}

build etcd go.etcd.io/etcd/server/v3 1
build kubectl k8s.io/kubernetes/cmd/kubectl 2
build kube-apiserver k8s.io/kubernetes/cmd/kube-apiserver 9
for program in ${node[@]+"${node[@]}"}; do
  build "$program" "k8s.io/kubernetes/cmd/$program" 2
done
echo "$target"
