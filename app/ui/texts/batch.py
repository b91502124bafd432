"""Texts of the window that recognises a whole folder."""

from __future__ import annotations

from app.ui.texts.language import _, plural

BATCH = _("Recognise a folder…")
TITLE = _("Recognise a folder")
INTRODUCTION = _("Every video and recording in the folder is recognised, into one report.")
FOLDER = _("Folder")
OUTPUT = _("Report goes to")
SUBFOLDERS = _("Also the folders in it")
START = _("Start")
STOP = _("Stop")
OPEN_REPORT = _("Open report")
OPEN_FOLDER = _("Open folder")
FOLDER_MISSING = _("Choose the folder with the videos first.")
NO_SUCH_FOLDER = _("There is no such folder; choose another.")
OUTPUT_MISSING = _("Choose a folder for the report.")
STARTING = _("Loading the model…")
STOPPING = _("Stopping…")
CANNOT_START = _("The work could not be started; restart the application.")
ENDED_SILENTLY = _("The work ended without a word; start it again: it goes on from where it was.")
REPORT_GONE = _("The report is gone; start again to write it anew.")
PROGRESS = _("Progress over all files")


def output_for(name: str) -> str:
    """The name of the folder for the report of a folder of that name."""
    return _("{folder} report").format(folder=name)


def progress(done: int, files: int, file: str) -> str:
    return _("File {number} of {files}: {file}").format(number=min(done + 1, files), files=files, file=file)


def ended(files: int, events: int, failed: int, stopped: bool) -> str:
    """What came of it, in sentences."""
    done = plural("{count} file", "{count} files", files)
    found = plural("{count} event", "{count} events", events)
    words = (
        _("Stopped after {files}, with {events}. Started again, it goes on from there.")
        if stopped
        else _("Finished: {files}, {events}.")
    )
    parts = [words.format(files=done, events=found)]
    if failed:
        parts.append(
            plural(
                "{count} file could not be read; the report says why.",
                "{count} files could not be read; the report says why.",
                failed,
            )
        )
    return " ".join(parts)
