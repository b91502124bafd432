"""Stands for `main.py train` and `main.py prepare`: writes what they write, an epoch in a moment.

What it is to do besides is in the configuration's name: "slow" waits for the stop file, "fails" fails with a
sentence, "crashes" with a traceback, "vanishes" ends without a word.
"""

from __future__ import annotations

import json
import os
import sys
import time
from pathlib import Path


def value(option: str) -> str:
    return sys.argv[sys.argv.index(option) + 1]


def tell(**fields: object) -> None:
    partial = progress.with_suffix(".partial")
    partial.write_text(json.dumps(fields), encoding="utf-8")
    partial.replace(progress)


verb, subject = sys.argv[1], sys.argv[2]
progress, stop = Path(value("--progress")), Path(value("--stop-file"))
tell(state="starting")
if verb == "prepare":
    tell(state="preparing", phase="reading", done=3, total=4)
    while "slow" in sys.argv[4] and not stop.exists():
        time.sleep(0.01)
    tell(state="stopped" if stop.exists() else "finished")
    sys.exit()

run = Path(value("--output"))
resume = "--resume" in sys.argv
manner = (run / "config.yaml").read_text() if resume else Path(subject).stem
(run / "config.yaml").write_text(manner)
if "fails" in manner and not resume:
    print("Error: data/mine: no such folder", flush=True)
    tell(state="failed", message="data/mine: no such folder")
    sys.exit(1)
if "crashes" in manner and not resume:
    raise MemoryError("no room")
metrics = run / "metrics.jsonl"
done = len(metrics.read_text().splitlines()) if resume and metrics.exists() else 0
epochs = 3
for epoch in range(done + 1, epochs + 1):
    if "vanishes" in manner and not resume and epoch == 2:
        os._exit(9)
    step = {"epoch": epoch, "step": 1, "steps": 2, "seconds_left": 90.0, "samples_per_s": 10.0}
    tell(state="training", **step)
    while "slow" in manner and not resume and epoch == 2 and not stop.exists():
        time.sleep(0.01)
    if stop.exists():
        print(f"Training stopped in epoch {epoch}", flush=True)
        tell(state="stopped")
        sys.exit(130)
    line = {"epoch": epoch, "loss": 1 / epoch, "top1": 20.0 * epoch, "validation_top1": 10.0 * epoch}
    with metrics.open("a") as file:
        file.write(json.dumps(line) + "\n")
    print(f"epoch {epoch}/{epochs}", flush=True)
(run / "best.safetensors").write_bytes(b"a network")
tell(state="finished")
