#!/usr/bin/env python3
"""tools/check_spills.py on made-up reports. usage: check_spills_test.py SOURCE_DIR"""

import pathlib
import subprocess
import sys
import tempfile

REPORT = """ptxas info    : Compiling entry function '_ZN9plaquette4cuda10add_kernelIfEEvPT_' for 'sm_{sm}'
ptxas info    : Function properties for _ZN9plaquette4cuda10add_kernelIfEEvPT_
    {stack} bytes stack frame, {spills} bytes spill stores, {spills} bytes spill loads
ptxas info    : Used {registers} registers, used 1 barriers, {stack} bytes cumulative stack size, {shared} bytes smem
"""
GOOD = {"sm": "80", "stack": 0, "spills": 0, "registers": 40, "shared": 1024}


def main():
    tool = pathlib.Path(sys.argv[1]) / "tools/check_spills.py"
    with tempfile.TemporaryDirectory() as folder:
        table = pathlib.Path(folder) / "table.txt"

        def check(expected, text="", update=False, **changes):
            (pathlib.Path(folder) / "add.cu.o.ptxas").write_text(REPORT.format(**{**GOOD, **changes}))
            command = [sys.executable, tool, folder, "--table", table]
            done = subprocess.run(command + ["--update"] * update, stdout=subprocess.PIPE,
                                  stderr=subprocess.STDOUT, text=True)
            assert done.returncode == expected and text in done.stdout, (changes, done)

        check(1, "add_kernel<float>: is not in the table")
        check(0, update=True)
        # 65536 registers are 51 warps of 40 × 32, four at a time 48; blocks of 8 warps.
        assert table.read_text().splitlines()[-1].split() == [
            "80", "add_kernel<float>", "256", "40", "0", "1024", "48"], table.read_text()
        check(0)
        check(0, registers=32)
        check(1, "41 registers, the table has 40", registers=41)
        check(1, "8 bytes of stack, the table has 0", stack=8)
        check(1, "16 bytes of registers are spilled", spills=8)
        check(1, "32 resident warps, the table has 48", shared=40 * 1024 - 1024)
        check(1, "is not in the table", sm="90a")
        check(2, "no report of kernels", sm="75")


if __name__ == "__main__":
    main()
