#!/usr/bin/env python3
"""Reads what `plaquette report` draws as a reader would: positions on the axes by their ticks, and
compares with the log that it was drawn from. Usage: report_test.py PLAQUETTE"""

import json
import math
import os
import pathlib
import random
import re
import subprocess
import sys
import tempfile
import unittest
import xml.etree.ElementTree as ElementTree
from html.parser import HTMLParser

PLAQUETTE = pathlib.Path(sys.argv.pop(1)).resolve()
XHTML = "{http://www.w3.org/1999/xhtml}"
EXACT = -0.52862021  # 4x4, J2 = 0.5
PHASES = ["sampling", "local_energy", "log_derivatives", "gram", "solve", "update"]
STEPS = 60


def log_of(seed):
    """Steps of a search that falls to 2e-4 above the exact energy."""
    rng = random.Random(seed)
    log = []
    for step in range(1, STEPS + 1):
        error = 2e-4 + 1e-3 * math.exp(-step / 10)
        log.append({
            "step": step, "energy": EXACT + 2e-4 + 0.2 * math.exp(-step / 6) + rng.gauss(0, error),
            "energy_error": error, "variance": 1e-2 / step, "v_score": 0.1 / step,
            "acceptance": 0.25 + 0.01 * math.sin(step), "r_hat": None if step < 9 else 1.002,
            "tau": None if step < 9 else 1.1, "learning_rate": 0.05 * (1 - (step - 1) / STEPS),
            "diag_shift": 1e-3, "diag_shift_raises": 0,
            "seconds": {phase: 0.01 * (k + 1) for k, phase in enumerate(PHASES)}})
        if step % 5 == 0:
            log[-1]["attention_spread"] = [[0.1, 0.3], [0.02, 0.04 + 1e-3 * step]]
    return log


def put_run(directory, log, tail="", configuration='L = 4\nattention = "t5"\n'):
    os.makedirs(directory)
    (directory / "config.toml").write_text(configuration)
    (directory / "log.jsonl").write_text("".join(json.dumps(line) + "\n" for line in log) + tail)
    return directory


def report(*arguments, out):
    subprocess.run([PLAQUETTE, "report", *arguments, "--out", out], check=True,
                   stdout=subprocess.DEVNULL)
    return pathlib.Path(out).read_bytes()


class Outline(HTMLParser):
    """As a browser's parser sees it: tags that are open, attributes that fetch or run something."""

    VOID = {"meta"}

    def __init__(self):
        super().__init__()
        self.open = []
        self.tags = set()
        self.fetching = []

    def handle_starttag(self, tag, attrs):
        self.tags.add(tag)
        self.fetching += [(name, value) for name, value in attrs
                          if name in ("src", "href", "xlink:href") or name.startswith("on")]
        if tag not in self.VOID:
            self.open.append(tag)

    def handle_startendtag(self, tag, attrs):
        self.handle_starttag(tag, attrs)
        if tag not in self.VOID:
            self.open.pop()

    def handle_endtag(self, tag):
        assert self.open.pop() == tag, tag


class Drawn:
    """A chart of the page, its curves in the units of its axes."""

    def __init__(self, page, title):
        figures = [figure for figure in page.iter(XHTML + "figure")
                   if figure.find(XHTML + "figcaption").text.startswith(title)]
        assert len(figures) == 1, (title, len(figures))
        self.figure = figures[0]
        self.svg = self.figure.find(XHTML + "svg")

    def classed(self, tag, word):
        return [one for one in self.svg.iter(XHTML + tag) if word in one.get("class", "").split()]

    def axis(self, name, logarithmic=False):
        """From a position to a value: a line through the first and the last tick."""
        group, = [g for g in self.svg.iter(XHTML + "g") if g.get("class") == name + " axis"]
        at = [float(line.get(name + "1")) for line in group.findall(XHTML + "line")]
        values = [float(text.text) for text in group.findall(XHTML + "text")]
        assert len(at) == len(values) >= 2
        scaled = [math.log10(value) for value in values] if logarithmic else values
        slope = (scaled[-1] - scaled[0]) / (at[-1] - at[0])
        for position, value in zip(at, scaled):  # every tick is where it belongs
            assert abs(scaled[0] + slope * (position - at[0]) - value) < 0.02 * abs(slope)
        self.resolution = 0.011 * abs(slope)  # positions have two decimals
        value = lambda position: scaled[0] + slope * (position - at[0])
        return (lambda position: 10 ** value(position)) if logarithmic else value

    def curves(self, logarithmic=False):
        """[(x, y), …] of each curve."""
        x, y = self.axis("x"), self.axis("y", logarithmic)
        return [[(x(float(a)), y(float(b)))
                 for a, b in re.findall(r"[ML]([-\d.]+),([-\d.]+)", path.get("d"))]
                for path in self.classed("path", "curve")]

    def levels(self, logarithmic=False):
        y = self.axis("y", logarithmic)
        return [y(float(line.get("y1"))) for line in self.classed("line", "level")]


def trailing(values, window=10):
    means = []
    for k in range(len(values)):
        width = min(max((k + 1) // 4, 1), window)
        means.append(sum(values[k + 1 - width:k + 1]) / width)
    return means


class Page(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.scratch = tempfile.TemporaryDirectory()
        cls.root = pathlib.Path(cls.scratch.name)
        cls.logs = [log_of(1), log_of(2)]
        cls.runs = [put_run(cls.root / name, log) for name, log in zip("ab", cls.logs)]
        (cls.runs[0] / "summary.json").write_text(json.dumps({
            "energy_per_site": EXACT + 1e-4, "energy_error": 5e-5, "variance": 1e-4, "v_score": 2e-3,
            "acceptance": 0.25, "steps": STEPS, "seconds": 12.0}))
        (cls.runs[0] / "attention.json").write_text(json.dumps({
            "mean": [[[[0.5, -0.25], [0.1, 1.0]]] * 2], "spread": [[0.1, 0.3]],
            "freezing_change": {"mean": 1e-3, "error": 1e-4}}))
        factor = [[1.0 + row + 4 * column for column in range(4)] for row in range(4)]
        (cls.runs[0] / "measure.json").write_text(json.dumps({
            "energy_per_site": EXACT, "energy_error": 4e-5, "v_score": 2e-3, "v_score_error": 1e-4,
            "step": STEPS, "structure_factor": {"mean": factor, "error": [[0.5] * 4] * 4},
            "spin_correlations": {"mean": factor, "error": factor}}))
        cls.bytes = report(*cls.runs, out=cls.root / "page.html")
        cls.page = ElementTree.fromstring(cls.bytes)

    @classmethod
    def tearDownClass(cls):
        cls.scratch.cleanup()

    def near(self, drawn, wanted, resolution):
        self.assertEqual(len(drawn), len(wanted))
        for (x, y), (step, value) in zip(drawn, wanted):
            self.assertAlmostEqual(x, step, delta=0.05)
            self.assertAlmostEqual(y, value, delta=resolution)

    def test_it_is_whole_and_alone(self):
        outline = Outline()
        outline.feed(self.bytes.decode("utf-8"))
        self.assertEqual(outline.open, [])
        self.assertEqual(outline.fetching, [])
        self.assertFalse(outline.tags & {"script", "link", "img", "iframe", "object", "use"})
        style = self.page.find(f".//{XHTML}style").text
        self.assertNotIn("url(", style)
        self.assertNotIn("@import", style)
        self.assertIn("prefers-color-scheme:dark", style)
        # What the charts are coloured by is there in both forms.
        light, dark = style.split("@media", 1)
        for name in re.findall(r"var\((--\w+)\)", style):
            self.assertTrue(name == "--c" or (name + ":" in light and name + ":" in dark), name)

    def test_energies_are_where_the_log_has_them(self):
        chart = Drawn(self.page, "Energy per site, from the first step")
        curves = chart.curves()
        self.assertEqual(len(curves), 2)
        for drawn, log in zip(curves, self.logs):
            self.near(drawn, [(line["step"], line["energy"]) for line in log], chart.resolution)
        self.assertAlmostEqual(chart.levels()[0], EXACT, delta=chart.resolution)
        y = chart.axis("y")
        x = chart.axis("x")
        for polygon, log in zip(chart.classed("polygon", "band"), self.logs):
            corners = [tuple(map(float, pair.split(","))) for pair in polygon.get("points").split()]
            upper, lower = corners[:STEPS], corners[STEPS:][::-1]
            for line, above, below in zip(log, upper, lower):
                self.assertAlmostEqual(x(above[0]), line["step"], delta=0.05)
                for (_, position), sign in ((above, 1), (below, -1)):
                    self.assertAlmostEqual(y(position), line["energy"] + sign * line["energy_error"],
                                           delta=chart.resolution)
        # The finished run's summary, with its error.
        mark, = chart.classed("g", "mark")
        self.assertAlmostEqual(y(float(mark.find(XHTML + "circle").get("cy"))), EXACT + 1e-4,
                               delta=chart.resolution)

    def test_the_last_part_is_enlarged(self):
        chart = Drawn(self.page, "Energy per site, the last part")
        curves = chart.curves()
        for drawn, log in zip(curves, self.logs):
            means = trailing([line["energy"] for line in log])
            first = round(drawn[0][0])
            self.assertTrue(10 < first <= STEPS - 9, first)
            self.near(drawn, list(enumerate(means, 1))[first - 1:], chart.resolution)
        # A tenth of the whole drop fills it.
        y = chart.axis("y")
        self.assertLess(abs(y(0) - y(270)), 0.02)

    def test_the_relative_error_is_on_a_logarithmic_axis(self):
        chart = Drawn(self.page, "Relative error")
        curves = chart.curves(logarithmic=True)
        self.assertEqual(len(curves), 4)
        for k, log in enumerate(self.logs):
            means = trailing([line["energy"] for line in log])
            wanted = [(line["step"], abs(mean / EXACT - 1)) for line, mean in zip(log, means)]
            self.assertEqual(len(curves[2 * k]), STEPS)
            for (x, y), (step, value) in zip(curves[2 * k], wanted):
                self.assertAlmostEqual(x, step, delta=0.05)
                self.assertAlmostEqual(math.log10(y), math.log10(value), delta=chart.resolution + 1e-4)
            squares = trailing([line["energy_error"] ** 2 for line in log])
            for step, ((_, y), square) in enumerate(zip(curves[2 * k + 1], squares), 1):
                width = min(max(step // 4, 1), 10)
                self.assertAlmostEqual(math.log10(y), math.log10(math.sqrt(square / width) / -EXACT),
                                       delta=chart.resolution)

    def test_other_numbers_of_the_log(self):
        for title, key, logarithmic in (("Variance", "variance", True), ("V-score", "v_score", True),
                                        ("Acceptance", "acceptance", False),
                                        ("Split R̂", "r_hat", False), ("Autocorr", "tau", False)):
            with self.subTest(title):
                chart = Drawn(self.page, title)
                wanted = [(line["step"], line[key]) for line in self.logs[0] if line[key] is not None]
                drawn = chart.curves(logarithmic)[0]
                self.assertEqual(len(drawn), len(wanted))
                for (x, y), (step, value) in zip(drawn, wanted):
                    self.assertAlmostEqual(x, step, delta=0.05)
                    if logarithmic:
                        y, value = math.log10(y), math.log10(value)
                    self.assertAlmostEqual(y, value, delta=chart.resolution)
        spread = Drawn(self.page, "Spread of the attention").curves()
        self.assertEqual(len(spread), 4)  # two runs of two layers
        self.assertAlmostEqual(spread[0][-1][1], 0.2, delta=1e-3)
        self.assertAlmostEqual(spread[1][-1][1], 0.06, delta=1e-3)

    def test_seconds_by_phase(self):
        chart = Drawn(self.page, "Time a step by phase")
        texts = [text.text for text in chart.svg.iter(XHTML + "text")]
        bars = chart.classed("rect", "bar")
        self.assertEqual(len(bars), 2 * len(PHASES))
        for k, phase in enumerate(PHASES):
            self.assertIn(phase, texts)
            self.assertIn(f"{0.01 * (k + 1):.3g} s", texts)
            self.assertAlmostEqual(float(bars[2 * k].get("width")) / float(bars[-1].get("width")),
                                   (k + 1) / len(PHASES), delta=1e-3)

    def test_maps(self):
        cells = self.cells(Drawn(self.page, "layer 0, head 1: spread 0.300"))
        self.assertEqual(cells, {(0, 0): 0.5, (0, 1): -0.25, (1, 0): 0.1, (1, 1): 1.0})
        chart = Drawn(self.page, "S(q), largest 16.0000 ± 0.5000 at (1.5π, 1.5π)")
        cells = self.cells(chart)
        for row in range(4):
            for column in range(4):
                self.assertAlmostEqual(cells[row, column], (1 + row + 4 * column) / 16, delta=0.026)

    @staticmethod
    def cells(chart):
        """{(row, column): share of the full colour, negative for the second one}"""
        found = {}
        for path in chart.svg.iter(XHTML + "path"):
            sign = {"plus": 1, "minus": -1}[path.get("class")]
            for column, row, width in re.findall(r"M(\d+),(\d+)h(\d+)", path.get("d")):
                for k in range(int(width)):
                    found[int(row), int(column) + k] = sign * float(path.get("fill-opacity"))
        return found

    def test_verdicts_are_the_runs_own(self):
        table, = [t for t in self.page.iter(XHTML + "table") if t.get("class") == "verdicts"]
        rows = {"".join(row[0].itertext()): ["".join(cell.itertext()) for cell in row[1:]]
                for row in table.iter(XHTML + "tr") if row[0].get("scope") == "row"}
        ended = next(cells for question, cells in rows.items() if question.startswith("Has the run"))
        self.assertTrue(ended[0].startswith("a✓yes, after 60 steps"), ended)
        self.assertTrue(ended[1].startswith("b!no: step 60 of 300"), ended)

    def test_texts_are_escaped(self):
        name = b'a<b>&"\xff\'x'
        path = os.path.join(os.fsencode(self.root), name)
        put_run(pathlib.Path(os.fsdecode(path)), self.logs[0], tail='{"step": 61, "ene')
        text = report(path, out=self.root / "odd.html")
        page = ElementTree.fromstring(text)
        self.assertEqual(page.find(f".//{XHTML}h1").text, 'a<b>&"\ufffd\'x')
        self.assertIn("last line of the log is not whole", "".join(page.itertext()))


if __name__ == "__main__":
    unittest.main()
