#!/bin/bash
# apt-root.sh SUITE ROOT PACKAGE...: unpack packages of a Debian suite (bookworm, trixie, sid), with all that they depend
# on, into the folder ROOT. Runs no maintainer script and leaves this machine's own packages alone. Needs root and apt.
# Run again it returns at once; run twice at a time, the second waits for the first. A cut-off run leaves no half ROOT.
# Environment: TESTBED_DIR (where downloads are kept, default .testbed of the project), DEBIAN_MIRROR.
set -euo pipefail
fail() { echo "apt-root.sh: $*" >&2; exit 1; }

suite=$1 root=$2; shift 2
here=$(cd "$(dirname "$0")" && pwd)
. "$here/own-apt.sh"
base=${TESTBED_DIR:-$here/../.testbed}
work=$base/apt/$suite
wanted="$suite $*"

mkdir -p "$work" "$(dirname "$root")"
work=$(cd "$work" && pwd)
exec 8> "$root.lock"; flock 8
if [ "$(cat "$root/.unpacked" 2> /dev/null || true)" = "$wanted" ]; then exit 0; fi

[ "$(id -u)" = 0 ] || fail "unpacking $1 from Debian $suite needs root"
exec 9> "$work/lock"; flock 9
own_apt "$work" "deb @ $suite main"
apt-get install -y -qq --no-install-recommends --download-only "$@" > /dev/null

part=$root.part
rm -rf "$part" "$root"
mkdir -p "$part"/usr/{bin,sbin,lib,lib64}
for d in bin sbin lib lib64; do ln -s "usr/$d" "$part/$d"; done
mkdir -p "$part"/{dev,proc,sys,tmp,etc,run,var/lib,var/run}; chmod 1777 "$part/tmp"
cp /etc/resolv.conf /etc/hosts /etc/nsswitch.conf /etc/passwd /etc/group "$part/etc/" 2> /dev/null || true
apt-get install -s --no-install-recommends "$@" |
  sed -nE 's/^Inst ([^ ]+) \(([^ ]+) .*\[([a-z0-9]+)\]\).*/\1_\2_\3/p' | sed 's/:/%3a/g' |
  while read -r deb; do dpkg-deb -x "$work/cache/archives/$deb.deb" "$part"; done
ldconfig -r "$part" 2> /dev/null || true
rm -rf "$part"/usr/share/{doc,man,locale} "$part/var/cache"
echo "$wanted" > "$part/.unpacked"
mv "$part" "$root"
