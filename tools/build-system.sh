#!/bin/sh
# build-system.sh FILE.adl [compose options]: builds a system into build/systems/NAME/, NAME being the file's.
#     image.img, image-debug.img    to boot, with the release and the debug kernel
#     SYSTEM_DIR=DIR                builds into DIR in place of that
# Prints nothing if all is well.  What it needs of the tree (compose, kernel, libraries) has been built: ./tessera build.
set -eu
cd "$(dirname "$0")/.."
[ $# -ge 1 ] || {
    sed -n '2,5s/^# \{0,1\}//p' tools/build-system.sh >&2
    exit 2
}
file=$1
shift
BUILD=${BUILD:-$PWD/build}
# Names in what compose writes are relative to the top of the tree, where ninja runs, too.
build=${BUILD#"$PWD"/}
dir=${SYSTEM_DIR:-$build/systems/$(basename "$file" .adl)}
mkdir -p "$dir"
log=$dir/build.log
TESSERA_BUILD=$build TESSERA_SUPERVISOR=$build/servers/supervisor/supervisor.elf "$BUILD/compose/compose" "$file" -o "$dir" "$@"
# What only some systems need, like the kernel of guests, is built when one of them is.
sed -n 's/^ *libraries = //p' "$dir/build.ninja" | tr ' ' '\n' | sed -n 's|^$tree/||p' | sort -u | while read -r library; do
    ninja -C "$BUILD" -n "$library" 2>/dev/null | grep -q 'no work to do' || {
        echo "tessera: making $library" >&2
        flock "$BUILD/libraries.lock" ninja -C "$BUILD" "$library" >&2
    }
done
ninja -j 1 -f "$dir/build.ninja" >"$log" 2>&1 || {
    cat "$log" >&2
    exit 1
}
system=$(sed -n 's/^# Builds system \([A-Za-z0-9_]*\).*/\1/p' "$dir/build.ninja")
cp -f "$dir/$system.img" "$dir/image.img"
cp -f "$dir/$system-debug.img" "$dir/image-debug.img"
