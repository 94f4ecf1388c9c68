#!/bin/sh
# The capabilities that compose's audit lists are those that the running kernel holds, neither more nor less, after boot and
# after a restart of every domain: each line compared both ways; equal names are equal objects and the reverse.
set -eu
cd "$(dirname "$0")/../.."
BUILD=${BUILD:-$PWD/build}
work=$BUILD/systems/audit
tools/build-system.sh tests/recovery/audit.adl
"$BUILD/compose/compose" --report=caps tests/recovery/audit.adl >"$work/caps"
tools/qemu.sh "$work/image.img" --icount --timeout 60 >"$work/log"
tr -d '\r' <"$work/log" | grep -q '^auditor: end$' || {
    tail -n 5 "$work/log"
    echo "FAIL the system does not come to its end"
    exit 1
}
# types: abi/objects.def; rights: abi/include/tessera/cap.h
types=$(sed -n 's/^OBJECT(\([a-z_]*\), \([0-9]*\),.*/\2 \1/p' abi/objects.def)
for pass in boot restart; do
    tr -d '\r' <"$work/log" | grep "^cap $pass " | awk -v types="$types" -v caps="$work/caps" '
        BEGIN {
            n = split(types, t, /[ \n]/)
            for (i = 1; i < n; i += 2) type[t[i]] = t[i + 1]
            while ((getline line < caps) > 0) {
                text = line
                sub(/^[^"]*"/, "", text)
                sub(/"$/, "", text)
                split(line, f, " ")
                key = f[1] " " f[2]
                want[key] = (f[3] == "supervisor" ? "endpoint" : f[3] == "device" ? "frame" : f[3]) " " f[4] " " f[5]
                object[key] = text
                wanted++
            }
        }
        function rights(kind, bits,    text) {
            if (kind == "frame") {
                return (bits % 2 ? "r" : "") (int(bits / 2) % 2 ? "w" : "") (int(bits / 4) % 2 ? "x" : "") (int(bits / 8) % 2 ? "p" : "")
            }
            if (kind == "endpoint" || kind == "notification") {
                return (bits % 2 ? "s" : "") (int(bits / 2) % 2 ? "r" : "") (int(bits / 4) % 2 ? "g" : "")
            }
            return "all"
        }
        {
            key = $3 " " $4
            # the badge at the supervisor holds its own number of the domain, too; what it grants is the last bit
            badge = object[key] == "supervisor" ? "0x" substr($7, length($7)) % 2 : $7
            have = type[$5] " " rights(type[$5], $6) " " badge
            found++
            if (!(key in want)) { print "FAIL the kernel holds " key ": " have ", which the audit does not list"; bad++; next }
            if (want[key] != have) { print "FAIL " key ": the kernel holds " have ", the audit says " want[key]; bad++ }
            # objects made of the own memory of a domain are new after a restart, all others are the same for ever
            if (object[key] in id && id[object[key]] != $8) { print "FAIL " key ": another object than the other " object[key]; bad++ }
            if ($8 in name && name[$8] != object[key]) { print "FAIL " key ": " object[key] " is " name[$8]; bad++ }
            id[object[key]] = $8
            name[$8] = object[key]
            seen[key] = 1
        }
        END {
            for (key in want) if (!(key in seen)) { print "FAIL the audit lists " key ": " want[key] ", which the kernel does not hold"; bad++ }
            print found - bad " passed, " bad + 0 " failed"
            exit bad > 0 || found < 20
        }'
done
