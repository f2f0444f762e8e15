#!/bin/sh
# The one test command. `./test.sh` runs everything; `./test.sh unit` the quick ring, or another ring by its name.
set -eu
root=$(cd "$(dirname "$0")" && pwd)
. "$root/scripts/setup.sh"
began=$(date +%s)
ring=${1:-all}
[ $# -eq 0 ] || shift
case $ring in
all | unit | integration | real-tree) ;;
*)
  printf 'usage: ./test.sh [unit|integration|real-tree] [vitest arguments…]\n' >&2
  exit 2
  ;;
esac
cd "$root"
mkdir -p "$cache"

need git git
setup_node
setup_program
if [ "$ring" != unit ]; then
  setup_go_settings
  say 'system packages that tests want'
  setup_system_packages <<END
make make compares with upstream's own makefiles
gcc gcc links the binaries that use cgo
rsync rsync is called by upstream's scripts
dpkg-source dpkg-dev unpacks the Kubernetes source package
xz xz-utils unpacks the Kubernetes source package
chromium chromium opens the HTML report
END
fi

projects=
for project in unit integration real-tree; do
  case $ring in all | "$project") projects="$projects --project $project" ;; esac
done
say "ready in $(since "$began"); testing:${projects}"
# Lint and types are tests too (test/sources.test.ts), so that this one run counts everything.
# shellcheck disable=SC2086 # words without blanks, split on purpose
exec node node_modules/vitest/vitest.mjs run --passWithNoTests $projects "$@"
