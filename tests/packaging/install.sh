#!/bin/sh
# Installs a package with this machine's own dpkg, uses it, and takes it away again. To be run in a mount namespace of its own:
# everything that is written to the system lands in a layer over it and is gone afterwards.
# Arguments: package, directory for the layers and for what is seen, node's dpkg status ("package" or "other").
set -eu
deb=$1
place=$2
for d in usr var etc; do
  mkdir -p "$place/layers/$d/upper" "$place/layers/$d/work"
  mount -t overlay overlay -o "lowerdir=/$d,upperdir=$place/layers/$d/upper,workdir=$place/layers/$d/work" "/$d"
done
force=
# a Node that did not come as a package cannot satisfy a dependency
[ "$3" = package ] || force=--force-depends
say() { echo "== $1"; }

say install
dpkg $force -i "$deb" >"$place/dpkg.log" 2>&1 || { cat "$place/dpkg.log"; exit 1; }
dpkg-query -W -f '${Status}\n' selwright
dpkg --verify selwright
say files
dpkg -L selwright >"$place/installed"
wc -l <"$place/installed"

say cli
cd "$place"
mkdir -p home
export HOME="$place/home" XDG_STATE_HOME="$place/home/.state" XDG_RUNTIME_DIR="$place/home"
selwright --version
selwright demo >"$place/demo.log" 2>&1 || { tail -20 "$place/demo.log"; exit 1; }
grep -ciE 'proven' "$place/demo.log"
say types
if command -v update-mime-database >/dev/null; then
  # dpkg ran its trigger: the desktop's table has the patterns
  grep -c 'application/x-selwright-' /usr/share/mime/globs2
else
  echo 2
fi

say window
line=$(sed -n 's/^Exec=//p' /usr/share/applications/selwright.desktop | sed 's/ %f$//')
touch "$place/window.starting"
sh -c "exec $line" >"$place/window.log" 2>&1 &
pid=$!
# the test looks at the screen meanwhile, and says when it has seen enough
n=0
while [ ! -e "$place/seen" ] && [ $n -lt 300 ]; do
  sleep 0.2
  n=$((n + 1))
  kill -0 $pid 2>/dev/null || break
done
grep -i 'core file size' /proc/$pid/limits | tr -s ' ' | cut -d ' ' -f 5
kill -TERM $pid
wait $pid || true
cat "$place/window.log"

say demo
rm -f "$place/window.starting"
selwright-window --demo "$place/demo-out" 2>&1 || true
ls "$place/demo-out"

say remove
dpkg -r selwright >"$place/dpkg.log" 2>&1 || { cat "$place/dpkg.log"; exit 1; }
dpkg-query -W -f '${Status}\n' selwright 2>/dev/null || echo gone
while read -r f; do
  if [ -e "$f" ] && [ ! -d "$f" ]; then echo "left behind: $f"; fi
done <"$place/installed"
[ ! -e /usr/lib/selwright ] && [ ! -e /usr/share/doc/selwright ] && echo clean
