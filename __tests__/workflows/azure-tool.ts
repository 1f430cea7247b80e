/**
 * Stands for Azure's tool, as far as the example uses it: copies into a folder that has the account's name, and notes what. Refuses all
 * that is not asked for as it should be.
 */
export const AZ = `#!/bin/bash
set -eu
[ -n "$AZURE_STORAGE_SAS_TOKEN" ]
[ "$1 $2" = 'storage blob' ]
command=$3; shift 3
while [ $# -gt 0 ]; do
  case "$1" in
    --only-show-errors) shift; continue ;;
    --output | --overwrite) ;;
    --source | --file) from=$2 ;;
    --destination | --container-name) container=$2 ;;
    --destination-path | --name) to=$2 ;;
    *) echo "az does not know $1" >&2; exit 2 ;;
  esac
  shift 2
done
target=$AZURE_STORAGE_ACCOUNT/$container/$to
case "$command" in
  upload-batch) mkdir -p "$target"; cp -R "$from/." "$target" ;;
  upload) mkdir -p "$(dirname "$target")"; cp "$from" "$target" ;;
  *) exit 2 ;;
esac
echo "$to" >> "$AZURE_STORAGE_ACCOUNT/log"
`;
