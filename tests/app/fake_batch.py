"""Stands for `main.py batch --progress-json --stop-with-input`; what it does is in the folder's name."""

from __future__ import annotations

import json
import os
import sys
from pathlib import Path

folder, output = Path(sys.argv[2]), Path(sys.argv[4])


def say(**line: object) -> None:
    print(json.dumps(line), flush=True)


if folder.name == "refused":
    sys.exit("Error: the disk is full")
if folder.name == "vanishes":
    os._exit(9)
say(type="progress", done=0, files=2, file="a <b>.mp4", share=0.5)
stopped = False
if folder.name == "slow":
    while os.read(0, 100):
        pass
    stopped = True
if folder.name == "deaf":
    while True:
        os.read(0, 100)
say(type="file", file="a <b>.mp4", events=3, error="", kept=False)
output.mkdir(exist_ok=True)
page = output / "report.html"
page.write_text("<p>report")
files = 1 if stopped else 2
say(type="end", files=files, events=4, failed=1, stopped=stopped, html=str(page), csv=str(page))
