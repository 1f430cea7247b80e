#!/usr/bin/env bash
# Backs one PostgreSQL database up into a local directory, by parallel workers, and restores it from there.
#
#   ./run_phaselift_local.sh                     a backup
#   ./run_phaselift_local.sh --restore           the newest backup into the target; asks first
#   ./run_phaselift_local.sh --list
#   ./run_phaselift_local.sh --prune --keep-last 3
#
# Copy it, fill in what stands behind each `:-`, and keep it from others (chmod 700) when you write passwords into it. What
# is in the environment already comes first.
set -euo pipefail

# Where to back up from.
export SRC_PGHOST="${SRC_PGHOST:-}"
export SRC_PGPORT="${SRC_PGPORT:-5432}"
export SRC_PGUSER="${SRC_PGUSER:-}"
export SRC_PGPASSWORD="${SRC_PGPASSWORD:-}"
export SRC_DBNAME="${SRC_DBNAME:-}"

# Where to restore to. A database that is missing is created; one that is there must be empty.
export DST_PGHOST="${DST_PGHOST:-}"
export DST_PGPORT="${DST_PGPORT:-5432}"
export DST_PGUSER="${DST_PGUSER:-}"
export DST_PGPASSWORD="${DST_PGPASSWORD:-}"
export DST_DBNAME="${DST_DBNAME:-}"

# Where backups live: LOCAL_DIRECTORY/SRC_DBNAME/BACKUP_NAME/, in pg_dump's directory format. To restore what
# migrate_db_local.sh made, name that very directory (the one with toc.dat in it).
export LOCAL_DIRECTORY="${LOCAL_DIRECTORY:-./pgdump}"

# Empty: a backup is named after the time, a restore takes the newest complete one.
export BACKUP_NAME="${BACKUP_NAME:-}"

export DUMP_JOBS="${DUMP_JOBS:-4}"       # parallel workers of pg_dump
export RESTORE_JOBS="${RESTORE_JOBS:-4}" # and of a restore

needs() {
  local name missing=0
  for name in "$@"; do
    if [[ -z "${!name}" ]]; then
      echo "$0: $name is not set" >&2
      missing=1
    fi
  done
  ((missing == 0)) || exit 2
}

if ! command -v phaselift >/dev/null; then
  echo "$0: phaselift is not on PATH: link it there, ln -s …/phaselift/dist/cli.js ~/.local/bin/phaselift" >&2
  exit 2
fi

(($# > 0)) || set -- --backup
needs SRC_DBNAME LOCAL_DIRECTORY
case " $* " in
  *" --backup "*) needs SRC_PGHOST SRC_PGUSER ;;
  *" --all "*) needs SRC_PGHOST SRC_PGUSER DST_PGHOST DST_PGUSER DST_DBNAME ;;
  *" --restore "*)
    needs DST_PGHOST DST_PGUSER DST_DBNAME
    export BACKUP_NAME="${BACKUP_NAME:-latest}"
    ;;
esac

# Its exit code is ours: 0 done, 1 failed, 2 wrong usage, 130 interrupted.
exec phaselift "$@"
