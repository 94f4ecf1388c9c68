#!/bin/sh
# ./tessera new: what it makes builds, boots and prints what it says, at once; in a copy of the tree.  Bad names are refused.
# Prints "N passed, N failed".
set -u
cd "$(dirname "$0")/../.." || exit 2
BUILD=${BUILD:-$PWD/build}
export BUILD
work=$(mktemp -d) || exit 2
trap 'rm -rf "$work"' EXIT INT TERM
passed=0
failed=0
ok() { # name, status
    if [ "$2" = 0 ]; then
        passed=$((passed + 1))
    else
        failed=$((failed + 1))
        echo "FAIL $1: $(tail -n 2 "$work/out" | cut -c 1-200)"
    fi
}
tar -c --exclude=./build --exclude=./.git --exclude=./.cache . | tar -x -C "$work"
cd "$work" || exit 2
for kind in component driver system; do
    name=probe_$kind
    tools/new.sh "$kind" "$name" >out 2>&1
    ok "new $kind" $?
    adl=$(sed -n 's/.*try it: .\/tessera run \([^ ]*\) .*/\1/p' out)
    SYSTEM_DIR=$work/$name.image tools/build-system.sh "$adl" >out 2>&1
    ok "new $kind builds" $?
    tools/qemu.sh "$work/$name.image/image.img" --icount --timeout 30 >out 2>&1
    ok "new $kind boots and ends" $?
    tr -d '\r' <out | grep -qxF "$(cat "$(dirname "$adl")/expected.txt")"
    ok "new $kind prints what it says" $?
    files=$(find . -path "*$name/*" -name '*.c')
    # shellcheck disable=SC2086 # no name has a blank
    clang-format --dry-run -Werror $files >out 2>&1
    ok "new $kind is formatted" $?
done
for name in '' Upper 9lives ../up 'a b'; do
    ! tools/new.sh component "$name" >out 2>&1 && grep -q '^tessera: .*a name is of small letters' out
    ok "the name \"$name\" is refused" $?
done
! tools/new.sh component probe_component >out 2>&1 && grep -q 'is there already' out
ok "what is there is not overwritten" $?
! tools/new.sh thing probe >out 2>&1
ok "an unknown kind is refused" $?
echo "$passed passed, $failed failed"
[ "$failed" = 0 ]
