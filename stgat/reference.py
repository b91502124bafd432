"""The authors' checkpoints -> ours.

Their parameters carry other names and some tables that follow from the graph; the sizes of the network
are read from the shapes of what is there.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from pathlib import Path

import torch
from torch import Tensor

from stgat.errors import OfficialCheckpointError
from stgat.model import STGAT, WINDOW, STGATConfig
from stgat.reading import told
from stgat.skeleton import KINECT_V1_20, NTU25, OPENPOSE18_SHIFTED
from stgat.tensor_file import open_tensors
from stgat.torch_file import check_torch_file

_LAYOUT_OF_JOINTS = {layout.num_joints: layout.name for layout in (NTU25, KINECT_V1_20, OPENPOSE18_SHIFTED)}

# Theirs -> ours, first match wins. Only the whole name is matched.
_NAMES = (
    (r"input_map\.(.+)", r"stem.static.\1"),
    (r"diff_map1\.(.+)", r"stem.motion.0.\1"),
    (r"diff_map2\.(.+)", r"stem.motion.1.\1"),
    (r"diff_map3\.(.+)", r"stem.motion.2.\1"),
    (r"diff_map4\.(.+)", r"stem.motion.3.\1"),
    (r"graph_layers\.(\d+)\.attention0s", r"blocks.\1.attention.table"),
    (r"graph_layers\.(\d+)\.in_nets\.(.+)", r"blocks.\1.attention.key.\2"),
    (r"graph_layers\.(\d+)\.in_nets_upfold\.(.+)", r"blocks.\1.attention.query.\2"),
    (r"graph_layers\.(\d+)\.diff_net\.(.+)", r"blocks.\1.attention.frame_difference.\2"),
    (r"graph_layers\.(\d+)\.out_nets\.(.+)", r"blocks.\1.attention.project.\2"),
    (r"graph_layers\.(\d+)\.ff_nets\.(.+)", r"blocks.\1.feed_forward.\2"),
    (r"graph_layers\.(\d+)\.out_nett\.(.+)", r"blocks.\1.temporal.\2"),
    (r"graph_layers\.(\d+)\.downs1\.(.+)", r"blocks.\1.attention_residual.\2"),
    (r"graph_layers\.(\d+)\.downs2\.(.+)", r"blocks.\1.feed_forward_residual.\2"),
    (r"graph_layers\.(\d+)\.downt2\.(.+)", r"blocks.\1.temporal_residual.\2"),
    (r"fc\.(.+)", r"classifier.\1"),
)


_TABLE = re.compile(r"graph_layers\.(\d+)\.attention0s")
_WRAPPERS = ("state_dict", "model_state_dict", "model", "weights")


def load_official(state_dict: Mapping[str, Tensor], strides: Sequence[int] | None = None) -> STGAT:
    """Build the network from a state dict under the authors' parameter names.

    `module.` prefixes and parameters that follow from the graph are tolerated. The frame weighting is the
    authors' (`u_mod_w`). Networks of 18 joints get the shifted OpenPose graph their code trained with.

    strides: the temporal stride of each block. Where it is not given it is read from the positional
        tables' lengths, and without those taken to be 2 in each block that widens.
    Raises OfficialCheckpointError, naming every parameter that is missing or of the wrong shape.
    """
    theirs = {name.removeprefix("module."): value for name, value in state_dict.items()}
    config = _read_config(theirs, strides)
    with torch.device("meta"):  # no memory for what a few shapes may promise
        expected = STGAT(config).state_dict()

    ours: dict[str, Tensor] = {}
    their_name: dict[str, str] = {}
    for name, value in theirs.items():
        target = _our_name(name)
        if target in expected:
            ours[target] = value.squeeze(0) if _TABLE.fullmatch(name) else value
            their_name[target] = name

    problems = [
        f"{_their_name(name)} is missing"
        for name in expected
        if name not in ours and not name.endswith("num_batches_tracked")
    ]
    for name, value in ours.items():
        if value.shape != expected[name].shape:
            want, got = list(expected[name].shape), list(value.shape)
            problems.append(f"{their_name[name]} has shape {got}, expected {want}")
    if problems:
        raise OfficialCheckpointError(told(_list_problems(problems), 2000))
    model = STGAT(config)
    model.load_state_dict({**model.state_dict(), **ours})
    return model.eval()


def load_official_file(path: Path) -> STGAT:
    """`load_official` for a file: .safetensors, or a .pth/.pt read with torch's weights-only unpickler.

    Raises FileNotFoundError, or OfficialCheckpointError for a file that cannot be read so.
    """
    if not path.is_file():
        raise FileNotFoundError(f"{path}: no such checkpoint file")
    try:
        if path.suffix == ".safetensors":
            with open_tensors(path, "pt") as file:
                content = {name: file.get_tensor(name) for name in file.keys()}  # noqa: SIM118
        else:
            check_torch_file(path)
            content = torch.load(path, map_location="cpu", weights_only=True)
    except Exception as error:
        # Torch's own words advise to load it unsafely; nobody should.
        raise OfficialCheckpointError(
            f"{path}: not a readable checkpoint: it is damaged, of another kind, or holds more than tensors "
            "in plain containers; save its state dict alone, with torch.save(model.state_dict(), ...)"
        ) from error
    try:
        return load_official(_unwrap(content))
    except OfficialCheckpointError as error:
        raise OfficialCheckpointError(f"{path}: {error}") from None


def _unwrap(content: object) -> dict[str, Tensor]:
    """The state dict inside what training scripts save around it."""
    for _ in range(2):
        if not isinstance(content, Mapping):
            break
        tensors = {k: v for k, v in content.items() if isinstance(v, Tensor) and isinstance(k, str)}
        if tensors:
            for name, value in tensors.items():
                # A tensor can repeat one number without end.
                if value.layout != torch.strided or value.untyped_storage().nbytes() < value.nbytes:
                    raise OfficialCheckpointError(f"{told(name)} is larger than what the file has of it")
            prefix = "weights."
            return {name.removeprefix(prefix): value for name, value in tensors.items()}
        content = next((content[key] for key in _WRAPPERS if key in content), None)
    raise OfficialCheckpointError("holds no tensors by name; expected a state dict")


def _our_name(name: str) -> str | None:
    for pattern, replacement in _NAMES:
        if re.fullmatch(pattern, name):
            return re.sub(pattern, replacement, name)
    return None


def _their_name(ours: str) -> str:
    """Only for messages: the authors' name of a parameter of ours."""
    for pattern, replacement in _NAMES:
        found = re.fullmatch(re.sub(r"\\\d", "(.+)", replacement.replace(".", r"\.")), ours)
        if found:
            parts = iter(found.groups())
            return re.sub(r"\([^)]*\)", lambda _: next(parts), pattern).replace("\\.", ".")  # noqa: B023
    return ours


def _read_config(theirs: Mapping[str, Tensor], strides: Sequence[int] | None) -> STGATConfig:
    stem = _need(theirs, "input_map.0.weight", 4)
    classifier = _need(theirs, "fc.weight", 2)
    indices = sorted(
        {int(found[1]) for name in theirs if (found := re.match(r"graph_layers\.(\d+)\.", name))}
    )
    if not indices or indices != list(range(len(indices))):
        raise OfficialCheckpointError(
            f"blocks graph_layers.0, .1, ... are expected, found {indices or 'none'}"
        )

    table = _need(theirs, "graph_layers.0.attention0s", 4)
    S, rows, V = table.shape[1:]
    if V not in _LAYOUT_OF_JOINTS or rows != WINDOW * V:
        known = ", ".join(str(joints) for joints in _LAYOUT_OF_JOINTS)
        raise OfficialCheckpointError(
            f"graph_layers.0.attention0s has shape {list(table.shape)}: "
            f"expected (1, S, {WINDOW} * V, V) with V one of {known}"
        )
    widths = []
    for i in indices:
        key = _need(theirs, f"graph_layers.{i}.in_nets.weight", 4)
        widths.append((key.shape[1], key.shape[0]))
    if strides is None:
        strides = [_guess_stride(theirs, i, widths[i]) for i in indices]
    elif len(strides) != len(indices):
        raise OfficialCheckpointError(f"{len(strides)} strides were given for {len(indices)} blocks")
    try:
        return STGATConfig(
            num_classes=classifier.shape[0],
            layout=_LAYOUT_OF_JOINTS[V],
            in_channels=stem.shape[1],
            blocks=tuple((*width, stride) for width, stride in zip(widths, strides, strict=True)),
            num_heads=S,
            frame_weighting="u_mod_w",
        )
    except ValueError as error:
        raise OfficialCheckpointError(f"its sizes make no STGAT: {error}") from None


def _guess_stride(theirs: Mapping[str, Tensor], i: int, width: tuple[int, int]) -> int:
    if f"graph_layers.{i}.downt2.0.weight" not in theirs:
        return 1
    here, after = (theirs.get(f"graph_layers.{j}.pes.pe") for j in (i, i + 1))
    if here is not None and after is not None and here.ndim == after.ndim == 4 and after.shape[2]:
        return max(1, round(here.shape[2] / after.shape[2]))
    return 2 if width[0] != width[1] else 1


def _need(theirs: Mapping[str, Tensor], name: str, ndim: int) -> Tensor:
    value = theirs.get(name)
    if value is None:
        raise OfficialCheckpointError(f"{name} is missing, without which it is no STGAT checkpoint")
    if value.ndim != ndim:
        raise OfficialCheckpointError(f"{name} has shape {list(value.shape)}, expected {ndim} dimensions")
    return value


def _list_problems(problems: Sequence[str], limit: int = 8) -> str:
    shown = "; ".join(problems[:limit])
    return shown if len(problems) <= limit else f"{shown}; and {len(problems) - limit} more"
