# Times from a crash to the next reply, of the lines of classify.awk, as SVG.
#     awk -v driver=D -f histogram.awk DRIVER-SEED.log
($2 == "C1" || $2 == "P" || $2 == "H1") && $10 { b = int($10 / 100); if (b > 29) b = 29; h[b]++; all++ }
END {
    for (b = 0; b < 30; b++) if (h[b] > top) top = h[b]
    top = top ? top : 1
    print "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 780 290\" font-family=\"sans-serif\" font-size=\"12\">"
    print "<rect width=\"780\" height=\"290\" fill=\"white\"/>"
    printf "<text x=\"60\" y=\"20\">%s: %d recoveries, from the stop of the driver to the next reply</text>\n", driver, all
    for (b = 0; b < 30; b++) {
        if (h[b]) printf "<rect x=\"%.1f\" y=\"%.1f\" width=\"20\" height=\"%.1f\" fill=\"#036\"/><text x=\"%.1f\" y=\"%.1f\" text-anchor=\"middle\">%d</text>\n", \
            61.5 + 23 * b, 240 - 190 * h[b] / top, 190 * h[b] / top, 71.5 + 23 * b, 236 - 190 * h[b] / top, h[b]
        if (b % 5 == 0) printf "<text x=\"%.1f\" y=\"258\" text-anchor=\"middle\">%.1f ms</text>\n", 60 + 23 * b, b / 10
    }
    print "<path d=\"M60 30V240H760\" fill=\"none\" stroke=\"black\"/>"
    print "<text x=\"410\" y=\"280\" text-anchor=\"middle\">virtual time; the last bar: longer</text>\n</svg>"
}
