# Throughput over virtual time, kills marked: what the agent says for a plot (lines T, K), as SVG.
#     awk -v driver=D -f plot.awk OUT
$1 == "T" { n++; t[n] = $2 / 1000; c[n] = $3 }
$1 == "K" { k[++kills] = $2 / 1000 }
function x(ms) { return 60 + 700 * ms / end }
function y(v) { return 240 - 200 * v / top }
END {
    end = t[n]
    for (i = 2; i <= n; i++) {
        v[i] = t[i] > t[i - 1] ? (c[i] - c[i - 1]) / (t[i] - t[i - 1]) : 0
        if (v[i] > top) top = v[i]
    }
    top = top ? 1.1 * top : 1
    print "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 780 290\" font-family=\"sans-serif\" font-size=\"12\">"
    print "<rect width=\"780\" height=\"290\" fill=\"white\"/>"
    printf "<text x=\"60\" y=\"20\">%s: requests completed in a millisecond, each 10 ms; red: the driver is killed</text>\n", driver
    for (i = 1; i <= kills; i++) printf "<line x1=\"%.1f\" y1=\"30\" x2=\"%.1f\" y2=\"240\" stroke=\"#c00\"/>\n", x(k[i]), x(k[i])
    printf "<polyline fill=\"none\" stroke=\"#036\" points=\""
    for (i = 2; i <= n; i++) printf "%.1f,%.1f ", x(t[i]), y(v[i])
    print "\"/>"
    print "<path d=\"M60 30V240H760\" fill=\"none\" stroke=\"black\"/>"
    for (i = 0; i <= 4; i++) printf "<text x=\"52\" y=\"%.1f\" text-anchor=\"end\">%.0f</text>\n", y(top * i / 4) + 4, top * i / 4
    for (i = 0; i <= end / 500; i++) printf "<text x=\"%.1f\" y=\"258\" text-anchor=\"middle\">%.1f s</text>\n", x(500 * i), i / 2
    print "<text x=\"410\" y=\"280\" text-anchor=\"middle\">virtual time</text>\n</svg>"
}
