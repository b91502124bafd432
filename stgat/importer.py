"""A checkpoint of the STGAT authors -> a checkpoint of ours, with its labels."""

from __future__ import annotations

from collections import Counter
from pathlib import Path

from pydantic import ValidationError

from stgat.checkpoint import Metadata, save_checkpoint
from stgat.errors import OfficialCheckpointError
from stgat.normalize import Normalization
from stgat.preprocessing import Preprocessing
from stgat.reading import read_limited, told
from stgat.reference import load_official_file
from stgat.skeleton import KINECT_V1_20, NTU25, OPENPOSE18_SHIFTED
from stgat.streams import Stream

MAX_LABELS_BYTES = 1 << 20
#: By the layout of a checkpoint; Kinetics-Skeleton comes normalised.
_NORMALIZATIONS: dict[str, Normalization] = {
    NTU25.name: "ntu-authors-1",
    KINECT_V1_20.name: "upright-1",
    OPENPOSE18_SHIFTED.name: "identity-1",
}


def import_official(
    checkpoint: Path,
    output: Path,
    labels: Path,
    window_s: float = 4.0,
    num_frames: int = 128,
    stream: Stream = "joint",
) -> tuple[Metadata, str]:
    """Convert `checkpoint` and write it to `output`; returns its metadata and SHA-256.

    labels: a text file with a class name a line, in the order of the network's classes.
    window_s: how many seconds of live motion to show it; the authors' clips last about four.
    stream: what it was trained on; the authors' files do not say.

    Raises OfficialCheckpointError for a checkpoint that is none, labels that do not fit or a window of no
    use; FileNotFoundError.
    """
    model = load_official_file(checkpoint)
    names = _read_labels(labels)
    if len(names) != model.config.num_classes:
        raise OfficialCheckpointError(
            f"{labels}: holds {len(names)} names, but {checkpoint} has {model.config.num_classes} classes"
        )
    try:
        metadata = Metadata(
            name=checkpoint.stem,
            model=model.config,
            preprocessing=Preprocessing(
                body="as-measured",
                normalization=_NORMALIZATIONS[model.config.layout],
                layout=model.config.layout,
                window_s=window_s,
                num_frames=num_frames,
                stream=stream,
            ),
            labels=names,
            people=2,
            sampling="drawn",
            drawn_frames=max(150, num_frames),
            data="not stated (imported)",
            data_licence="the authors' weights are under their non-commercial research licence",
            created_by="python main.py import-official",
        )
    except ValidationError as error:
        first = error.errors()[0]
        raise OfficialCheckpointError(
            f"{checkpoint}: cannot be imported with {first['loc'][-1]} = {told(repr(first['input']))}: "
            f"{told(first['msg'])}"
        ) from None
    return metadata, save_checkpoint(output, model, metadata)


def _read_labels(path: Path) -> tuple[str, ...]:
    try:
        lines = read_limited(path, MAX_LABELS_BYTES).decode("utf-8-sig").splitlines()
    except FileNotFoundError:
        raise
    except OSError as error:
        raise OfficialCheckpointError(f"{path}: cannot be read ({error.strerror})") from error
    except UnicodeDecodeError as error:
        raise OfficialCheckpointError(f"{path}: not a text file ({error.reason})") from error
    names = tuple(line.strip() for line in lines if line.strip())
    twice = [name for name, count in Counter(names).items() if count > 1]
    if twice:
        raise OfficialCheckpointError(f"{path}: {told(twice[0])!r} is there twice; names must differ")
    return names
