#!/usr/bin/env bash
# Runs a program where it may be a node: in network, mount, process, UTS, IPC and cgroup namespaces of
# its own. What "go test -exec" calls; "enter.sh true" finds out whether this machine lets us. However
# this ends, nothing is left: processes end with process 1 of the namespaces, and with them the mounts,
# files and networks, which are nowhere else; a keeper removes the cgroups.
# Usage: hack/node/enter.sh PROGRAM ARGUMENT...
set -euo pipefail

self=$(realpath "${BASH_SOURCE[0]}")
hierarchies=/sys/fs/cgroup

unified() { [[ $(stat -fc %T "$hierarchies") == cgroup2fs ]]; }

# The cgroups of a node, one in each hierarchy: below this process's own, or at the top where there is one
# hierarchy only, in which a group with processes has no groups with controllers.
groups_named() { # name
  local lines line id names path parent
  if unified; then
    echo "$hierarchies/$1"
    return
  fi
  mapfile -t lines </proc/self/cgroup
  for line in "${lines[@]}"; do
    IFS=: read -r id names path <<<"$line"
    parent=$hierarchies/${names#name=}
    [[ "$id" != 0 && -n "$names" && -d "$parent" ]] || continue
    # In a container the path may be one of the machine outside.
    if [[ -d "$parent${path%/}" ]]; then parent+=${path%/}; fi
    echo "$parent/$1"
  done
}

# Reads until whoever holds the other end is gone, then ends what is left in the groups and removes them.
keep() { # group...
  local left pids
  trap '' HUP INT TERM
  read -r _ || true
  for _ in {1..100}; do
    left=$(find "$@" -name cgroup.procs -exec cat {} + 2>/dev/null | sort -u)
    [[ -n "$left" ]] || break
    mapfile -t pids <<<"$left"
    kill -KILL "${pids[@]}" 2>/dev/null || true
    sleep 0.1
  done
  find "$@" -depth -type d -exec rmdir {} \;
}

inside() { # program, argument...
  mount -t tmpfs -o mode=755 node /run
  mkdir /run/tmp /run/var /run/work /run/tunables
  mount -t overlay -o lowerdir=/var,upperdir=/run/var,workdir=/run/work node /var
  export TMPDIR=/run/tmp
  hostname seawall-node
  mount -t sysfs sysfs /sys
  mount_hierarchies
  # The kubelet sets these for the whole kernel; here it finds them as it wants them.
  local tunable file
  for tunable in vm/overcommit_memory=1 kernel/panic=10 kernel/panic_on_oops=1; do
    file=/run/tunables/$(basename "${tunable%=*}")
    echo "${tunable#*=}" >"$file"
    mount --bind "$file" "/proc/sys/${tunable%=*}"
  done
  # Not exec: this is process 1, which waits for those that nobody else waits for.
  local status=0
  "$@" || status=$?
  exit "$status"
}

# Shows the cgroups as this namespace has them: its own are the roots.
mount_hierarchies() {
  local lines line names folder
  if [[ $(wc -l </proc/self/cgroup) == 1 ]]; then # one hierarchy only: version 2
    mount -t cgroup2 cgroup2 "$hierarchies"
    mkdir "$hierarchies/init"
    echo 1 >"$hierarchies/init/cgroup.procs"
    return
  fi
  mount -t tmpfs cgroup "$hierarchies"
  mapfile -t lines </proc/self/cgroup
  for line in "${lines[@]}"; do
    IFS=: read -r _ names _ <<<"$line"
    [[ -n "$names" ]] || continue
    folder=$hierarchies/${names#name=}
    mkdir "$folder"
    if [[ "$names" == name=* ]]; then names=none,$names; fi
    mount -t cgroup -o "$names" cgroup "$folder"
  done
}

outside() { # program, argument...
  local groups group file life keeper status=0
  mapfile -t groups < <(groups_named "seawall-node-$$")
  mkdir "${groups[@]}"
  exec {life}> >(exec setsid "$self" --keep "${groups[@]}" >/dev/null 2>&1)
  keeper=$!
  for group in "${groups[@]}"; do
    for file in cpuset.cpus cpuset.mems; do # of version 1, where a new group has none
      if ! unified && [[ -f "$group/$file" ]]; then cat "$group/../$file" >"$group/$file"; fi
    done
  done
  (
    exec {life}>&-
    for group in "${groups[@]}"; do echo "$BASHPID" >"$group/cgroup.procs"; done
    exec unshare --fork --kill-child --pid --mount-proc --mount --net --uts --ipc --cgroup "$self" --inside "$@"
  ) || status=$?
  exec {life}>&-
  wait "$keeper" || true
  exit "$status"
}

case "${1:-}" in
  --keep | --inside | --outside)
    mode=${1#--}
    shift
    "$mode" "$@"
    ;;
  *)
    if [[ $(uname -s) != Linux || $(id -u) != 0 ]]; then
      echo "A node needs Linux and root: namespaces, mounts and cgroups of its own." >&2
      exit 1
    fi
    # With whoever called, such as "go test", this ends too.
    exec setpriv --pdeathsig KILL "$self" --outside "$@"
    ;;
esac
