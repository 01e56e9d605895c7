"""Draws figures as SVG: lines over a logarithmic axis, and bars.

    svg = lines("Title", "note", "x", "y", [1, 10, 100],
                {"ours": [9.1, 8.4, None]})
    svg = bars("Title", "note", "of cat", {"ours": 0.9, "theirs": 0.5})

Colours are told apart without colour sight, too: each line has a mark of its
own and its name beside its end. Both read on light and on dark ground.
"""
import html
import math

WIDTH, HEIGHT = 760, 420
LEFT, RIGHT, TOP, BOTTOM = 70, 190, 58, 48
COLOURS = ("#0072b2", "#d55e00", "#009e73", "#cc79a7", "#a6761d", "#666666",
           "#56b4e9", "#e69f00")
GREY = "#8a8a8a"


class Drawing:
    def __init__(self, height, title, note):
        self.parts = [
            '<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 %d %d" '
            'font-family="sans-serif" font-size="13">' % (WIDTH, height),
            '<rect width="100%" height="100%" fill="#ffffff"/>']
        self.text(16, 24, title, size=16, weight="bold")
        self.text(16, 43, note, size=11, colour="#555555")

    def text(self, x, y, text, anchor="start", size=13, weight="normal",
             colour="#222222"):
        self.parts.append(
            '<text x="%.1f" y="%.1f" text-anchor="%s" font-size="%d" '
            'font-weight="%s" fill="%s">%s</text>' % (
                x, y, anchor, size, weight, colour, html.escape(text)))

    def line(self, points, colour, width=2, dash=""):
        self.parts.append(
            '<polyline points="%s" fill="none" stroke="%s" stroke-width="%s"'
            ' stroke-dasharray="%s"/>' % (
                " ".join("%.1f,%.1f" % p for p in points), colour, width,
                dash))

    def mark(self, kind, x, y, colour):
        sides = (0, 4, 3, 5, 6)[kind % 5]
        if sides == 0:
            self.parts.append('<circle cx="%.1f" cy="%.1f" r="4" fill="%s"/>'
                              % (x, y, colour))
            return
        turns = [2 * math.pi * i / sides - math.pi / 2 for i in range(sides)]
        self.parts.append('<polygon points="%s" fill="%s"/>' % (
            " ".join("%.1f,%.1f" % (x + 5 * math.cos(t), y + 5 * math.sin(t))
                     for t in turns), colour))

    def bar(self, x, y, width, height, colour):
        self.parts.append('<rect x="%.1f" y="%.1f" width="%.1f" height="%.1f" '
                          'fill="%s"/>' % (x, y, width, height, colour))

    def done(self):
        return "\n".join(self.parts + ["</svg>", ""])


def short(value):
    """Two digits, without an exponent."""
    if value >= 10:
        return "{:,.0f}".format(value)
    places = max(0, 1 - math.floor(math.log10(value) + 1e-9))
    text = "%.*f" % (places, value)
    return text.rstrip("0").rstrip(".") if "." in text else text


def decades(values):
    """The powers of ten around all values."""
    return (math.floor(math.log10(min(values)) + 1e-9),
            math.ceil(math.log10(max(values)) - 1e-9))


def lines(title, note, x_name, y_name, xs, series, level=None):
    """Both axes are logarithmic. `level` is (name, y) of a dashed line."""
    drawing = Drawing(HEIGHT, title, note)
    series = {n: ys for n, ys in series.items()
              if any(y is not None for y in ys)}
    values = [y for ys in series.values() for y in ys if y is not None]
    if level:
        values.append(level[1])
    low, high = decades(values)
    high = max(high, low + 1)
    x_low, x_high = math.log10(xs[0]), math.log10(xs[-1])

    def at(x, y):
        return (LEFT + (WIDTH - LEFT - RIGHT) * (math.log10(x) - x_low) /
                (x_high - x_low),
                HEIGHT - BOTTOM - (HEIGHT - TOP - BOTTOM) *
                (math.log10(y) - low) / (high - low))

    for power in range(low, high + 1):
        y = at(xs[0], 10.0**power)[1]
        drawing.line([(LEFT, y), (WIDTH - RIGHT, y)], "#dddddd", 1)
        drawing.text(LEFT - 8, y + 4, short(10.0**power), "end", 12)
    for x in xs:
        drawing.text(at(x, 10.0**low)[0], HEIGHT - BOTTOM + 18, short(x),
                     "middle", 12)
    drawing.text((LEFT + WIDTH - RIGHT) / 2, HEIGHT - 10, x_name, "middle", 12)
    drawing.text(LEFT + 6, TOP + 12, y_name, size=12)
    names = []
    for i, (name, ys) in enumerate(series.items()):
        points = [at(x, y) for x, y in zip(xs, ys) if y is not None]
        drawing.line(points, COLOURS[i % len(COLOURS)])
        for point in points:
            drawing.mark(i, *point, COLOURS[i % len(COLOURS)])
        names.append([points[-1][1], name, COLOURS[i % len(COLOURS)],
                      points[-1][0]])
    if level:
        y = at(xs[0], level[1])[1]
        drawing.line([(LEFT, y), (WIDTH - RIGHT, y)], GREY, 1.5, "6 4")
        names.append([y, level[0], GREY, WIDTH - RIGHT])
    # Names stand beside the ends of their lines, and never on each other.
    names.sort()
    last = TOP - 16
    for name in names:
        name[0] = last = max(name[0], last + 16)
    over = max(0, last - (HEIGHT - BOTTOM))
    for y, name, colour, _ in names:
        drawing.text(WIDTH - RIGHT + 12, y - over + 4, name, colour=colour)
    return drawing.done()


def bars(title, note, unit, values, logarithmic=False):
    """A bar for each of `values`; of those that are None a word."""
    row = 30
    height = TOP + row * len(values) + 24
    drawing = Drawing(height, title, note)
    label, right = 190, 110
    known = [v for v in values.values() if v]
    low, high = decades(known)
    low -= 1
    for i, (name, value) in enumerate(values.items()):
        y = TOP + row * i
        drawing.text(label - 8, y + 16, name, "end")
        if not value:
            drawing.text(label, y + 16, "not measured", colour=GREY)
            continue
        part = value / max(known)
        if logarithmic:
            part = (math.log10(value) - low) / (math.log10(max(known)) - low)
        width = (WIDTH - label - right) * part
        ours = name.startswith("maskpipe")
        drawing.bar(label, y, width, row - 8, COLOURS[0] if ours else GREY)
        drawing.text(label + width + 6, y + 16, "%s %s" % (short(value), unit))
    if logarithmic:
        drawing.text(label, height - 8, "logarithmic", size=11, colour=GREY)
    return drawing.done()
