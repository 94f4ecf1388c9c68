#!/bin/sh
# back.sh [--update]: the back half of compose: numbers, capabilities, glue, reports (compose/test/back).
#     NAME.adl        valid: what --report prints is NAME.expect; its glue is the same twice, and compiles, with the
#                     connections of its groups as written, all direct and all rpc
#     bad-NAME.adl    refused with the message of its first line
#     caps/           boots; the capabilities that the kernel shows are those of --report=caps
#     late/           boots; a server that is late does not spoil the next request
#     passing/        boots; a capability is lent, given, and not smuggled in
#     hostile/        boots; nonsense in requests and answers is refused, and what has a bound keeps it
# --update writes the expectations anew.  Last line: "N passed, N failed"; status 1 if any failed.
set -eu
cd "$(dirname "$0")/../.."
BUILD=${BUILD:-$PWD/build}
tree=${BUILD#"$PWD"/}
work=$tree/compose-back
compose=$BUILD/compose/compose
export TESSERA_BUILD="$tree" TESSERA_SUPERVISOR="$tree/servers/supervisor/supervisor.elf"
passed=0 failed=0

result() { # status name
    if [ "$1" = 0 ]; then
        passed=$((passed + 1))
    else
        failed=$((failed + 1))
        echo "FAIL $2"
    fi
}

reports() { # file
    for report in distribution caps audit graph cost; do
        echo "==== $report"
        "$compose" --report=$report "$1" 2>&1
    done
}

golden() { # file
    expect=${1%.adl}.expect
    reports "$1" >"$work/reports"
    [ "$update" ] && cp "$work/reports" "$expect"
    diff -u "$expect" "$work/reports"
}

# The same text twice, and the second time no file is touched.
same() { # file
    rm -rf "$work/out" "$work/first"
    "$compose" "$1" -o "$work/out" 2>/dev/null
    cp -Rp "$work/out" "$work/first"
    touch "$work/mark"
    "$compose" "$1" -o "$work/out" 2>/dev/null
    diff -r "$work/out" "$work/first" && [ ! "$(find "$work/out" -newer "$work/mark")" ]
}

compiles() { # file option...
    rm -rf "$work/out"
    "$compose" "$@" -o "$work/out" 2>/dev/null || return 1
    programs=$(sed -n "s|^build \($work/out/[a-z0-9_]*\.elf\):.*|\1|p" "$work/out/build.ninja")
    # shellcheck disable=SC2086
    ninja -j 1 -f "$work/out/build.ninja" $programs >"$work/log" 2>&1 || {
        cat "$work/log"
        return 1
    }
}

# The message of the first line, and no other.
refused() { # file
    wanted=$(sed -n '1s|^// ||p' "$1")
    "$compose" "$1" -o "$work/out" >/dev/null 2>"$work/errors" && return 1
    grep -E '^[^ ]*: error: ' "$work/errors" | sed 's|^[^ ]*/||' >"$work/messages"
    [ "$(cat "$work/messages")" = "$wanted" ] || {
        echo "wanted: $wanted"
        cat "$work/messages"
        return 1
    }
}

boots() { # folder system: console in $work/console
    rm -rf "$work/boot"
    "$compose" "compose/test/back/$1/$1.adl" -o "$work/boot" || return 1
    ninja -j 1 -f "$work/boot/build.ninja" >"$work/log" 2>&1 || {
        cat "$work/log"
        return 1
    }
    tools/qemu.sh "$work/boot/$2-debug.img" --icount --timeout 100 | tr -d '\r' >"$work/console"
}

# The lines, in any order, and no others.
prints() { # folder system line...
    boots "$1" "$2" || return 1
    shift 2
    sort "$work/console" >"$work/console.sorted"
    printf '%s\n' "$@" | diff -u - "$work/console.sorted"
}

hostile() {
    prints hostile Hostile 'attacker: some were taken, some refused' 'honest: all answers right' 'victim: results and errors'
}

late() {
    prints late Late 'late: 20 of 20, wrong: 0'
}

passing() {
    prints passing Passing 'client: given' 'client: lent' 'flooder: refused'
}

# Names differ: in the report an object's, in the kernel a number; the supervisor gives its badge itself.
caps() {
    boots caps Caps || return 1
    "$compose" --report=caps compose/test/back/caps/caps.adl |
        sed 's/ supervisor s 0x0 / endpoint s - /; s/ "[^"]*"$//' | sort >"$work/promised"
    sed -n 's/^cap //p' "$work/console" | sed 's/0x4[0-9a-f]\{15\}$/-/' | sort >"$work/held"
    [ -s "$work/held" ] && diff -u "$work/promised" "$work/held" && grep -qx 'denied' "$work/console"
}

update=
[ "${1:-}" != --update ] || update=1
rm -rf "$work"
mkdir -p "$work"
for file in compose/test/back/*.adl; do
    name=$(basename "$file" .adl)
    case $name in
    bad-*) refused "$file" && result 0 "$name" || result 1 "$name" ;;
    *)
        golden "$file" && result 0 "$name" || result 1 "$name: reports"
        same "$file" && result 0 "$name" || result 1 "$name: not the same twice"
        compiles "$file" && result 0 "$name" || result 1 "$name: does not compile"
        if grep -q '^ *group ' "$file"; then
            compiles "$file" --force=direct && result 0 "$name" || result 1 "$name: does not compile with --force=direct"
            compiles "$file" --force=rpc && result 0 "$name" || result 1 "$name: does not compile with --force=rpc"
        fi
        ;;
    esac
done
hostile && result 0 hostile || result 1 "hostile: nonsense does harm"
late && result 0 late || result 1 "late: the next request is spoilt"
passing && result 0 passing || result 1 "passing: capabilities are not passed as they should be"
caps && result 0 caps || result 1 "caps: the kernel's capabilities are not those of the report"
rm -rf "$work"
echo "$passed passed, $failed failed"
[ "$failed" = 0 ]
