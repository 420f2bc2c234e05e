#!/usr/bin/env python3
"""Photographs HTML pages in headless Chromium, wide and narrow, light and dark, and checks that no
page is wider than its window and that nothing of it is said on the console.

Needs Chromium (Debian: chromium). Exit status 1 if a page fails, 2 without a browser or a page.
"""

import argparse
import pathlib
import re
import shutil
import subprocess
import sys
import tempfile

from tool_errors import BadInput

# Wide as a monitor, narrow as a telephone. A browser's window has a smallest width; a frame has not.
WIDTHS = {"wide": 1440, "narrow": 375}
SCHEMES = {"light": 1, "dark": 0}
FRAME = """<!DOCTYPE html><meta charset="utf-8"><style>body{{margin:0}}iframe{{border:0;width:{width}px;
height:{height}px}}</style><iframe src="{page}"></iframe><p id="size"></p><script>
onload=()=>{{const page=document.querySelector("iframe").contentDocument.documentElement;
document.getElementById("size").textContent="size="+page.scrollWidth+"x"+page.scrollHeight}}</script>"""


def chromium(*arguments):
    program = next((found for name in ("chromium", "chromium-browser", "google-chrome")
                    if (found := shutil.which(name))), None)
    if program is None:
        raise BadInput("no Chromium; Debian's package is chromium")
    with tempfile.TemporaryDirectory() as profile:
        return subprocess.run(
            [program, "--headless=new", "--no-sandbox", "--disable-gpu", "--hide-scrollbars",
             "--allow-file-access-from-files", "--enable-logging=stderr", "--log-level=0",
             "--virtual-time-budget=10000", f"--user-data-dir={profile}", *arguments],
            check=True, capture_output=True, text=True, timeout=300)


def photograph(page, out, size, scheme):
    """Returns what is wrong."""
    width = WIDTHS[size]
    with tempfile.TemporaryDirectory() as folder:
        frame = pathlib.Path(folder) / "frame.html"
        setting = f"--blink-settings=preferredColorScheme={SCHEMES[scheme]}"

        def put(height):
            frame.write_text(FRAME.format(width=width, height=height, page=page.resolve().as_uri()))

        put(900)
        seen = chromium(setting, "--dump-dom", frame.as_uri())
        found = re.search(r"size=(\d+)x(\d+)", seen.stdout)
        if not found:
            return [f"{page}: {size}: cannot be measured"]
        wrong = [f"{page}: {size}: {line}" for line in seen.stderr.splitlines() if ":CONSOLE" in line]
        if int(found[1]) > width:
            wrong.append(f"{page}: {size}: is {found[1]} pixels wide in a window of {width}")
        height = min(int(found[2]), 16000)
        put(height)
        picture = out / f"{page.stem}-{size}-{scheme}.png"
        chromium(setting, f"--window-size={max(width, 500)},{height}", f"--screenshot={picture}",
                 frame.as_uri())
        print(picture)
        return wrong


def main():
    parser = argparse.ArgumentParser(description=__doc__,
                                     formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("pages", nargs="+", type=pathlib.Path, metavar="PAGE")
    parser.add_argument("--out", type=pathlib.Path, default=pathlib.Path("."),
                        help="directory for the pictures; default: here")
    arguments = parser.parse_args()
    for page in arguments.pages:
        if not page.is_file():
            raise BadInput(f"{page}: no such page")
    arguments.out.mkdir(parents=True, exist_ok=True)
    wrong = [line for page in arguments.pages for size in WIDTHS for scheme in SCHEMES
             for line in photograph(page, arguments.out, size, scheme)]
    for line in wrong:
        print(line, file=sys.stderr)
    return 1 if wrong else 0


if __name__ == "__main__":
    try:
        sys.exit(main())
    except BadInput as error:
        print(f"page_pictures.py: {error}", file=sys.stderr)
        sys.exit(2)
