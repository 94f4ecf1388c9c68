#!/bin/sh
# The figures of README.md, out of build/bench.json (written by ./tessera bench).
#     docs/figures.sh           prints the table
#     docs/figures.sh --write   puts it into README.md
#     docs/figures.sh --check   fails if README.md has another one
set -eu
cd "$(dirname "$0")/.."
json=${BUILD:-build}/bench.json
[ -f "$json" ] || {
    echo "figures: no $json: run ./tessera bench first" >&2
    exit 2
}

# One object of the list is one line.
table() {
    awk '
        BEGIN {
            want[++n] = "call + reply, 0 words"
            want[++n] = "call + reply, 8 words (peers: 4)"
            want[++n] = "call + reply, 20 words"
            want[++n] = "call + reply, server with its own budget"
            want[++n] = "call + reply, one capability"
            want[++n] = "signal -> waiting higher-priority thread"
            want[++n] = "page fault to handler + reply"
            want[++n] = "system call of a foreign thread to handler + reply"
            want[++n] = "device interrupt -> first instruction of driver"
            want[++n] = "yield to other thread"
            want[++n] = "map one page"
            want[++n] = "cheapest system call"
            for (i = 1; i <= n; i++) wanted[want[i]] = 1
        }
        function field(key, text) {
            if (!match($0, "\"" key "\": *[^,}]*")) return ""
            text = substr($0, RSTART, RLENGTH)
            sub(/^"[^"]*": */, "", text)
            return text
        }
        match($0, /"name": "[^"]*"/) {
            name = substr($0, RSTART + 9, RLENGTH - 10)
            el = name ~ /\(EL2\)$/ ? 2 : 1
            sub(/ \(EL[12]\)$/, "", name)
            if (!(name in wanted)) next
            ours[name, el] = field("value")
            if (el == 1) {
                plain[name] = field("seL4 EL1")
                mcs[name] = field("seL4 EL1 MCS")
            }
        }
        END {
            print "| kernel instructions | Tessera, EL1 | Tessera, EL2 | seL4, EL1 | seL4 MCS, EL1 |"
            print "|---|---|---|---|---|"
            for (i = 1; i <= n; i++) {
                w = want[i]
                if (!((w, 1) in ours) || !((w, 2) in ours)) { print "figures: no row \"" w "\"" >"/dev/stderr"; exit 2 }
                printf "| %s | %s | %s | %s | %s |\n", w, ours[w, 1], ours[w, 2], plain[w] ? plain[w] : "-", mcs[w] ? mcs[w] : "-"
            }
        }' "$json"
}

# README.md with the table between its marks.
readme() {
    table >"$work/table"
    awk -v table="$work/table" '
        /^<!-- end of figures -->$/ { inside = 0 }
        !inside { print }
        /^<!-- figures: / { inside = 1; while ((getline line < table) > 0) print line }' README.md
}

work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT INT TERM
case ${1:-} in
'') table ;;
--write)
    readme >"$work/readme"
    cat "$work/readme" >README.md
    ;;
--check)
    readme >"$work/readme"
    if ! grep -q '^<!-- figures: ' README.md || ! cmp -s "$work/readme" README.md; then
        echo "FAIL README.md does not have the figures of $json; run docs/figures.sh --write"
        exit 1
    fi
    ;;
*)
    echo "usage: docs/figures.sh [--write | --check]" >&2
    exit 2
    ;;
esac
