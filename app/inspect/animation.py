"""A sample as a moving picture: .gif, or a video."""

from __future__ import annotations

from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from app.errors import OutputError
from app.inspect.views import Clip, pictures
from app.video_writer import VideoWriter
from stgat.data.atomic import replacing

VIDEO_SUFFIXES = (".mp4", ".mkv")
SUFFIXES = (".gif", *VIDEO_SUFFIXES)

#: Viewers play a GIF whose frames are shorter than this at a tenth of its speed.
_SHORTEST_CS = 2
_COLOURS = 96


def save_animation(path: Path, clip: Clip) -> None:
    """Write the clip, at its own speed, in the form that the path's ending names.

    Raises OutputError for an ending that is none of SUFFIXES, and where the file cannot be written.
    """
    suffix = path.suffix.lower()
    if suffix not in SUFFIXES:
        raise OutputError(f"{path} should end in {' or '.join(SUFFIXES)}, to show a sample")
    if suffix in VIDEO_SUFFIXES:
        with VideoWriter(path, clip.frames_per_second) as video:
            for index, picture in enumerate(pictures(clip)):
                video.write(picture, index / clip.frames_per_second)
        return
    try:
        _save_gif(path, clip)
    except OSError as error:
        raise OutputError(f"{path} cannot be written ({error.strerror or error})") from error


def _save_gif(path: Path, clip: Clip) -> None:
    shown, durations_ms = gif_timing(len(clip.joints_m), clip.frames_per_second)
    keep = set(shown)
    images = [Image.fromarray(picture) for t, picture in enumerate(pictures(clip)) if t in keep]
    # One palette for all, of a picture with everybody in it: with its own for each the colours would flicker.
    present = np.asarray(clip.joints_m).any(axis=(2, 3)).sum(axis=1)[shown]
    palette = images[int(np.argmax(present))].quantize(_COLOURS, Image.Quantize.MEDIANCUT)
    frames = [image.quantize(palette=palette, dither=Image.Dither.NONE) for image in images]
    with replacing(path) as temporary:
        frames[0].save(
            temporary, format="GIF", save_all=True, append_images=frames[1:], duration=durations_ms, loop=0
        )


def gif_timing(num_frames: int, fps: float) -> tuple[NDArray[np.int64], list[int]]:
    """Which frames to show, and for how many milliseconds: a GIF counts in hundredths of a second.

    The rounding does not add up, so that the whole takes as long as the sample.
    """
    starts_cs = np.round(np.arange(num_frames + 1) * 100 / fps).astype(int)
    shown, last = [], -_SHORTEST_CS
    for t in range(num_frames):
        if starts_cs[t] - last >= _SHORTEST_CS:
            shown.append(t)
            last = starts_cs[t]
    ends_cs = np.append(starts_cs[shown[1:]], max(starts_cs[-1], last + _SHORTEST_CS))
    return np.array(shown), [int(10 * cs) for cs in ends_cs - starts_cs[shown]]
