# The table of ./tessera bench linux.
#     awk -v json=FILE -v misses=FILE [-v stored=FIGURES] -f table.awk rows [side=linux CONSOLE RECORDS] [side=tessera CONSOLE RECORDS]
# CONSOLE is what bench.c printed, RECORDS what the plugin counted ("I 4000 USER KERNEL ..."), in the same order; "P 4001 USER KERNEL ..." since power-on.
# FIGURES: lines KEY FIGURE of Linux, in place of a run.  Status 1 if the two do not fit together.
function trim(s)
{
    gsub(/^[ \t]+|[ \t]+$/, "", s)
    return s
}

FILENAME == ARGV[1] {
    if ($0 !~ /^#/ && split($0, f, "|") == 4) {
        id = ++rows
        key[id] = trim(f[1])
        target[id] = trim(f[2])
        mean[id] = trim(f[3])
        text[id] = trim(f[4])
        known[key[id]] = 1
    }
    next
}

{ sub(/\r$/, "") }
$1 == "sample" {
    order[side, ++lines[side]] = $2
    times[side, lines[side]] = $3
    if (!($2 in known)) {
        print "bench: no row " $2 > "/dev/stderr"
        bad = 1
    }
}
$1 == "refused" { refused[side, $2] = $3 }
$1 == "done" { ended[side] = 1 }
$1 == "P" && $2 == 4001 {
    sample[side, "boot", samples[side, "boot"] = 1] = $3 + $4
}
$1 == "I" && $2 == 4000 {
    n = ++records[side]
    name = order[side, n]
    if (times[side, n] > 0) {
        sample[side, name, ++samples[side, name]] = ($3 + $4) / times[side, n]
    }
}

# The middle sample of a row; -1: none.
function typical(side, name,    n, i, j, v, sorted)
{
    if (side == "linux" && stored) {
        return name in figures ? figures[name] : -1
    }
    n = samples[side, name]
    if (!n || (side, name) in refused) {
        return -1
    }
    for (i = 1; i <= n; i++) {
        v = sample[side, name, i]
        for (j = i - 1; j > 0 && sorted[j] > v; j--) {
            sorted[j + 1] = sorted[j]
        }
        sorted[j + 1] = v
    }
    return sorted[int((n + 1) / 2)]
}

function figure(value)
{
    return value < 0 ? "-" : sprintf("%.0f", value)
}

function check_side(side)
{
    if (records[side] != lines[side] || !ended[side]) {
        printf "bench: %s: %d intervals counted, %d printed%s\n", side, records[side], lines[side], \
            ended[side] ? "" : ", not ended" > "/dev/stderr"
        bad = 1
    }
}

END {
    if (stored) {
        while ((getline line < stored) > 0) {
            if (line !~ /^#/ && split(line, f, " ") == 2) {
                figures[f[1]] = f[2]
            }
        }
    } else {
        check_side("linux")
    }
    both = lines["tessera"] > 0
    if (both) {
        check_side("tessera")
    }
    printf "%-18s %10s %10s %7s %7s  %s\n", "", "Linux", "Tessera", "ratio", "target", ""
    printf "[" > json
    for (id = 1; id <= rows; id++) {
        name = key[id]
        linux = typical("linux", name)
        ours = typical("tessera", name)
        ratio = linux > 0 && ours >= 0 ? ours / linux : -1
        printf "%-18s %10s %10s %7s %7s  %s\n", name, figure(linux), figure(ours), \
            ratio < 0 ? "-" : sprintf("%.2f", ratio), target[id], text[id]
        printf "%s\n  {\"key\": \"%s\", \"linux\": %s, \"tessera\": %s, \"target\": \"%s\"}", (id > 1 ? "," : ""), name, \
            linux < 0 ? "null" : sprintf("%.1f", linux), ours < 0 ? "null" : sprintf("%.1f", ours), target[id] > json
        limit = target[id] ~ /x$/ ? target[id] * linux : target[id] + 0
        if (both && target[id] != "-" && (ours < 0 || ours > limit)) {
            print name ": " (ours < 0 ? "no figure" : figure(ours) ", target " figure(limit)) > misses
        }
        if (mean[id] == "yes" && ratio > 0) {
            product += log(ratio)
            factors++
        }
    }
    print "\n]" > json
    if (factors) {
        printf "geometric mean of %d rows: %.2f, target 0.80\n", factors, exp(product / factors)
        if (exp(product / factors) > 0.8) {
            print "geometric mean" > misses
        }
    }
    exit bad
}
