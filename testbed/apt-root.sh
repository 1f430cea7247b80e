#!/bin/bash
# apt-root.sh SUITE ROOT PACKAGE...: unpack packages of a Debian suite (bookworm, trixie, sid), with all that they depend
# on, into the folder ROOT. Runs no maintainer script and leaves this machine's own packages alone. Needs root and apt.
# Run again it returns at once; run twice at a time, the second waits for the first. A cut-off run leaves no half ROOT.
# Environment: TESTBED_DIR (where downloads are kept, default .testbed of the project), DEBIAN_MIRROR.
set -euo pipefail
fail() { echo "apt-root.sh: $*" >&2; exit 1; }

suite=$1 root=$2; shift 2
here=$(cd "$(dirname "$0")" && pwd)
base=${TESTBED_DIR:-$here/../.testbed}
work=$base/apt/$suite
wanted="$suite $*"

mkdir -p "$work" "$(dirname "$root")"
work=$(cd "$work" && pwd)
exec 8> "$root.lock"; flock 8
if [ "$(cat "$root/.unpacked" 2> /dev/null || true)" = "$wanted" ]; then exit 0; fi

[ "$(id -u)" = 0 ] || fail "unpacking $1 from Debian $suite needs root"
command -v apt-get > /dev/null || fail "unpacking $1 from Debian $suite needs apt-get (a Debian or Ubuntu machine)"

# The mirror that this machine's own apt uses, unless told.
mirror=${DEBIAN_MIRROR:-}
if [ -z "$mirror" ]; then
  shopt -s nullglob
  sources=(/etc/apt/sources.list /etc/apt/sources.list.d/*.sources /etc/apt/sources.list.d/*.list)
  mirror=$(sed -nE 's/^URIs: *([^ ]+).*/\1/p; s/^deb +(\[[^]]*\] +)?([^ ]+) .*/\2/p' "${sources[@]}" 2> /dev/null |
    grep -E '/debian/?$' | head -1 || true)
fi
[ -n "$mirror" ] || fail 'no Debian mirror among the apt sources: set DEBIAN_MIRROR to the address of one'
keyring=/usr/share/keyrings/debian-archive-keyring.gpg
[ -e "$keyring" ] || fail 'the keys of Debian are missing: apt-get install debian-archive-keyring'

# An apt of its own: own sources, own lists, and an empty status file, so that every dependency is downloaded.
exec 9> "$work/lock"; flock 9
mkdir -p "$work"/{lists/partial,cache/archives/partial,state}; touch "$work/status"
echo "deb [signed-by=$keyring] $mirror $suite main" > "$work/sources.list"
cat > "$work/apt.conf" <<CONF
Dir::Etc::sourcelist "$work/sources.list";
Dir::Etc::sourceparts "-";
Dir::State "$work/state";
Dir::State::Lists "$work/lists";
Dir::State::status "$work/status";
Dir::Cache "$work/cache";
APT::Sandbox::User "root";
Acquire::Retries "3";
CONF
export APT_CONFIG=$work/apt.conf DEBIAN_FRONTEND=noninteractive
apt-get update -qq
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
