#!/bin/sh
# Tests of the front half of compose, on this machine.  Options, each for one part: golden, bad, typos, fuzz, scale;
# --update writes the golden files anew.
set -eu
cd "$(dirname "$0")/../.."
BUILD=${BUILD:-$PWD/build}
here=compose/test
checked=$BUILD/compose/compose-checked
tmp=$(mktemp -d)
trap 'rm -rf "$tmp"' EXIT
passed=0 failed=0
export ASAN_OPTIONS=detect_leaks=0 UBSAN_OPTIONS=halt_on_error=1

ok() { passed=$((passed + 1)); }
bad() {
    failed=$((failed + 1))
    echo "FAIL $*"
}

# Every good file: no message but warnings, and the model behind the checks is the golden one.
golden() {
    for file in "$here"/good-*.adl; do
        want=${file%.adl}.expected
        if ! "$checked" --dump=check "$file" >"$tmp/out" 2>"$tmp/err"; then
            cat "$tmp/err"
            bad "$file is refused"
        elif [ "${update:-}" ]; then
            cp "$tmp/out" "$want"
        elif diff -u "$want" "$tmp/out"; then
            ok
        else
            bad "$file: the model is another one"
        fi
    done
    # What the templates of good-connector.adl have printed.
    if "$checked" "$here/good-connector.adl" -o "$tmp/o" 2>"$tmp/err"; then
        find "$tmp/o/gen" -name '*.[ch]' | LC_ALL=C sort | xargs sed -n '/^\/\/ begin/,/^\/\/ end/p' >"$tmp/out"
        [ ! "${update:-}" ] || cp "$tmp/out" "$here/good-connector.printed"
        if diff -u "$here/good-connector.printed" "$tmp/out"; then ok; else bad "templates print something else"; fi
    else
        cat "$tmp/err"
        bad "good-connector.adl is refused"
    fi
    "$checked" --reference >"$tmp/out" && grep -q '^| `call-cycle` |' "$tmp/out" && ok || bad "--reference"
}

# Every bad file: exactly the one message of its first line, "// LINE:COLUMN: error: ..." (or "// error: ..." without
# a place); errors are refused, warnings only with --strict.
refused() {
    for file in "$here"/bad/*.*dl; do
        want=$(sed -n '1s|^// ||p' "$file")
        status=0
        # Templates are looked at when they are printed; errors there are at the place in the template.
        case $file in
        */template-*) "$checked" "$file" -o "$tmp/o" >"$tmp/out" 2>"$tmp/err" || status=$? ;;
        *) "$checked" --check "$file" >"$tmp/out" 2>"$tmp/err" || status=$? ;;
        esac
        got=$(sed -n -E -e "s#^(${file%.*}.(adl|idl|template)):([0-9]+:[0-9]+: (error|warning): )#\3#p" -e 's|^compose: (error: )|\1|p' "$tmp/err" |
            sed "s|$here/bad/||")
        case $want in
        *error:*) expect=1 ;;
        *)
            expect=0
            "$checked" --check --strict "$file" 2>"$tmp/strict" && bad "$file: passes with --strict"
            ;;
        esac
        if [ "$got" = "$want" ] && [ "$status" = "$expect" ]; then
            ok
        else
            bad "$file (status $status): wanted: $want"
            cat "$tmp/err"
        fi
    done
}

# A typo in any word is refused or changes nothing; the definition is in mutate.c.
typos() {
    if "$BUILD/compose/compose-mutate" -a "$here"/good-*.adl &&
        "$BUILD/compose/compose-mutate" $(find systems -name '*.adl' | LC_ALL=C sort); then
        ok
    else
        bad "typos"
    fi
}

# Damaged texts: no crash.  A campaign of ten minutes: compose-fuzz --seconds 600 --seed N FILES
fuzz() {
    if "$BUILD/compose/compose-fuzz" --runs "${runs:-2000}" --seed "${seed:-1}" "$here"/good-*.*dl "$here"/good-*.template "$here"/bad/*.*dl; then
        ok
    else
        bad "fuzz"
    fi
}

# 100 components, 100 instances, 300 connections: prints the time of a run, best of five.  The goal is 50 ms; refused is
# only what is far beyond on any machine.
scale() {
    awk 'BEGIN {
        n = 100
        print "interface Echo { idempotent echo(u32 x) -> (u32 y); once put(bytes<64> data); }"
        for (i = 0; i < n; i++)
            printf "component C%d { provides Echo in; needs Echo a optional; needs Echo b optional; needs Echo c optional; " \
                "config u32 n = %d range 0 .. 1000; source \"part.c\"; prio %d; }\n", i, i, 100 + i
        print "system Scale {"
        for (i = 0; i < n; i++) printf "    instance C%d i%d { n = %d; mem 1MiB; }\n", i, i, i + 1
        for (i = 0; i < n - 1; i++) {
            printf "    connect i%d.a -> i%d.in : rpc;\n", i, i + 1
            printf "    connect i%d.b -> i%d.in : monitored rpc timeout(10ms);\n", i, i + 1 + int((n - 1 - i) / 2)
            printf "    connect i%d.c -> i%d.in : rpc;\n", i, i + 2 < n ? i + 2 : n - 1
        }
        print "}"
    }' >"$tmp/scale.adl"
    cp "$here/part.c" "$tmp/part.c"
    best=1000000
    for _ in 1 2 3 4 5; do
        before=$(date +%s%N)
        "$BUILD/compose/compose" --check "$tmp/scale.adl" || bad "scale: refused"
        took=$((($(date +%s%N) - before) / 1000))
        [ "$took" -ge "$best" ] || best=$took
    done
    echo "100 components, $(grep -c connect "$tmp/scale.adl") connections: $best us"
    if [ "$best" -lt 1000000 ]; then
        ok
    else
        bad "scale: $best us, limit 1000000"
    fi
}

case ${1:-all} in
--update) update=1 golden ;;
bad) refused ;;
golden | typos | fuzz | scale) "$1" ;;
all)
    golden
    refused
    typos
    fuzz
    scale
    ;;
esac
echo "$passed passed, $failed failed"
[ "$failed" = 0 ]
