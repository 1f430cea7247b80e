#!/bin/bash
# ceph.sh start|stop|run|get [PORT [MONITOR_PORT]]: a real S3 on loopback. Ceph's radosgw with one monitor and one OSD in
# memory, unpacked from Debian (CEPH_SUITE: sid has 20.2, trixie 18.2). Needs root and apt the first time (minutes).
#   start  starts it and prints the endpoint      stop  ends it (SIGKILL: radosgw hangs on SIGTERM without its monitor)
#   run    starts it, prints the endpoint, and stops it when stdin closes, so also when its parent is killed
#   get    only downloads
# Buckets are found by path at 127.0.0.1, and by host at BUCKET.localhost.
# Access key TESTBEDKEY, secret testbedsecret0000000000. CEPH_BYTES: size of its memory store (default 8 GiB, grown into).
set -euo pipefail
here=$(cd "$(dirname "$0")" && pwd)
what=${1:-start} port=${2:-9211}; mon=${3:-$((port + 1000))}
suite=${CEPH_SUITE:-sid}
base=${TESTBED_DIR:-$here/../.testbed}; mkdir -p "$base"; base=$(cd "$base" && pwd)
root=$base/ceph-root-$suite d=$base/ceph-$suite-$port
lib=$root/usr/lib/$(uname -m)-linux-gnu

stop() {
  local f
  for f in "$d"/*.pid; do
    [ ! -f "$f" ] || kill -9 "$(cat "$f")" 2> /dev/null || true
  done
  rm -rf "$d"
}
fail() { echo "ceph.sh: $*" >&2; tail -n 20 "$d"/*.out >&2 2> /dev/null || true; stop; exit 1; }

if [ "$what" = stop ]; then stop; exit 0; fi
"$here/apt-root.sh" "$suite" "$root" radosgw ceph-mon ceph-osd >&2
if [ "$what" = get ]; then exit 0; fi

stop; mkdir -p "$d"/{run,mon,osd,rgw}
if [ "$what" = run ]; then trap stop EXIT; trap 'exit 143' TERM INT; fi

# Every program runs by the loader and the libraries of its own Debian.
loader=$(find "$lib" "$root/usr/lib64" "$root/usr/lib" -maxdepth 1 -name 'ld-linux*.so.*' | head -1)
r() { local c=$1; shift; "$loader" --library-path "$lib:$lib/ceph" --argv0 "$c" "$root/usr/bin/$c" "$@"; }
daemon() {
  local c=$1; shift
  setsid "$loader" --library-path "$lib:$lib/ceph" --argv0 "$c" "$root/usr/bin/$c" "$@" \
    > "$d/$c.out" 2>&1 < /dev/null 7>&- 8>&- 9>&- &
  echo $! > "$d/$c.pid"
  disown
}

fsid=$(cat /proc/sys/kernel/random/uuid) osd=$(cat /proc/sys/kernel/random/uuid)
export CEPH_CONF=$d/ceph.conf
cat > "$CEPH_CONF" <<CONF
[global]
 fsid = $fsid
 auth_cluster_required = none
 auth_service_required = none
 auth_client_required = none
 mon_host = v2:127.0.0.1:$mon
 ms_bind_msgr1 = false
 ms_mon_client_mode = crc secure
 ms_client_mode = crc secure
 paxos_propose_interval = 0.02
 paxos_min_wait = 0.01
 public_addr = 127.0.0.1
 cluster_addr = 127.0.0.1
 run_dir = $d/run
 admin_socket = $d/run/\$name.asok
 log_file = $d/\$name.log
 log_to_stderr = false
 crash_dir = $d
 erasure_code_dir = $lib/ceph/erasure-code
 plugin_dir = $lib/ceph
 osd_class_dir = $lib/rados-classes
 osd_pool_default_size = 1
 osd_pool_default_min_size = 1
 mon_allow_pool_size_one = true
 osd_pool_default_pg_num = 8
 osd_pool_default_pgp_num = 8
 osd_pool_default_pg_autoscale_mode = off
 osd_crush_chooseleaf_type = 0
 mon_max_pg_per_osd = 1000
 mon_data_avail_crit = 1
 mon_data_avail_warn = 2
[mon.a]
 mon_data = $d/mon
[osd.0]
 osd_data = $d/osd
 osd_objectstore = memstore
 memstore_device_bytes = ${CEPH_BYTES:-8589934592}
[client.rgw.a]
 rgw_data = $d/rgw
 rgw_frontends = beast endpoint=127.0.0.1:$port
 rgw_enable_lc_threads = false
 rgw_enable_usage_log = false
 rgw_enable_apis = s3
 rgw_dns_name = localhost
 rgw_crypt_require_ssl = false
 rgw_crypt_s3_kms_backend = testing
 rgw_crypt_s3_kms_encryption_keys = testbed-key=dGVzdGJlZHRlc3RiZWR0ZXN0YmVkdGVzdGJlZDAwMDA=
 rgw_thread_pool_size = 32
CONF

r monmaptool --create --clobber --fsid "$fsid" --addv a "[v2:127.0.0.1:$mon]" "$d/monmap" > "$d/monmap.out" 2>&1 ||
  fail 'no monitor map'
r ceph-mon --mkfs -i a --monmap "$d/monmap" --mon-data "$d/mon" --keyring /dev/null > "$d/mkfs.out" 2>&1 ||
  fail 'the monitor could not be made'
daemon ceph-mon -c "$CEPH_CONF" -f -i a
python=$(basename "$(find "$root/usr/lib" -maxdepth 1 -name 'python3.*' | head -1)")
PYTHONHOME=$root/usr PYTHONDONTWRITEBYTECODE=1 timeout 120 "$loader" --library-path "$lib:$lib/ceph" \
  --argv0 "$python" "$root/usr/bin/$python" "$root/usr/bin/ceph" -c "$CEPH_CONF" osd new "$osd" > "$d/osdnew.out" 2>&1 ||
  fail 'the monitor does not answer'
r ceph-osd -i 0 --mkfs --osd-uuid "$osd" --no-mon-config > "$d/osdmkfs.out" 2>&1 || fail 'the OSD could not be made'
daemon ceph-osd -c "$CEPH_CONF" -f -i 0
r radosgw-admin -n client.rgw.a user create --uid testbed --display-name testbed --access-key TESTBEDKEY \
  --secret testbedsecret0000000000 > "$d/user.out" 2>&1 || fail 'the user could not be made'
daemon radosgw -c "$CEPH_CONF" -f -n client.rgw.a

for _ in $(seq 600); do
  if curl -s -o /dev/null "http://127.0.0.1:$port/"; then
    echo "http://127.0.0.1:$port"
    # Its parent's end of stdin closes when the parent ends, however it ends.
    if [ "$what" = run ]; then trap '' PIPE; cat > /dev/null; fi
    exit 0
  fi
  sleep .1
done
fail "radosgw does not answer on port $port"
