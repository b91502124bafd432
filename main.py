"""The door: `python main.py [verb]`."""

from app.cli import main

if __name__ == "__main__":
    main()
