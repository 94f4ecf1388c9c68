#!/bin/sh
# What no file may hold: marks of unfinished work, machine paths, tabs in C, blanks at line ends; scripts are plain sh.
set -eu
cd "$(dirname "$0")/../.."
bad=0
files=$(find . \( -path ./build -o -path ./.cache -o -path ./.git \) -prune -o -type f -print)
forbid() { # pattern, what it is, files...
    pattern=$1 what=$2
    shift 2
    if grep -nIE "$pattern" "$@"; then
        echo "FAIL $what: see above"
        bad=1
    fi
}
# The letters in brackets keep this file from finding itself.
# shellcheck disable=SC2086
{
    forbid '(^|[^A-Za-z])(TO[D]O|FIX[M]E|XX[X]|HA[C]K)([^A-Za-z]|$)' "unfinished work" $files
    forbid '/(wor[k]|roo[t]|hom[e])/' "machine path" $files
    forbid '//(de[b]|securit[y]|snapsho[t])\.' "host name" $files
    forbid '[ 	]+$' "blank at line end" $files
}
c=$(echo "$files" | grep -E '\.[chS]$')
# shellcheck disable=SC2086
forbid '	' "tab" $c
for script in tessera .ci/run $(echo "$files" | grep '\.sh$'); do
    [ -x "$script" ] || case $(head -n 1 "$script") in
    '#!'*)
        echo "FAIL $script is not executable"
        bad=1
        ;;
    esac
    sh -n "$script" || bad=1
done
exit $bad
