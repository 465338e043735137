#!/bin/sh
# No core dump of any process of the window: it would hold what the process had in memory.
# shellcheck disable=SC3045 # dash and bash have it
ulimit -c 0
exec node /usr/lib/selwright/main/window.mjs "$@"
