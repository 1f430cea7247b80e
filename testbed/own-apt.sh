# own-apt.sh, to be sourced: own_apt WORK "LINE…" makes an apt of its own in the folder WORK, with these sources and an empty status
# file, so that every dependency is downloaded, and this machine's own packages are left alone. In the lines @ stands for the key and the mirror.
# Environment: DEBIAN_MIRROR.

# The mirror that this machine's own apt uses, unless told.
debian_mirror() {
  local sources
  if [ -n "${DEBIAN_MIRROR:-}" ]; then echo "$DEBIAN_MIRROR"; return; fi
  shopt -s nullglob
  sources=(/etc/apt/sources.list /etc/apt/sources.list.d/*.sources /etc/apt/sources.list.d/*.list)
  sed -nE 's/^URIs: *([^ ]+).*/\1/p; s/^deb +(\[[^]]*\] +)?([^ ]+) .*/\2/p' "${sources[@]}" 2> /dev/null |
    grep -E '/debian/?$' | head -1 || true
}

own_apt() {
  local work=$1 line=$2 mirror keyring=/usr/share/keyrings/debian-archive-keyring.gpg
  command -v apt-get > /dev/null || fail 'this needs apt-get (a Debian or Ubuntu machine)'
  mirror=$(debian_mirror)
  [ -n "$mirror" ] || fail 'no Debian mirror among the apt sources: set DEBIAN_MIRROR to the address of one'
  [ -e "$keyring" ] || fail 'the keys of Debian are missing: apt-get install debian-archive-keyring'
  mkdir -p "$work"/{lists/partial,cache/archives/partial,state}; touch "$work/status"
  echo "${line/@/[signed-by=$keyring] $mirror}" > "$work/sources.list"
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
}
