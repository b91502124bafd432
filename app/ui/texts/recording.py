"""What is said of recordings."""

from __future__ import annotations

from pathlib import Path

from app.recorder import Progress
from app.ui.texts.language import _, number

GROUP = _("Recording")
RECORD = _("Record")
SKELETONS_ONLY = _("Record skeletons only, no picture")
CHOOSE_FOLDER = _("Folder for recordings…")
OPEN_FOLDER = _("Open the folder of recordings")
OPEN_RECORDING = _("Open recording…")
PLAY_LAST = _("Play the last recording")

CHOOSE_TITLE = _("Where recordings are kept")
OPEN_TITLE = _("Open the folder of a recorded session")
RECORDING = _("Recording")
SAVING = _("Saving the recording")
LAMP_HINT = _("This session is being recorded; R stops that")
LAMP_HINT_SKELETONS = _("The skeletons of this session are being recorded, but no picture; R stops that")

CANNOT_RECORD = _("This is not recorded")
FILE_ALREADY = _(
    "{name} is a file already, so there is nothing to record. Choose a camera or the demo to record it."
)
NOT_THIS_SESSION = _("This kind of session cannot be recorded. Choose a camera or the demo.")
STOPPED_BY_ERROR = _("The recording has stopped")
FOLDER_PROBLEM = _("{folder} cannot be opened: {why}. Choose another folder for recordings.")
NOTHING_RECORDED = _("Nothing was recorded: it was stopped before the first frame was posed.")


def lamp(progress: Progress, stopping: bool) -> str:
    """What stands beside the red dot."""
    if stopping:
        return SAVING
    if progress.folder is None:
        return _("{recording}…").format(recording=RECORDING)
    return _("{recording} {time} · {size}").format(
        recording=RECORDING, time=clock(progress.seconds), size=size(progress.num_bytes)
    )


def title(application: str) -> str:
    """The window's title while it records, for a task bar."""
    return _("● Recording – {application}").format(application=application)


def recorded(progress: Progress) -> str:
    """A recording that is finished."""
    if progress.folder is None:
        return NOTHING_RECORDED
    words = _("Recorded {time} in {folder}").format(time=clock(progress.seconds), folder=progress.folder.name)
    if progress.dropped:
        share = progress.dropped / (progress.dropped + progress.pictures)
        words += _("; the video lacks {percent} % of the pictures, which came too fast").format(
            percent=max(1, round(100 * share))
        )
    return words


def file_already(spec: str) -> str:
    return FILE_ALREADY.format(name=Path(spec).name)


def clock(seconds: float) -> str:
    """
    >>> clock(42.7), clock(3725)
    ('0:42', '1:02:05')
    """
    minutes, rest = divmod(int(seconds), 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours}:{minutes:02}:{rest:02}" if hours else f"{minutes}:{rest:02}"


def size(num_bytes: int) -> str:
    """
    >>> size(3_140_000), size(2_500_000_000)
    ('3.1 MB', '2.5 GB')
    """
    if num_bytes >= 1e9:
        return f"{number(num_bytes / 1e9)} GB"
    return f"{number(num_bytes / 1e6, '.1f' if num_bytes < 1e7 else '.0f')} MB"
