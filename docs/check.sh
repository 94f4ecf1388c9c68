#!/bin/sh
# Checks the book (docs/*.md, docs/decisions/*.md, README.md):
#   - every code reference `path/file.c:symbol` names a file that exists and in which the symbol is defined;
#   - every relative link leads to a file, and its #anchor to a heading of it;
#   - the C of a tutorial is that of its program, and the first one's prints what it says;
#   - the generated reference is what the generator prints now, and has every row of abi/*.def;
#   - the table of Linux's calls is what the sources and the built library say now.
# Usage: docs/check.sh [build directory].  Prints one line per failure and "N passed, N failed"; exit 1 on a failure.
set -u
cd "$(dirname "$0")/.." || exit 2
build=${1:-${BUILD:-build}}
work=$(mktemp -d) || exit 2
trap 'rm -rf "$work"' EXIT INT TERM
: >"$work/results"

pass() {
    echo pass >>"$work/results"
}
fail() {
    echo "FAIL $*"
    echo fail >>"$work/results"
}

# Is symbol $2 defined in file $1?  Definitions: a function or object at the start of a line, a member or constant of
# an enum, struct, #define, an assembly label, a shell function, a row of a table.
defined_in() {
    awk -v s="$2" '
        BEGIN { id = "[^A-Za-z0-9_]" }
        {
            line = " " $0 " "
            at = match(line, id s id)
            if (!at) next
            if ($0 ~ "^[ \t]*#[ \t]*define[ \t]+" s "([^A-Za-z0-9_]|$)") found = 1      # macro
            if ($0 ~ "^" s "(:|[(][)])") found = 1                                      # label, shell function
            if ($0 ~ "^[ \t]*[.]?(macro|type|global|globl|set)[ \t]+" s "([^A-Za-z0-9_]|$)") found = 1
            if ($0 ~ "^(enum|struct|union)[ \t]+" s "([^A-Za-z0-9_]|$)") found = 1      # tag
            if ($0 ~ "^[A-Za-z_].*" id s "[(]" && $0 !~ ";[ \t]*$") found = 1           # function, not a prototype
            if ($0 ~ "^" s "[(]" && $0 !~ ";[ \t]*$") found = 1                         # its name on a line of its own
            if ($0 ~ "^[A-Za-z_][^()]*" id s "([[][^]]*[]])*[ \t]*(=|;)") found = 1     # object
            if ($0 ~ "^[ \t]+" s "[ \t]*(=[^=]|,)") found = 1                           # constant of an enum
            if ($0 ~ "^[ \t]+[A-Za-z_][^()]*" id s "(;|,|[[]| __attribute__)") found = 1 # member
            if ($0 ~ "^[ \t]+" s ";") found = 1                                        # member, type on the line above
            if ($0 ~ "^[A-Z]+[(]([a-z_]+, )?" s ",") found = 1                          # row of a table
        }
        END { exit !found }' "$1"
}

# A prototype in a header is a definition enough for a reference to the header.
declared_in() {
    case $1 in
    *.h) grep -q "[^A-Za-z0-9_]$2(" "$1" ;;
    *) false ;;
    esac
}

# Line -> one reference or link each.
references() {
    awk '{
        rest = $0
        while (match(rest, /`[A-Za-z0-9_.\/-]+\.(c|h|S|def|sh|ld):[A-Za-z_][A-Za-z0-9_]*`/)) {
            print FILENAME ":" FNR " " substr(rest, RSTART + 1, RLENGTH - 2)
            rest = substr(rest, RSTART + RLENGTH)
        }
    }' "$@"
}
links() {
    awk '
        /^```/ { code = !code }
        !code {
            rest = $0
            while (match(rest, /\]\([^)]*\)/)) {
                print FILENAME ":" FNR " " substr(rest, RSTART + 2, RLENGTH - 3)
                rest = substr(rest, RSTART + RLENGTH)
            }
        }' "$@"
}
# Headings as anchors: lower case, spaces to dashes, punctuation dropped.
anchors() {
    sed -n 's/^##* *//p' "$1" | tr 'A-Z ' 'a-z-' | tr -cd 'a-z0-9_\n-'
}

set -- README.md docs/*.md docs/decisions/*.md

references "$@" >"$work/references"
while read -r where reference; do
    file=${reference%:*}
    symbol=${reference##*:}
    if [ ! -f "$file" ]; then
        fail "$where: no file $file"
    elif defined_in "$file" "$symbol" || declared_in "$file" "$symbol"; then
        pass
    else
        fail "$where: $symbol is not defined in $file"
    fi
done <"$work/references"

links "$@" >"$work/links"
while read -r where link; do
    case $link in
    http:* | https:*) continue ;;
    esac
    target=${link%%#*}
    from=${where%:*}
    case $target in
    '') path=$from ;;
    *) path=$(dirname "$from")/$target ;;
    esac
    if [ ! -e "$path" ]; then
        case $path in
        */build/*) [ -f "$build/docs/$(basename "$path")" ] && pass || fail "$where: $link is not built" ;;
        *) fail "$where: $link leads nowhere" ;;
        esac
        continue
    fi
    case $link in
    *#*)
        if anchors "$path" | grep -qx -- "${link#*#}"; then
            pass
        else
            fail "$where: $target has no heading #${link#*#}"
        fi
        ;;
    *) pass ;;
    esac
done <"$work/links"

# The reference.
if ${CC:-cc} -std=c17 -Iabi/include -o "$work/reference" docs/reference.c && "$work/reference" >"$work/reference.md"; then
    pass
else
    fail "docs/reference.c does not build or run"
    : >"$work/reference.md"
fi
if cmp -s "$work/reference.md" "$build/docs/reference.md"; then
    pass
else
    fail "$build/docs/reference.md is missing or not what the tables say now"
fi
for table in abi/*.def; do
    awk -F'[(,]' '/^[A-Z_]+\(/ { gsub(/ /, ""); print $1, $2, $3 }' "$table" >"$work/rows"
    [ -s "$work/rows" ] || fail "$table: no rows"
    while read -r kind name second; do
        case $kind in
        INVOKE) wanted="\`$name.$second\`" ;;
        *) wanted="\`$name\`" ;;
        esac
        if grep -qF "$wanted" "$work/reference.md"; then
            pass
        else
            fail "$table: $wanted is not in the reference"
        fi
    done <"$work/rows"
done

# The calls of Linux.
if BUILD=$build docs/linux-calls.sh --check; then
    pass
else
    fail "docs/linux-calls.md"
fi

# Tutorials: every line of C that they show is in their program; the first one's prints what it says.
shown_in() { # CHAPTER PROGRAM
    awk '/^```/ { code = /^```c$/; next } code { sub(/^ +/, ""); if (length) print }' "$1" >"$work/shown"
    [ -s "$work/shown" ] || fail "$1 shows no C"
    while read -r line; do
        if grep -qF -- "$line" "$2"; then
            pass
        else
            fail "$1: not in $2: $line"
        fi
    done <"$work/shown"
}
shown_in docs/tutorial.md docs/tutorial/adder.c
shown_in docs/tutorial-driver.md drivers/edu/edu.c
printed=$(tools/qemu.sh "$build/adder.img" --timeout 60 2>"$work/errors" | tr -d '\r')
if [ "$printed" ] && grep -qxF -- "$printed" docs/tutorial.md; then
    pass
else
    fail "the tutorial's program prints '$printed', which docs/tutorial.md does not say"
    cat "$work/errors"
fi

failed=$(grep -c fail "$work/results")
echo "$(grep -c pass "$work/results") passed, $failed failed"
[ "$failed" -eq 0 ]
