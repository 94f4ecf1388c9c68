# The table of ./tessera bench guest.
#     awk -v json=FILE -v misses=FILE [-v stored=FIGURES] -f table.awk rows [side=native run=one CONSOLE RECORDS] [side=guest run=one ...] ...
# CONSOLE: what guestbench and bench printed; RECORDS: what the plugin counted in the same order ("I 4000 USER KERNEL ... WATCH WATCH", and
# "P 4001 ..." and "P 4002 ..." where the machine begins and where /init does).
# FIGURES: lines KEY FIGURE of native runs, in place of them.  Status 1 if console and records do not fit together.
function trim(s)
{
    gsub(/^[ \t]+|[ \t]+$/, "", s)
    return s
}

FILENAME == ARGV[1] {
    if ($0 !~ /^#/ && split($0, f, "|") == 7) {
        id = ++rows
        key[id] = trim(f[1])
        split(trim(f[2]), part, ":")
        from[id] = part[1]
        name[id] = part[2] == "" ? key[id] : part[2]
        target[id] = trim(f[3])
        mean[id] = trim(f[4])
        kvm[id] = trim(f[5])
        xen[id] = trim(f[6])
        text[id] = trim(f[7])
    }
    next
}

{
    sub(/\r$/, "")
    at = side " " run
}
$1 == "sample" {
    order[at, ++lines[at]] = $2
    times[at, lines[at]] = $3
}
$1 == "figure" { figure[at, $2] = $3 }
$1 == "refused" { refused[at, $2] = $3 }
$1 == "guest-status:" { status[at] = $2 }
$1 == "P" && $2 == 4001 {
    powered[at] = $3 + $4
    powered_exits[at] = $(NF - 1) + $NF
}
$1 == "P" && $2 == 4002 {
    figure[at, "boot"] = $3 + $4 - powered[at]
    figure[at, "boot.exits"] = side == "guest" ? $(NF - 1) + $NF - powered_exits[at] : -1
}
$1 == "I" && $2 == 4000 {
    n = ++records[at]
    if (times[at, n] > 0) {
        what = at SUBSEP order[at, n]
        k = ++samples[what]
        sample[what, k] = ($3 + $4) / times[at, n]
        exits[what, k] = ($(NF - 1) + $NF) / times[at, n]
    }
}

# The middle sample; -1: none.  Sets exits_of to the exits in it.
function typical(at, name,    what, n, i, j, k, sorted)
{
    what = at SUBSEP name
    exits_of = -1
    if (what in figure) {
        return figure[what]
    }
    n = samples[what]
    if (!n || (what in refused)) {
        return -1
    }
    for (i = 1; i <= n; i++) {
        for (j = i - 1; j > 0 && sample[what, sorted[j]] > sample[what, i]; j--) {
            sorted[j + 1] = sorted[j]
        }
        sorted[j + 1] = i
    }
    k = sorted[int((n + 1) / 2)]
    exits_of = exits[what, k]
    return sample[what, k]
}

function shown(value)
{
    return value < 0 ? "-" : value > 0 && value < 10 ? sprintf("%.2f", value) : sprintf("%.0f", value)
}

function ratio(value)
{
    return value < 0 ? "-" : sprintf("%.4f", value)
}

# Each run came to its end, and what it printed has its counts.
function check_runs(    at)
{
    for (at in lines) {
        if (records[at] != lines[at] || status[at] != "0") {
            printf "bench: %s: %d intervals counted, %d printed, status %s\n", at, records[at], lines[at], \
                status[at] == "" ? "none" : status[at] > "/dev/stderr"
            bad = 1
        }
    }
}

function row(id, native, guest, more,    quotient, limit, is_ratio, against)
{
    quotient = native > 0 && guest >= 0 ? guest / native : -1
    if (key[id] == "mean") {
        quotient = guest
        native = guest = -1
    }
    printf "%-16s %11s %11s %7s %11s %10s %10s %8s  %s\n", key[id], shown(native), shown(guest), ratio(quotient), target[id], kvm[id], \
        xen[id], shown(more), text[id]
    printf "%s\n  {\"key\": \"%s\", \"native\": %s, \"guest\": %s, \"ratio\": %s, \"exits\": %s, \"target\": \"%s\", \"kvm\": \"%s\", \"xen\": \"%s\"}", \
        (id > 1 ? "," : ""), key[id], native < 0 ? "null" : sprintf("%.1f", native), guest < 0 ? "null" : sprintf("%.1f", guest), \
        quotient < 0 ? "null" : sprintf("%.5f", quotient), more < 0 ? "null" : sprintf("%.2f", more), target[id], kvm[id], xen[id] > json
    is_ratio = target[id] ~ /x$/
    against = is_ratio ? quotient : guest
    limit = target[id] + 0
    if ((("guest " from[id]) in lines) && target[id] != "-" && (against < 0 || against > limit)) {
        print key[id] ": " (against < 0 ? "no figure" : (is_ratio ? ratio(against) : shown(against)) ", target " target[id]) > misses
    }
    return quotient
}

END {
    if (stored) {
        while ((getline line < stored) > 0) {
            if (line !~ /^#/ && split(line, f, " ") == 2) {
                known[f[1]] = f[2]
            }
        }
    }
    check_runs()
    printf "%-16s %11s %11s %7s %11s %10s %10s %8s\n", "", "native", "Tessera", "ratio", "target", "KVM", "Xen", "exits"
    printf "[" > json
    for (id = 1; id <= rows; id++) {
        if (key[id] == "mean") {
            row(id, -1, factors ? exp(product / factors) : -1, -1)
            continue
        }
        native = stored ? ((key[id] in known) ? known[key[id]] : -1) : typical("native " from[id], name[id])
        guest = typical("guest " from[id], name[id])
        quotient = row(id, native, guest, exits_of)
        if (mean[id] == "yes" && quotient > 0) {
            product += log(quotient)
            factors++
        }
    }
    print "\n]" > json
    exit bad
}
