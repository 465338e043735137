#!/bin/sh
# No core dump of any process of the window: it would hold what the process had in memory.
# shellcheck disable=SC3045 # dash and bash have it
ulimit -c 0
# Nothing of the session's makes Node load code, open a debugger or write down what it does.
unset NODE_OPTIONS NODE_PATH NODE_DEBUG NODE_DEBUG_NATIVE NODE_V8_COVERAGE NODE_REPL_EXTERNAL_MODULE SSLKEYLOGFILE
exec node /usr/lib/selwright/main/window.mjs "$@"
