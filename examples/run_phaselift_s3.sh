#!/usr/bin/env bash
# Backs one PostgreSQL database up to S3 and restores it, from a terminal or from cron.
#
#   ./run_phaselift_s3.sh                        a backup
#   ./run_phaselift_s3.sh --restore              the newest backup into the target; asks first
#   ./run_phaselift_s3.sh --all                  both; asks first
#   ./run_phaselift_s3.sh --list
#   ./run_phaselift_s3.sh --restore --force      asks nothing: for cron
#
# Copy it, fill in what stands behind each `:-`, and keep it from others (chmod 700) when you write passwords into it. What
# is in the environment already comes first, so that a password need not be written down:
#   SRC_PGPASSWORD="$(pass show db/app)" ./run_phaselift_s3.sh
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

# Where backups live: s3://S3_BUCKET/S3_PREFIX/SRC_DBNAME/BACKUP_NAME.dump
export S3_BUCKET="${S3_BUCKET:-}"
export S3_PREFIX="${S3_PREFIX:-}"
export AWS_DEFAULT_REGION="${AWS_DEFAULT_REGION:-us-east-1}"
export AWS_ACCESS_KEY_ID="${AWS_ACCESS_KEY_ID:-}" # both empty: what the AWS CLI would use (profile, role)
export AWS_SECRET_ACCESS_KEY="${AWS_SECRET_ACCESS_KEY:-}"
export S3_ENDPOINT_URL="${S3_ENDPOINT_URL:-}" # for MinIO, Ceph, R2 …; empty is AWS

# Empty: a backup is named after the time, a restore takes the newest complete one.
export BACKUP_NAME="${BACKUP_NAME:-}"

export RESTORE_JOBS="${RESTORE_JOBS:-1}" # parallel workers of a restore

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
needs SRC_DBNAME S3_BUCKET
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
