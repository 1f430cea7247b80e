#!/bin/bash
# debian-source.sh SUITE PACKAGE TARGET PATTERN...: the files of a Debian package's upstream source that match, into the folder TARGET,
# without the source's first folder. Needs root and apt. Run again it returns at once; a cut-off run leaves no half TARGET.
# Environment: TESTBED_DIR (where downloads are kept, default .testbed of the project), DEBIAN_MIRROR.
set -euo pipefail
fail() { echo "debian-source.sh: $*" >&2; exit 1; }

suite=$1 package=$2 target=$3; shift 3
here=$(cd "$(dirname "$0")" && pwd)
. "$here/own-apt.sh"
base=${TESTBED_DIR:-$here/../.testbed}
work=$base/apt/$suite-source

mkdir -p "$work" "$(dirname "$target")"
work=$(cd "$work" && pwd)
exec 8> "$target.lock"; flock 8
if [ -e "$target" ]; then exit 0; fi
exec 9> "$work/lock"; flock 9
[ "$(id -u)" = 0 ] || fail "the source of $package from Debian $suite needs root"
command -v bzip2 > /dev/null || DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends bzip2 >&2 ||
  fail 'install bzip2'
own_apt "$work" "deb-src @ $suite main"
(cd "$work" && apt-get source -qq --download-only "$package" > /dev/null)
part=$target.part
rm -rf "$part"; mkdir -p "$part"
tar xf "$(find "$work" -maxdepth 1 -name "$package*.orig.tar.*" ! -name '*.asc' | sort -V | tail -1)" -C "$part" --strip-components=1 --wildcards "$@"
mv "$part" "$target"
