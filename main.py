"""The door: `python main.py [verb]`."""

import multiprocessing

from app.cli import main

if __name__ == "__main__":
    multiprocessing.freeze_support()  # a packaged application starts its workers through this door
    main()
