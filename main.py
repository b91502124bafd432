"""The door: `python main.py [verb]`."""

import multiprocessing

from app.cli import main
from app.program import run_to_the_end

if __name__ == "__main__":
    multiprocessing.freeze_support()  # a packaged application starts its workers through this door
    run_to_the_end(main)
