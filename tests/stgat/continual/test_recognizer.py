"""A person's stream gives what the window that ends with it gives, from metres to probabilities."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from stgat.checkpoint import Checkpoint, load_checkpoint, read_metadata, save_checkpoint
from stgat.continual.recognizer import ContinualRecognizer, recognizer_of
from stgat.errors import CheckpointError, ExportError
from stgat.model import STGAT
from stgat.preprocessing import Preprocessing, prepare_window, window_joints
from stgat.recognizer import Recognizer
from stgat.retarget import one_body
from stgat.training.export import export
from tests.stgat.bodies import waving
from tests.stgat.continual.checkpoints import METADATA, continual_checkpoint

#: Two seconds at the network's rate.
TIMES = np.linspace(0.0, 2.0, 21)


@pytest.mark.parametrize("stream", ["joint", "bone"])
def test_a_stream_of_two_seconds_says_what_the_window_of_them_says(stream: str) -> None:
    checkpoint = continual_checkpoint()
    told = METADATA.preprocessing.model_dump() | {"stream": stream}
    metadata = METADATA.model_copy(update={"preprocessing": Preprocessing.model_validate(told)})
    recognizer = ContinualRecognizer(replace(checkpoint, metadata=metadata))
    joints = waving(TIMES)
    said = recognizer.begin()
    frames = window_joints(joints, TIMES, metadata.preprocessing, 0.0, 2.0)
    for frame, time_s in zip(frames[:20], TIMES.tolist(), strict=False):
        prediction = said.step(frame, time_s)
    window = prepare_window([(joints, TIMES)], metadata.preprocessing, 0.0, 2.0)
    (expected,) = recognizer.recognize([window], [(0.0, 2.0)])
    assert prediction is not None
    # Strides of 4 in all: of 21 frames the last answer is that of the 20th.
    np.testing.assert_allclose(prediction.probabilities, expected.probabilities, rtol=1e-4, atol=1e-6)
    assert prediction.energy == pytest.approx(expected.energy, rel=1e-4)
    assert (prediction.window_start_s, prediction.window_end_s) == pytest.approx((-0.1, 1.9))
    assert prediction.labels == METADATA.labels


def test_there_is_no_answer_before_the_strides_have_come_round() -> None:
    stream = ContinualRecognizer(continual_checkpoint()).begin()
    joints = one_body(waving(TIMES))
    told = [stream.step(frame, 0.1 * t) for t, frame in enumerate(joints[:4])]
    assert [prediction is None for prediction in told] == [True, True, True, False]


def test_a_checkpoint_says_of_itself_that_it_is_continual(tmp_path) -> None:
    checkpoint = continual_checkpoint()
    path = tmp_path / "continual.safetensors"
    save_checkpoint(path, checkpoint.model, checkpoint.metadata)
    assert read_metadata(path) == METADATA
    loaded = recognizer_of(load_checkpoint(path))
    assert isinstance(loaded, ContinualRecognizer)
    assert loaded.step_s == pytest.approx(0.1)
    with pytest.raises(ExportError, match="only windowed ones can be exported"):
        export(path, tmp_path / "continual.pt2", "torch-export")


def test_a_checkpoint_from_before_there_were_continual_ones_is_windowed() -> None:
    told = METADATA.model_dump()
    del told["model"]["causal"]
    metadata = type(METADATA).model_validate(told)
    checkpoint = Checkpoint(STGAT(metadata.model).eval(), metadata)
    assert type(recognizer_of(checkpoint, "cpu")) is Recognizer
    with pytest.raises(CheckpointError, match="takes no streams"):
        ContinualRecognizer(checkpoint)


def test_metadata_whose_preprocessing_looks_ahead_are_refused() -> None:
    told = METADATA.model_dump()
    told["preprocessing"]["normalization"] = "upright-1"
    with pytest.raises(ValueError, match="looks ahead"):
        type(METADATA).model_validate(told)


def test_a_network_of_two_people_takes_no_streams() -> None:
    checkpoint = continual_checkpoint()
    metadata = METADATA.model_copy(update={"people": 2})
    with pytest.raises(CheckpointError, match="of one person"):
        ContinualRecognizer(replace(checkpoint, metadata=metadata))
