#!/bin/sh
# offsets.sh IN.c OUT.h DEPFILE COMPILER ARGS...: compile IN.c to assembly and turn its lines
#     .ascii "->NAME VALUE"
# into #defines that assembly files include.
set -eu
in=$1 out=$2 dep=$3
shift 3
"$@" -MD -MF "$dep" -MT "$out" -fno-lto -S -o "$out.s" "$in"
awk -v from="${in##*/}" '
    BEGIN { print "/* Generated from " from ". */" }
    /\.ascii[ \t]+"->/ {
        sub(/.*"->/, ""); sub(/".*/, "")
        if ($1 in seen) { print from ": " $1 " twice" > "/dev/stderr"; exit 1 }
        seen[$1] = 1
        print "#define " $1 " " $2
        n++
    }
    END { if (!n) { print from ": no offsets" > "/dev/stderr"; exit 1 } }' "$out.s" >"$out.new"
rm "$out.s"
mv "$out.new" "$out"
