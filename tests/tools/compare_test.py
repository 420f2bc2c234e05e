#!/usr/bin/env python3
"""What of tools/compare.py and tools/peers needs no network and no peer.

Usage: compare_test.py SOURCE_ROOT PLAQUETTE
"""

import io
import contextlib
import json
import pathlib
import random
import subprocess
import sys
import tempfile
import unittest
from unittest import mock

ROOT = pathlib.Path(sys.argv[1])
PLAQUETTE = sys.argv[2]
sys.path[:0] = [str(ROOT / "tools"), str(ROOT / "tools" / "peers")]

import compare  # noqa: E402
import full_sum  # noqa: E402
import model_file  # noqa: E402
import numpy  # noqa: E402
from tool_errors import BadInput  # noqa: E402

GOLDEN = sorted((ROOT / "tests" / "golden").glob("*.h5"))
STORED = ROOT / "tests" / "data" / "compare_results.json"


def log_psi_of_program(model, lines, *options):
    """Complex columns that plaquette log-psi prints."""
    printed = subprocess.run([PLAQUETTE, "log-psi", model, "--configurations", "-", *options],
                             input="\n".join(lines) + "\n", text=True, capture_output=True, check=True)
    rows = numpy.array([[float(number) for number in line.split()]
                        for line in printed.stdout.splitlines()])
    return rows[:, 0::2] + 1j * rows[:, 1::2]


def random_lines(sites, count):
    generator = random.Random(7)
    return ["".join(generator.sample("+-" * (sites // 2), sites)) for _ in range(count)]


class ModelFiles(unittest.TestCase):
    def test_network_is_the_program_s(self):
        self.assertGreaterEqual(len(GOLDEN), 6)
        for path in GOLDEN:
            shape, parameters = model_file.read(path)
            lines = random_lines(shape.L**2, 20)
            found = model_file.log_psi(parameters, model_file.spins(lines), shape)
            expected = log_psi_of_program(path, lines)[:, 0]
            self.assertLess(abs(found - expected).max(), 1e-12 * abs(expected).max(), path.name)

    def test_lines_come_back(self):
        lines = random_lines(16, 3)
        self.assertEqual(model_file.lines(model_file.spins(lines)), lines)

    def test_other_files_are_refused(self):
        import h5py
        with tempfile.TemporaryDirectory() as folder:
            path = pathlib.Path(folder) / "other.h5"
            h5py.File(path, "w").close()
            with self.assertRaisesRegex(ValueError, "no model file"):
                model_file.read(path)

    def test_local_energies_of_all_states_are_the_program_s(self):
        path = next(path for path in GOLDEN if path.name.startswith("4x4_b2") and "t5" in path.name)
        shape, parameters = model_file.read(path)
        configurations = full_sum.all_configurations(16)
        self.assertEqual(len(configurations), 12870)
        log_psi = model_file.log_psi(parameters, configurations, shape)
        some = slice(0, None, 97)
        found = full_sum.local_energies(configurations, log_psi, 4, 0.3)[some]
        expected = log_psi_of_program(path, model_file.lines(configurations[some]), "--local-energy",
                                      "--J1", "1", "--J2", "0.3")[:, 1]
        self.assertLess(abs(found - expected).max(), 1e-10 * abs(expected).max())


class SameWork(unittest.TestCase):
    def test_phases_count_modulo_a_turn(self):
        turn = 2 * numpy.pi
        self.assertLess(compare.largest_difference([[3.0, turn + 1]], [[3.0, 1.0]], True), 1e-15)
        self.assertGreater(compare.largest_difference([[3.0, turn + 1]], [[3.0, 1.0]], False), 1)
        self.assertAlmostEqual(compare.largest_difference([[40, 0.5]], [[40, 0.0]], True), 0.5 / 40)

    def test_rows_must_be_as_many(self):
        with self.assertRaises(ValueError):
            compare.largest_difference([[1, 2]], [], False)

    def test_large_differences_and_nan_stop(self):
        small = {"log_psi": 1e-14, "local_energy": 1e-12, "update": 1e-9}
        compare.refuse_large(small, "peer")
        for what in small:
            for bad in (1e-3, float("nan")):
                with self.assertRaisesRegex(compare.RunFailed, what):
                    compare.refuse_large({**small, what: bad}, "peer")


class Environments(unittest.TestCase):
    """python -m venv and pip, as they fail."""

    def message(self, failing):
        def run(command, **_):
            words = [str(word) for word in command]
            if "venv" in words:
                pathlib.Path(words[-1]).mkdir()
            status = 1 if failing in words else 0
            return subprocess.CompletedProcess(command, status, "", "ERROR: first\nERROR: the last\n")

        with tempfile.TemporaryDirectory() as folder, \
                mock.patch.object(compare.subprocess, "run", run), \
                contextlib.redirect_stderr(io.StringIO()), \
                self.assertRaises(BadInput) as caught:
            try:
                compare.environment_for("netket", pathlib.Path(folder), "cpu")
            finally:
                self.assertEqual(list(pathlib.Path(folder).iterdir()), [])
        self.assertNotIn("\n", str(caught.exception))
        return str(caught.exception)

    def test_missing_venv(self):
        self.assertIn("python3-venv", self.message("venv"))

    def test_no_network(self):
        self.assertRegex(self.message("pip"), "requirements-netket.txt; is there a network.* the last")


class CommandLine(unittest.TestCase):
    def run_compare(self, *arguments):
        return subprocess.run([sys.executable, ROOT / "tools" / "compare.py", *arguments],
                              capture_output=True, text=True)

    def test_bad_input_is_one_line_and_status_2(self):
        with tempfile.TemporaryDirectory() as folder:
            (pathlib.Path(folder) / "other.json").write_text("{}")
            (pathlib.Path(folder) / "old").mkdir()
            (pathlib.Path(folder) / "old" / "results.json").write_text("kept")
            for arguments, words in (
                    (["--peer", "other"], "--peer 'other': one of netket"),
                    (["--job", "factored-fp16"], "--job 'factored-fp16': one of"),
                    (["--rounds", "0"], "--rounds 0: at least 1"),
                    (["--rounds", "x"], "--rounds: invalid int value: 'x'"),
                    (["--backend", "gpu"], "--backend: invalid choice: 'gpu'"),
                    (["--plaquette", PLAQUETTE, "--out", f"{folder}/old"], "old: has results already"),
                    (["--plaquette", PLAQUETTE, "--environments", f"{folder}/other.json"],
                     "--environments"),
                    (["--plaquette", PLAQUETTE, "--out", f"{folder}/other.json/x"], "--out"),
                    (["--plaquette", "nowhere/plaquette"], "--plaquette nowhere/plaquette: no such"),
                    (["--plaquette", PLAQUETTE, "--threads", "100000"], "--threads 100000: from 1"),
                    (["--table", "nowhere.json"], "nowhere.json: No such file"),
                    (["--table", f"{folder}/other.json"], "not a results.json")):
                done = self.run_compare(*arguments)
                self.assertEqual(done.returncode, 2, arguments)
                self.assertEqual(done.stdout, "")
                self.assertEqual(done.stderr.count("\n"), 1, done.stderr)
                self.assertIn(words, done.stderr)

    def test_table_of_what_was_stored(self):
        done = self.run_compare("--table", STORED)
        self.assertEqual(done.returncode, 0, done.stderr)
        rows = [[cell.strip() for cell in line.strip("|").split("|")]
                for line in done.stdout.splitlines() if line.startswith("|")][2:]
        # Three rounds: ours 1, 2, 4 and theirs 3, 8, 8 seconds a step.
        self.assertEqual(rows[0][2:], ["step", "2", "8", "3.00 (2.00–4.00)"])
        self.assertEqual(rows[1][2:], ["sampling", "0.5", "1", "2.00 (2.00–2.00)"])
        self.assertEqual(len(rows), 4)
        self.assertIn("tachys exchanges unlike spins only", done.stdout)


if __name__ == "__main__":
    unittest.main(argv=sys.argv[:1])
