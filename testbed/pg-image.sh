#!/bin/bash
# pg-image.sh MAJOR: make the image postgres:MAJOR (15, 17, 18) out of Debian's packages and import it into the daemon at
# DOCKER_HOST, unless it is there. The image has the server and the client tools, a user postgres, and no entrypoint.
set -euo pipefail
here=$(cd "$(dirname "$0")" && pwd); major=$1
base=${TESTBED_DIR:-$here/../.testbed}; mkdir -p "$base"; base=$(cd "$base" && pwd)
exec 6> "$base/image-$major.lock"; flock 6
if docker image inspect "postgres:$major" > /dev/null 2>&1; then exit 0; fi
"$here/postgres-tree.sh" "$major" > /dev/null
root=$base/postgres-$major
[ -e "$root/bin/sh" ] || ln -s dash "$root/usr/bin/sh"
printf '%s\n' 'root:x:0:0:root:/root:/bin/sh' 'nobody:x:65534:65534::/:/bin/false' \
  'postgres:x:999:999::/var/lib/postgresql:/bin/sh' > "$root/etc/passwd"
printf '%s\n' 'root:x:0:' 'postgres:x:999:' 'nogroup:x:65534:' > "$root/etc/group"
mkdir -p "$root"/var/lib/postgresql/data "$root"/var/run/postgresql "$root/root"
chown -R 999:999 "$root/var/lib/postgresql" "$root/var/run/postgresql"
tar -C "$root" --exclude ./.unpacked -c . |
  docker import -c "ENV PATH=/usr/lib/postgresql/$major/bin:/usr/sbin:/usr/bin:/sbin:/bin" - "postgres:$major" > /dev/null
