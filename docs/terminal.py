#!/usr/bin/env python3
"""A terminal: records what a program does in one, and draws a recording.

    terminal.py record SIZE TYPED -- COMMAND...   runs the command in a terminal of SIZE (80x24), types the lines of the file TYPED, each
                                                  when a prompt has come, and prints what the terminal got, one line a line;
                                                  a line "^]" is that key
    terminal.py draw COLUMNS RECORDING            prints the picture of it, SVG: from the first prompt on
    terminal.py typed RECORDING                   prints what stands behind its prompts

A prompt is what ends in "$ " or "# ", after colours are taken away.  Only what the recordings hold is understood: text in UTF-8, colours,
positions in a line, erasing to its end.  Anything else is an error, so that no picture is wrong in silence.
"""
import fcntl
import html
import os
import pty
import re
import select
import signal
import struct
import sys
import termios
import time

LIMIT_S = 120
# What is no text: CSI and OSC sequences (ECMA-48, 5.4 and 8.3.89).
SEQUENCE = re.compile(r"\x1b\[([?>0-9;]*)([@-~])|\x1b\][^\x07\x1b]*(?:\x07|\x1b\\)|\x1b[=>]")
PROMPT = re.compile(r"[^\n]*[$#] $")

# ---- recording ----


def plain(text):
    return SEQUENCE.sub("", text).replace("\r", "")


def record(size, typed, command):
    columns, rows = map(int, size.split("x"))
    lines = open(typed, encoding="utf-8").read().splitlines()
    pid, fd = pty.fork()
    if pid == 0:
        os.environ["TERM"] = "xterm-256color"
        time.sleep(0.2)  # until the other side has set the size
        os.execvp(command[0], command)
    fcntl.ioctl(fd, termios.TIOCSWINSZ, struct.pack("HHHH", rows, columns, 0, 0))
    got, since, end = b"", 0, time.monotonic() + LIMIT_S
    while True:
        ready, _, _ = select.select([fd], [], [], 0.5)
        if time.monotonic() > end:
            os.killpg(pid, signal.SIGTERM)
            sys.stderr.write(got.decode("utf-8", "replace"))
            sys.exit("terminal: no end after %d s" % LIMIT_S)
        if ready:
            try:
                part = os.read(fd, 4096)
            except OSError:  # the other end is closed
                part = b""
            if not part:
                break
            got += part
            continue
        # Half a second of silence: is it a prompt?
        text = plain(got[since:].decode("utf-8", "replace"))
        if lines and PROMPT.search(text):
            since = len(got)
            line = lines.pop(0)
            os.write(fd, b"\x1d" if line == "^]" else line.encode() + b"\r")
    _, status = os.waitpid(pid, 0)
    if lines or status:
        sys.stderr.write(got.decode("utf-8", "replace"))
        sys.exit("terminal: %d lines were not typed, status %d" % (len(lines), status))
    for line in got.decode("utf-8").split("\n"):
        print(escape(line))


def escape(text):
    out = "".join(c if c.isprintable() and c != "\\" else "\\x%02x" % ord(c) for c in text)
    return re.sub(" $", r"\\x20", out)


def unescape(text):
    return re.sub(r"\\x([0-9a-f]{2})", lambda m: chr(int(m.group(1), 16)), text)


# ---- drawing ----

# The sixteen colours (SGR 30 to 37, 90 to 97), text and background.
COLOURS = "#2e3436 #e0574f #7fbf4d #d7b84a #6b9fe8 #b58ad8 #4fb8c4 #d3d7cf".split()
BRIGHT = "#767b78 #ff7b72 #9be06a #f2d96b #8fbcff #d3adf0 #74dbe6 #ffffff".split()
TEXT, PAPER = "#d3d7cf", "#1c2023"
WIDTH, HEIGHT, MARGIN = 8, 18, 12


class Pen:
    def __init__(self):
        self.clear()

    def clear(self):
        self.colour = self.paper = None
        self.bold = self.under = self.inverse = False

    def sgr(self, codes):
        for code in [int(c or 0) for c in codes.split(";")]:
            if code == 0:
                self.clear()
            elif code in (1, 22):
                self.bold = code == 1
            elif code in (4, 24):
                self.under = code == 4
            elif code in (7, 27):
                self.inverse = code == 7
            elif 30 <= code <= 37:
                self.colour = code - 30
            elif code == 39:
                self.colour = None
            elif 40 <= code <= 47:
                self.paper = code - 40
            elif code == 49:
                self.paper = None
            elif 90 <= code <= 97:
                self.colour = code - 90 + 8
            else:
                sys.exit("terminal: SGR %d is not understood" % code)

    def look(self):
        """Colours of text and background, bold, underlined."""
        n = self.colour
        text = TEXT if n is None else BRIGHT[n % 8] if n >= 8 or self.bold else COLOURS[n]
        paper = None if self.paper is None else COLOURS[self.paper]
        if self.inverse:
            text, paper = paper or PAPER, text
        return text, paper, self.bold, self.under


def screen(text, columns):
    """The lines, each a list of (character, look)."""
    pen, lines, at, i = Pen(), [[]], 0, 0
    blank = (" ", (TEXT, None, False, False))
    while i < len(text):
        match = SEQUENCE.match(text, i)
        if match:
            codes, final = match.group(1), match.group(2)
            if final == "m":
                pen.sgr(codes)
            elif final == "K" and codes in ("", "0"):
                del lines[-1][at:]
            elif final == "H" and not codes:  # a new screen: shown below the one before
                lines.append([])
                at = 0
            elif final == "J" and codes == "2":
                pass
            elif final == "C":
                at += int(codes or 1)
            elif final == "D":
                at = max(0, at - int(codes or 1))
            elif final and not codes.startswith("?"):
                sys.exit("terminal: CSI %s%s is not understood" % (codes, final))
            i = match.end()
            continue
        c = text[i]
        i += 1
        if c == "\r":
            at = 0
        elif c == "\n":
            lines.append([])
        elif c == "\b":
            at = max(0, at - 1)
        elif c == "\t":
            at = at // 8 * 8 + 8
        elif c == "\a":
            pass
        elif c.isprintable():
            if at == columns:
                lines.append([])
                at = 0
            line = lines[-1]
            line.extend([blank] * (at + 1 - len(line)))
            line[at] = (c, pen.look())
            at += 1
        else:
            sys.exit("terminal: character %#x is not understood" % ord(c))
    while lines and not lines[-1]:
        lines.pop()
    return lines


def runs(line):
    """(column, text, look) of each stretch of one look."""
    at = 0
    while at < len(line):
        end = at
        while end < len(line) and line[end][1] == line[at][1]:
            end += 1
        yield at, "".join(c for c, _ in line[at:end]), line[at][1]
        at = end


def recorded(path):
    return "\n".join(unescape(line.rstrip("\n")) for line in open(path, encoding="utf-8"))


def typed(recording):
    for line in plain(recorded(recording)).split("\n"):
        match = re.match(r"\S+@\S+:\S*[#$] (.+)", line)
        if match:
            print(match.group(1))


def draw(columns, recording):
    lines = screen(recorded(recording), columns)
    first = next((i for i, line in enumerate(lines) if re.match(r"\S+@\S+:.*[#$] ", "".join(c for c, _ in line))), None)
    if first is None:
        sys.exit("terminal: no prompt in the recording")
    lines = lines[first:]
    width, height = columns * WIDTH + 2 * MARGIN, len(lines) * HEIGHT + 2 * MARGIN
    print('<svg xmlns="http://www.w3.org/2000/svg" width="%d" height="%d" viewBox="0 0 %d %d">' % (width, height, width, height))
    print("<!-- docs/terminal.py draw %d %s -->" % (columns, recording))
    print('<rect width="100%%" height="100%%" rx="6" fill="%s"/>' % PAPER)
    print('<g font-family="DejaVu Sans Mono, Menlo, Consolas, monospace" font-size="13.2" xml:space="preserve">')
    for row, line in enumerate(lines):
        for column, part, (colour, paper, bold, under) in runs(line):
            x, y = MARGIN + column * WIDTH, MARGIN + row * HEIGHT
            if paper:
                print('<rect x="%d" y="%d" width="%d" height="%d" fill="%s"/>' % (x, y, len(part) * WIDTH, HEIGHT, paper))
            shown = part.rstrip(" ") if not under else part
            if shown:
                more = (' font-weight="bold"' if bold else "") + (' text-decoration="underline"' if under else "")
                print('<text x="%d" y="%d" textLength="%d" fill="%s"%s>%s</text>'
                      % (x, y + 13, len(shown) * WIDTH, colour, more, html.escape(shown, False)))
    print("</g>\n</svg>")


if len(sys.argv) >= 6 and sys.argv[1] == "record" and sys.argv[4] == "--":
    record(sys.argv[2], sys.argv[3], sys.argv[5:])
elif len(sys.argv) == 4 and sys.argv[1] == "draw":
    draw(int(sys.argv[2]), sys.argv[3])
elif len(sys.argv) == 3 and sys.argv[1] == "typed":
    typed(sys.argv[2])
else:
    sys.exit(__doc__)
