#!/bin/bash
# postgres-tree.sh MAJOR [PACKAGE...]: PostgreSQL MAJOR (15, 17, 18) of Debian, unpacked into a folder, runnable on this machine.
# With packages of extensions it is another folder, postgres-MAJOR-extensions, which has these as well.
# Prints the directory with its programs: initdb, postgres, pg_dump, psql ... Needs root and apt the first time.
#
# The programs of a newer Debian need its newer C library, so each is a small script that starts the real one with the
# loader and libraries of the tree. The scripts stand in a folder whose name ends like the one PostgreSQL was built for:
# from where it was started it finds share/ and lib/ (both links into the tree) and its sister programs (scripts again).
set -euo pipefail
here=$(cd "$(dirname "$0")" && pwd); major=$1; shift
base=${TESTBED_DIR:-$here/../.testbed}; mkdir -p "$base"; base=$(cd "$base" && pwd)
case $major in
  15) suite=bookworm ;;
  17) suite=trixie ;;
  18) suite=sid ;;
  *) echo "postgres-tree.sh: no Debian suite known for PostgreSQL $major" >&2; exit 1 ;;
esac
tree=$base/postgres-$major${1:+-extensions}
# The shell and the small tools are for the image that pg-image.sh makes of the tree.
"$here/apt-root.sh" "$suite" "$tree" "postgresql-$major" tzdata dash bash coreutils sed grep tar gzip findutils \
  base-files procps util-linux libc-bin "$@" >&2

# What a maintainer script would link.
postgis=$tree/usr/share/postgresql/$major/extension/postgis
if [ -e "$postgis-3.control" ]; then ln -sf postgis-3.control "$postgis.control"; fi

home=$tree-run; bin=$home/usr/lib/postgresql/$major/bin
exec 7> "$home.lock"; flock 7
if [ ! -e "$home/.ready" ] || [ "$tree/.unpacked" -nt "$home/.ready" ]; then
  rm -rf "$home"; mkdir -p "$bin"
  ln -s "$tree/usr/share" "$home/usr/share"
  ln -s "$tree/usr/lib/postgresql/$major/lib" "$home/usr/lib/postgresql/$major/lib"
  machine=$(uname -m); libs=$tree/usr/lib/$machine-linux-gnu
  loader=$(find "$libs" "$tree/usr/lib64" "$tree/usr/lib" -maxdepth 1 -name 'ld-linux*.so.*' | head -1)
  for real in "$tree/usr/lib/postgresql/$major/bin/"*; do
    name=$(basename "$real")
    [ "$(head -c 4 "$real" | tail -c 3)" = ELF ] || continue
    printf '#!/bin/sh\nexec %q --library-path %q --argv0 %q %q "$@"\n' \
      "$loader" "$libs:$tree/usr/lib/postgresql/$major/lib" "$bin/$name" "$real" > "$bin/$name"
    chmod 755 "$bin/$name"
  done
  touch "$home/.ready"
fi
echo "$bin"
