#!/bin/bash
# dockerd.sh start|stop|run: a Docker daemon for tests, from Debian's docker.io, apart from any other on this machine.
# It knows host networking only (`--network host`), so it needs no firewall rules. Needs root.
#   start  starts it, or finds it running, and prints its DOCKER_HOST      stop  ends it
#   run    as start, and when stdin closes ends it, unless another `run` still uses it
set -euo pipefail
fail() { echo "dockerd.sh: $*" >&2; exit 1; }
here=$(cd "$(dirname "$0")" && pwd)
base=${TESTBED_DIR:-$here/../.testbed}; mkdir -p "$base"; base=$(cd "$base" && pwd)
dir=$base/dockerd
# Sockets need short paths: 107 bytes is the most.
run=/tmp/phaselift-docker-$(cksum <<< "$base" | cut -d' ' -f1)
host=unix://$run/docker.sock

answers() { DOCKER_HOST=$host docker version > /dev/null 2>&1; }

start() {
  if answers; then return; fi
  [ "$(id -u)" = 0 ] || fail 'a Docker daemon for tests needs root'
  if ! command -v dockerd > /dev/null; then
    command -v apt-get > /dev/null || fail 'no dockerd here, and no apt-get to install it: install Docker'
    apt-get update -qq
    DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends docker.io runc iptables > /dev/null
  fi
  mkdir -p "$dir" "$run"; chmod 700 "$run"; rm -f "$run/pid"
  setsid dockerd --host "$host" --data-root "$dir/data" --exec-root "$run/exec" --pidfile "$run/pid" \
    --iptables=false --ip6tables=false --bridge=none > "$dir/log" 2>&1 < /dev/null 7>&- 8>&- &
  for _ in $(seq 300); do
    if answers; then return; fi
    sleep .1
  done
  tail -n 20 "$dir/log" >&2; stop; fail 'the Docker daemon did not come up'
}

stop() {
  local pid; pid=$(cat "$run/pid" 2> /dev/null) || return 0
  kill "$pid" 2> /dev/null || return 0
  for _ in $(seq 200); do
    kill -0 "$pid" 2> /dev/null || break
    sleep .1
  done
  # Containers with host networking leave a mount behind.
  umount "$run"/exec/netns/* 2> /dev/null || true
  rm -rf "$run" || true
}

mkdir -p "$dir"
exec 7> "$dir/users.lock" 8> "$dir/lock"
flock 8
case ${1:-start} in
  start) start; echo "$host" ;;
  stop) stop ;;
  run)
    trap '' INT TERM
    # Each user holds a shared lock; who can have it alone was the last.
    flock -s 7
    start
    flock -u 8
    echo "$host"
    trap '' PIPE # of a parent that is gone nobody reads what we say
    cat > /dev/null
    flock 8; flock -u 7
    if flock -n -x 7; then stop; fi ;;
  *) fail "unknown: $1" ;;
esac
