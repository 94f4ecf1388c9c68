#!/bin/sh
# system.sh COMMAND ...: the commands of the front door about systems; hands over to compose (compose/, in $BUILD).
#     check SYSTEM...        errors and warnings, nothing else
#     build SYSTEM           build/systems/NAME/ with the image in it
#     expand SYSTEM TEXT     the glue of the connections whose name holds TEXT
#     graph SYSTEM [FILE]    the picture, as FILE.svg (default: build/systems/NAME/graph.svg)
#     audit SYSTEM           who can do what to whom
#     why SYSTEM A B         the shortest way on which A can influence B
#     diff OLD NEW           what of the authority has changed between two systems
#     cost SYSTEM            instructions of each connection
#     list                   the systems of the tree
# SYSTEM is an .adl file, or a name: systems/**/NAME.adl.
set -eu
cd "$(dirname "$0")/.."
BUILD=${BUILD:-$PWD/build}
compose=$BUILD/compose/compose

fail() {
    echo "tessera: $*" >&2
    exit 2
}

# The systems that can be named: every .adl file that declares a system.
systems() {
    find systems servers drivers -name '*.adl' -exec grep -lE '^system ' {} + | sort
}

# find_system WORD: prints its file.
find_system() {
    if [ -f "$1" ]; then
        echo "$1"
        return
    fi
    found=$(systems | grep "/$1\.adl\$" || true)
    [ "$found" ] || fail "no system $1; ./tessera list names those that there are"
    [ "$(echo "$found" | wc -l)" = 1 ] || fail "$1 is several: $(echo $found)"
    echo "$found"
}

need() { # count least text
    [ "$1" -ge "$2" ] || fail "$3"
}

command=$1
shift
case $command in
list)
    systems | while read -r file; do
        printf '%-24s %s\n' "$(basename "$file" .adl)" "$(sed -n '1s|^/\* *||; 1s| *\*/$||; 1p' "$file")"
    done
    ;;
find)
    find_system "$1"
    ;;
check)
    need $# 1 "check which? ./tessera check SYSTEM..."
    for word; do
        file=$(find_system "$word")
        "$compose" --check "$file"
        echo "$word: no errors"
    done
    ;;
build)
    file=$(find_system "$1")
    shift
    tools/build-system.sh "$file" "$@"
    ;;
expand)
    need $# 2 "expand what? ./tessera expand SYSTEM TEXT, for instance the name of an end"
    file=$(find_system "$1")
    "$compose" --report=expand "$file" "$2"
    ;;
graph)
    need $# 1 "which system? ./tessera graph SYSTEM [FILE.svg]"
    file=$(find_system "$1")
    out=${2:-$BUILD/systems/$(basename "$file" .adl)/graph.svg}
    mkdir -p "$(dirname "$out")"
    "$compose" --report=graph "$file" | dot -Tsvg >"$out"
    echo "$out"
    ;;
audit | cost | caps)
    need $# 1 "which system? ./tessera $command SYSTEM"
    file=$(find_system "$1")
    "$compose" --report="$command" "$file"
    ;;
why)
    need $# 3 "why whom? ./tessera why SYSTEM A B: how can A influence B?"
    file=$(find_system "$1")
    "$compose" --report=why "$file" "$2" "$3"
    ;;
diff)
    need $# 2 "diff of what? ./tessera diff OLD NEW"
    old=$(find_system "$1")
    new=$(find_system "$2")
    work=$(mktemp -d)
    trap 'rm -rf "$work"' EXIT
    "$compose" --report=authority "$old" >"$work/old"
    "$compose" --report=authority "$new" >"$work/new"
    for side in old new; do
        LC_ALL=C sort -u -o "$work/$side" "$work/$side"
    done
    LC_ALL=C comm -3 "$work/old" "$work/new" | sed 's/^[^\t]/- &/; s/^\t/+ /' >"$work/changes"
    [ -s "$work/changes" ] || echo "no change of authority" >"$work/changes"
    cat "$work/changes"
    ;;
*)
    fail "no command $command"
    ;;
esac
