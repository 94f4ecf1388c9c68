#!/bin/sh
# docs/linux-calls.md: which system calls of Linux there are, out of linux/calls.def and the sources of linux/.
#     docs/linux-calls.sh           prints the chapter
#     docs/linux-calls.sh --write   puts it into docs/linux-calls.md
#     docs/linux-calls.sh --check   fails if the chapter there is another one, or if the library in the build directory disagrees:
#                                   a call is served if liblinux.a has a definition of sys_NAME that is not weak
set -eu
cd "$(dirname "$0")/.."
chapter=docs/linux-calls.md
library=${BUILD:-build}/linux/liblinux.a

sources() {
    find linux -name '*.c' -not -path 'linux/test/*' | LC_ALL=C sort
}

# What the sources say, a line each:
#     call NAME FILE             FILE defines sys_NAME
#     never NAME FILE WHY        it answers ENOSYS and nothing else
#     served NAME COMMANDS...    the commands that its switch knows
#     refused NAME COMMANDS...   those behind which there is nothing but an error
#     not NAME WHAT...           what it counts as missing: NAME is the first word of the text, the flags are those of the condition before
#     counted NAME FILE TEXT     all of these texts
facts() {
    # shellcheck disable=SC2046 # no blanks in the names
    awk '
        function strip(line) { gsub(/\/\*[^*]*\*\//, "", line); return line }
        function words(list, prefix,    text, i, n, part) {
            text = ""
            n = split(list, part, " ")
            for (i = 1; i <= n; i++) if (part[i] != "") text = text " " part[i]
            return text
        }
        function begin_function(name) {
            is_call = name ~ /^sys_/
            call = is_call ? substr(name, 5) : ""
            labels = served = missing = condition = ""
            lines = only = 0
            why = variable = ""
            split("", compared)
            if (is_call && !(call in seen)) { seen[call] = 1; print "call", call, FILENAME }
        }
        # macros that define calls: sys_##name, sys_l##name
        /^#define [A-Z_]+\(/ { macro = $2; sub(/\(.*/, "", macro); in_macro = macro != "CALL" }
        in_macro && match($0, /long sys_[a-z_]*##/) {
            prefix[macro] = prefix[macro] " " substr($0, RSTART + 9, RLENGTH - 11) "."
        }
        in_macro { if ($0 !~ /\\$/) in_macro = 0; next }
        match($0, /^[A-Z_]+\([a-z0-9_]+,/) {
            name = $0; sub(/\(.*/, "", name)
            if (name in prefix) {
                argument = $0; sub(/^[A-Z_]+\(/, "", argument); sub(/,.*/, "", argument)
                n = split(prefix[name], p, " ")
                for (i = 1; i <= n; i++) { sub(/\.$/, "", p[i]); print "call", p[i] argument, FILENAME }
            }
        }
        /^[a-z_].*[a-z0-9_]+\(/ && !/;[ \t]*$/ {
            name = $0; sub(/\(.*/, "", name); sub(/.*[ *]/, "", name)
            begin_function(name)
            next
        }
        /^}/ {
            if (is_call && lines == 1 && only) print "never", call, FILENAME, why
            is_call = 0
            next
        }
        {
            line = strip($0)
            for (more = line; match(more, /[a-z_]+ == [A-Z][A-Z0-9_]+/); more = substr(more, RSTART + RLENGTH)) {
                split(substr(more, RSTART, RLENGTH), part, " == ")
                compared[part[1]] = compared[part[1]] " " part[2]
            }
        }
        line ~ /^ *switch \([a-z_]+\)/ { variable = line; sub(/^ *switch \(/, "", variable); sub(/\).*/, "", variable) }
        /^    / && line !~ /^[ {}]*$/ && line !~ /\(void\)/ {
            lines++
            if (line ~ /return -ENOSYS;/) {
                only = 1
                if (match($0, /\/\* .* \*\//)) why = substr($0, RSTART + 3, RLENGTH - 6)
            }
        }
        line ~ /^ *case [A-Z][A-Z0-9_]*:/ {
            label = line; sub(/^ *case /, "", label); sub(/:.*/, "", label)
            labels = labels " " label
            next
        }
        line ~ /^ *default:/ { missing = missing labels; labels = ""; next }
        labels != "" && line !~ /^ *$/ {
            if (line ~ /^ *return -E[A-Z]+;/) missing = missing labels
            else served = served labels
            labels = ""
        }
        line ~ /^ *if \(/ { condition = line; open_if = line !~ /\{ *$/; next }
        open_if { condition = condition line; open_if = line !~ /\{ *$/; next }
        /^ .*unimplemented\("/ {
            text = $0; sub(/.*unimplemented\("/, "", text); sub(/".*/, "", text)
            split(text, part, " ")
            name = part[1]
            if (served != "") {
                for (n = split(compared[variable], part, " "); n > 0; n--)
                    if (index(served " ", " " part[n] " ") == 0) served = served " " part[n]
                print "served", name words(served)
                if (missing != "") print "refused", name words(missing)
            } else {
                flags = ""
                is_all = condition ~ /!= [A-Z]/
                while (match(condition, /[A-Z][A-Z0-9]*_[A-Z0-9_]+/)) {
                    flags = flags " " substr(condition, RSTART, RLENGTH)
                    condition = substr(condition, RSTART + RLENGTH)
                }
                rest = text; sub(/^[^ ]+ ?/, "", rest)
                if (is_all) print "served", name, rest flags
                else print "not", name, rest (flags == "" ? "" : ":" flags)
            }
            print "counted", name, FILENAME, text
        }' $(sources)
}

chapter() {
    facts >"$work/facts"
    awk -v def=linux/calls.def '
        function marked(list,    n, part, i, text) {
            n = split(list, part, " ")
            for (i = 1; i <= n; i++) text = text (i > 1 ? " " : "") (part[i] ~ /^[A-Z][A-Z0-9_]+$/ ? "`" part[i] "`" : part[i])
            return text
        }
        function limits(name,    text) {
            if (name in served) text = "only " marked(served[name])
            if (name in refused) text = text "; refused: " marked(refused[name])
            if (name in lacks) text = text (text == "" ? "" : "; ") "not: " marked(lacks[name])
            return text
        }
        function rest(from,    i, text) {
            for (i = from; i <= NF; i++) text = text (i > from ? " " : "") $i
            return text
        }
        FNR == NR {
            if ($1 == "call") file[$2] = $3
            else if ($1 == "never") { never[$2] = $3; why[$2] = rest(4) }
            else if ($1 == "served") served[$2] = rest(3)
            else if ($1 == "refused") refused[$2] = rest(3)
            else if ($1 == "not") lacks[$2] = lacks[$2] (lacks[$2] == "" ? "" : "; ") rest(3)
            else if ($1 == "counted") { counted[$2] = $3; text[$2] = rest(4) }
            next
        }
        /^CALL\(/ {
            number = $1; gsub(/[^0-9]/, "", number)
            name = $2; sub(/,$/, "", name)
            known[name] = 1
            if (name in never) { nevers[++n_never] = name; number_of[name] = number }
            else if (name in file) { there[++n_there] = name; number_of[name] = number }
            else missing[++n_missing] = name " " number
        }
        END {
            print "# System calls of Linux"
            print ""
            print "Which calls of arm64 the [personality](linux.md) serves: " n_there " of " n_there + n_missing + n_never "."
            print "Generated by `docs/linux-calls.sh` from `linux/calls.def` and the sources; not edited by hand."
            print ""
            print "A call that no file defines gives ENOSYS and is counted in `/proc/tessera/unimplemented`, with the number of times it was asked for;"
            print "so are commands and flags that a call does not know. What else a call does not do is said in its chapter: [files](files.md),"
            print "[events](linux-events.md), [the personality](linux.md#what-is-not-there)."
            print ""
            print "## Served"
            print ""
            print "| number | call | file | commands and flags, where some are missing |"
            print "|---|---|---|---|"
            for (i = 1; i <= n_there; i++) {
                name = there[i]
                print "| " number_of[name] " | `" name "` | `" file[name] "` | " limits(name) " |"
            }
            print ""
            print "## Answered ENOSYS on purpose"
            print ""
            print "| number | call | file | why |"
            print "|---|---|---|---|"
            for (i = 1; i <= n_never; i++) {
                name = nevers[i]
                print "| " number_of[name] " | `" name "` | `" never[name] "` | " why[name] " |"
            }
            print ""
            print "## Not served"
            print ""
            for (i = 1; i <= n_missing; i++) {
                split(missing[i], part, " ")
                printf "%s`%s` (%s)%s", (i > 1 && i % 6 == 1 ? "\n" : i > 1 ? " " : ""), part[1], part[2], (i < n_missing ? "," : ".\n")
            }
            others = 0
            for (name in counted) if (!(name in known)) others++
            if (others) {
                print ""
                print "## Counted under other names"
                print ""
                while ((getline line < facts) > 0) {
                    split(line, part, " ")
                    if (part[1] != "counted" || part[2] in known) continue
                    t = line; sub(/^counted [^ ]+ [^ ]+ /, "", t)
                    print "- " t " (`" part[3] "`)"
                }
            }
        }' facts="$work/facts" "$work/facts" linux/calls.def
}

work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
case ${1:-} in
'') chapter ;;
--write)
    chapter >"$work/chapter"
    cp "$work/chapter" "$chapter"
    ;;
--check)
    chapter >"$work/chapter"
    diff "$chapter" "$work/chapter" || {
        echo "FAIL $chapter is not what the sources say: docs/linux-calls.sh --write"
        exit 1
    }
    [ -f "$library" ] || {
        echo "FAIL no $library"
        exit 1
    }
    nm "$library" | sed -n 's/.* T sys_//p' | LC_ALL=C sort -u >"$work/built"
    awk '$1 == "call" { print $2 }' "$work/facts" | LC_ALL=C sort -u >"$work/said"
    diff "$work/built" "$work/said" || {
        echo "FAIL the calls that $library defines are not those of the sources"
        exit 1
    }
    ;;
*)
    sed -n '2,6p' "$0" >&2
    exit 2
    ;;
esac
