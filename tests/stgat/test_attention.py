"""What the network is said to have looked at is what it computed with, and adds up."""

from __future__ import annotations

import numpy as np
import pytest
import torch

from stgat.attention import sum_up
from stgat.checkpoint import Checkpoint, Metadata
from stgat.model import STGAT, STGATConfig
from stgat.preprocessing import Preprocessing
from stgat.recognizer import Recognizer
from stgat.skeleton import NTU25, get_layout
from tests.stgat.plain_stgat import count_hops, plain_looks
from tests.stgat.test_model import SMALL, clip, randomised


@pytest.mark.parametrize("frame_weighting", ["u_div_v", "u_mod_w"])
@pytest.mark.parametrize("M", [1, 2])
def test_the_maps_are_those_of_the_formulas_and_the_logits_those_of_forward(M, frame_weighting) -> None:
    config = SMALL.model_copy(update={"frame_weighting": frame_weighting})
    model, x = randomised(config), clip(config, M=M, N=2)
    with torch.no_grad():
        logits, looks = model.explain(x)
        assert torch.equal(logits, model(x))
    for m in range(M):
        expected = plain_looks(
            x[1, ..., m].numpy(),
            {name: tensor.numpy() for name, tensor in model.state_dict().items()},
            NTU25.bones,
            [stride for *_, stride in config.blocks],
            config.num_heads,
            frame_weighting,
        )
        for block, plain in zip(looks, expected, strict=True):
            np.testing.assert_allclose(block[1, m].numpy(), plain, rtol=2e-3, atol=1e-5)


def test_every_row_shares_out_its_frames_weight_and_nothing_beyond_its_scope() -> None:
    model, x = randomised(SMALL), clip(SMALL, N=1)
    with torch.no_grad():
        (first, _) = model.explain(x)[1]
        weights = model.blocks[0].attention.frame_weights(model.stem(x[..., 0]))  # (1, S, W)
    rows = first[0, 0].sum(dim=-1)  # (S, W*V)
    np.testing.assert_allclose(rows, weights[0].repeat_interleave(25, dim=1), rtol=1e-5)
    hops = np.tile(count_hops(25, NTU25.bones), (3, 1))
    for s in range(SMALL.num_heads):
        assert (first[0, 0, s].numpy()[(hops != 0) & (hops != s + 1)] == 0).all()


def test_shares_add_up_to_one_for_each_block_and_person() -> None:
    attention = sum_up(randomised(SMALL).explain(clip(SMALL, N=1, M=2))[1], SMALL)
    assert attention.joints.shape == (2, 2, 25)
    assert attention.hops.shape == (2, 2, SMALL.num_heads + 1)
    for shares in (attention.joints, attention.hops, attention.even_joints, attention.even_hops):
        np.testing.assert_allclose(shares.sum(axis=-1), 1.0, rtol=1e-9)
        assert (shares >= 0).all()


def test_shares_are_the_sums_of_the_docstring_term_by_term() -> None:
    looks = randomised(SMALL).explain(clip(SMALL, N=1))[1]
    attention = sum_up(looks, SMALL)
    hops = count_hops(25, NTU25.bones)
    for b, block in enumerate(looks):
        a = block[0, 0].detach().double().numpy()
        joints, distances = np.zeros(25), np.zeros(SMALL.num_heads + 1)
        for s in range(SMALL.num_heads):
            for u in range(75):
                for v in range(25):
                    joints[v] += a[s, u, v]
                    if hops[u % 25, v] <= SMALL.num_heads:
                        distances[hops[u % 25, v]] += a[s, u, v]
        np.testing.assert_allclose(attention.joints[b, 0], joints / a.sum(), rtol=1e-9)
        np.testing.assert_allclose(attention.hops[b, 0], distances / a.sum(), rtol=1e-9)


@pytest.mark.parametrize("layout", ["ntu25", "kinect-v1-20", "openpose-18-shifted"])
def test_a_network_that_looks_evenly_has_the_even_shares(layout: str) -> None:
    config = STGATConfig(num_classes=2, blocks=((8, 8, 1),), num_heads=4, layout=layout)
    model = STGAT(config).eval()
    with torch.no_grad():
        for name, parameter in model.named_parameters():
            if ".key." in name or ".frame_difference." in name:
                parameter.zero_()
        x = torch.zeros(1, 3, 6, get_layout(layout).num_joints, 1)
        attention = sum_up(model.explain(x)[1], config)
    np.testing.assert_allclose(attention.joints[0, 0], attention.even_joints, rtol=1e-5)
    np.testing.assert_allclose(attention.hops[0, 0], attention.even_hops, rtol=1e-5)


def test_a_joint_whose_key_answers_every_query_gets_more_than_its_even_share() -> None:
    """The mean absolute position is the score, so the joint that stands out is the one looked at."""
    config = STGATConfig(num_classes=2, blocks=((8, 8, 1),), num_heads=1)
    model = STGAT(config).eval()
    attention_layer = model.blocks[0].attention
    with torch.no_grad():
        attention_layer.query.weight.zero_()
        attention_layer.query.bias.fill_(1.0)
        attention_layer.key.weight.fill_(1.0)
        model.stem.static[0].weight.fill_(1.0)
        x = torch.zeros(1, 3, 6, 25, 1)
        wrist = NTU25.joints.index("right wrist")
        x[0, :, :, wrist] = 2.0
        attention = sum_up(model.explain(x)[1], config)
    ratios = attention.joints[0, 0] / attention.even_joints
    assert int(ratios.argmax()) == wrist
    assert ratios[wrist] > 1.5


def test_the_sums_of_a_small_network_stay_what_they_were() -> None:
    attention = sum_up(randomised(SMALL).explain(clip(SMALL, N=1))[1], SMALL)
    top = [NTU25.joints[j] for j in np.argsort(-attention.joints[:, 0].mean(axis=0))[:3]]
    assert top == ["spine base", "spine mid", "right shoulder"]
    hops = [[0.346, 0.0972, 0.0844, 0.455, 0.0174], [0.4172, 0.0, 0.2982, 0.2846, 0.0]]
    np.testing.assert_allclose(attention.hops[:, 0], hops, atol=2e-4)


@pytest.mark.parametrize("people", [1, 2])
def test_a_recognizer_explains_the_answer_that_it_gives(people: int) -> None:
    metadata = Metadata(
        name="tiny",
        model=SMALL,
        preprocessing=Preprocessing(num_frames=9),
        labels=("a", "b", "c", "d"),
        temperature=1.7,
        people=people,
    )
    recognizer = Recognizer(Checkpoint(randomised(SMALL), metadata), "cpu")
    window = clip(SMALL, N=1, M=people)[0].numpy()
    (expected,) = recognizer.recognize([window], [(1.0, 3.0)])
    prediction, attention = recognizer.explain(window, (1.0, 3.0))
    np.testing.assert_array_equal(prediction.probabilities, expected.probabilities)
    assert prediction.energy == expected.energy
    assert (prediction.window_start_s, prediction.window_end_s) == (1.0, 3.0)
    assert attention.joints.shape == (2, people, 25)
