"""What a training run is told. stgat.training.load_config reads it from a YAML file."""

from __future__ import annotations

from pathlib import Path
from typing import Literal, Self

from pydantic import BaseModel, ConfigDict, Field, ValidationError, field_validator, model_validator

from stgat.data.idle import IdleConfig
from stgat.data.labelled import DataConfig
from stgat.labels import IDLE
from stgat.model import CausalConfig, FrameWeighting, STGATConfig
from stgat.networks import check_causal
from stgat.preprocessing import Preprocessing
from stgat.retarget import ONE_BODY
from stgat.skeleton import NTU25

#: What makes an action: one hand, both hands, the legs, the trunk, or all of the body.
Parts = Literal["hand", "hands", "legs", "trunk", "body"]


class _Section(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid", allow_inf_nan=False)


class ModelConfig(_Section):
    blocks: tuple[tuple[int, int, int], ...]
    num_heads: int = 8
    frame_weighting: FrameWeighting = "u_div_v"
    dropout: float = 0.0
    causal: CausalConfig | None = None


class BendConfig(_Section):
    """Standard deviation in degrees, about each axis, of the turn a part of the body is given."""

    spine: float = Field(default=0.0, ge=0, le=90)
    head: float = Field(default=0.0, ge=0, le=90)
    arms: float = Field(default=0.0, ge=0, le=90)
    legs: float = Field(default=0.0, ge=0, le=90)
    feet: float = Field(default=0.0, ge=0, le=90)


class AugmentConfig(_Section):
    """Ranges of the random changes made to a training window.

    window_s: shortest and longest stretch of time a window is cut to.
    tight_share: how many windows are cut to the clip itself instead.
    moment_share: windows that are named for a moment, as live, and lie around it as the preprocessing's
        lookahead_s says, up to a fifth longer or shorter; the others hold what they can of the action.
    first_moment: how much of an action is over, as a share, at the first moment that is named.
    joined_share: trimmed clips that are joined with others (stgat.training.surroundings).
    idle_share: how many moments lie before or after an action, where that is known; the others lie in it.
    frames_per_second: slowest and fastest camera; null for the data set's own.
    tilt_deg: standard deviation of the camera's pitch and roll. pitch_deg: largest further pitch.
    yaw_deg: largest turn left over after normalisation.
    depth: range of the factor on depth, in half of the windows.
    flat_share: windows without any depth at all.
    bend_deg: how far each part of the body is held from where it was seen, through the whole window.
    jitter_m, drift_m: standard deviation of each joint's error from frame to frame, and of its slow part,
        across the picture; twice that in depth.
    root_drift_m: standard deviation of the slow error of where somebody stands; in depth five times that.
    root_still_share: windows in which nobody leaves their place.
    smooth_s: largest standard deviation of a smoothing in time; an estimate from video jitters less than a
        depth sensor.
    unseen_legs, unseen_arm: windows in which both legs, or one arm, are out of the picture.
    mirror: swap left and right in half of the windows, by `mirror_labels` where that changes the action.
    other_arms, seated: windows in which arms that have no part in the action are held as somebody else holds
        them, and in which the legs are those of somebody who sits (stgat.training.recombine).
    amplitude_share, amplitude: windows whose motion is made smaller or larger, and the range of the factor.
    """

    window_s: tuple[float, float] = (1.2, 2.8)
    tight_share: float = Field(default=0.5, ge=0, le=1)
    moment_share: float = Field(default=0.0, ge=0, le=1)
    first_moment: float = Field(default=0.0, ge=0, le=1)
    joined_share: float = Field(default=0.0, ge=0, le=1)
    idle_share: float = Field(default=0.25, ge=0, le=1)
    frames_per_second: tuple[float, float] | None = None
    tilt_deg: float = Field(default=6.0, ge=0, le=45)
    pitch_deg: float = Field(default=0.0, ge=0, le=60)
    yaw_deg: float = Field(default=20.0, ge=0, le=180)
    depth: tuple[float, float] = (0.3, 1.2)
    flat_share: float = Field(default=0.0, ge=0, le=1)
    bend_deg: BendConfig = BendConfig()
    jitter_m: float = Field(default=0.005, ge=0)
    drift_m: float = Field(default=0.015, ge=0)
    root_drift_m: float = Field(default=0.0, ge=0)
    root_still_share: float = Field(default=0.0, ge=0, le=1)
    smooth_s: float = Field(default=0.0, ge=0, le=1)
    unseen_legs: float = Field(default=0.0, ge=0, le=1)
    unseen_arm: float = Field(default=0.0, ge=0, le=1)
    mirror: bool = True
    other_arms: float = Field(default=0.0, ge=0, le=1)
    seated: float = Field(default=0.0, ge=0, le=1)
    amplitude_share: float = Field(default=0.0, ge=0, le=1)
    amplitude: tuple[float, float] = (0.4, 1.1)


class ClipAugmentConfig(_Section):
    """Ranges of the random changes made to a trimmed clip; all of them off by default.

    Data whose third coordinate is a confidence (Kinetics-Skeleton) refuse turns, tilts, sizes and jitter.

    crop: shortest and longest share of the clip that is taken and played over the network's frames, and so
        also the range of its speed; above 1 the first or last pose is held.
    turn_deg: largest turn about the vertical. tilt_deg: largest turn about each other axis.
    scale: largest change of size, as a share, of the whole body; half as much again along each axis.
    jitter: standard deviation of each joint's error in each frame, in units of the normalised skeleton.
    drop_joints: share of joints that are lost, zero in the network's input, for a whole window.
    mirror: share of clips in which left and right change places; only for actions that stay what they are.
    """

    crop: tuple[float, float] = (1.0, 1.0)
    turn_deg: float = Field(default=0.0, ge=0, le=180)
    tilt_deg: float = Field(default=0.0, ge=0, le=180)
    scale: float = Field(default=0.0, ge=0, lt=1)
    jitter: float = Field(default=0.0, ge=0, le=1)
    drop_joints: float = Field(default=0.0, ge=0, lt=1)
    mirror: float = Field(default=0.0, ge=0, le=1)

    @model_validator(mode="after")
    def _ordered(self) -> Self:
        low, high = self.crop
        if not 0.05 <= low <= high <= 2.0:
            raise ValueError(f"crop: expected 0.05 <= shortest <= longest <= 2, got {low} and {high}")
        return self


class PreparedDataConfig(_Section):
    """A data set that `prepare` wrote, and which part of it is trained on.

    path: its folder. split: a name of stgat.data.splits. holdout_subjects: training subjects that form the
    validation part instead. residence: where the joints are kept during training; "auto" is the device
    when they fit, else they are read from the disk as they are needed.
    """

    path: Path
    split: str
    holdout_subjects: tuple[int, ...] = ()
    residence: Literal["auto", "device", "disk"] = "auto"


class TrainConfig(_Section):
    """What every training run is told: network, optimiser, machine. See configs/ for examples.

    batch_size: over all processes together.
    schedule: "cosine" falls to zero over the run; "steps" divides the rate by ten at each of `milestones`.
        Both follow `warmup_epochs` of linear growth.
    decay: what weight decay acts on: "weights" alone, or "all" parameters.
    ema_decay: of the averaged copy of the weights, which is what is measured and saved; 0 for none.
    clip_norm: the gradient's largest norm; null for no limit.
    pretrained: a checkpoint whose weights the run begins with (stgat.training.pretrained).
    compile: torch.compile; "auto" where there is a GPU and what it needs (stgat.training.compiling).
    absent_people: "once" computes one absent person for all of a batch (stgat.training.absent), "each" every
        one, which takes longer and gives the same; so it is where `compile` or several processes are at work.
    devices: processes on this machine, each with a GPU or CPU cores of its own; under torchrun, torchrun's
        number counts.
    """

    name: str = Field(min_length=1, max_length=200)
    seed: int = Field(default=0, ge=0, lt=2**63)
    model: ModelConfig
    pretrained: Path | None = None
    epochs: int = Field(default=40, ge=1, le=1_000_000)
    batch_size: int = Field(default=16, ge=2, le=1_000_000)
    optimizer: Literal["sgd", "adamw"] = "sgd"
    learning_rate: float = Field(default=0.05, gt=0)
    schedule: Literal["cosine", "steps"] = "cosine"
    milestones: tuple[int, ...] = ()
    weight_decay: float = Field(default=5e-4, ge=0)
    decay: Literal["weights", "all"] = "weights"
    warmup_epochs: float = Field(default=3, ge=0)
    label_smoothing: float = Field(default=0.1, ge=0, lt=1)
    ema_decay: float = Field(default=0.995, ge=0, lt=1)
    clip_norm: float | None = Field(default=5.0, gt=0)
    precision: Literal["fp32", "bf16"] = "bf16"
    compile: Literal["auto", True, False] = "auto"
    absent_people: Literal["once", "each"] = "once"
    threads: int = Field(default=1, ge=1, le=1024)
    device: str = "auto"
    devices: int = Field(default=1, ge=1, le=1024)

    @field_validator("name")
    @classmethod
    def _can_be_shown(cls, name: str) -> str:
        if not name.isprintable():
            raise ValueError("holds characters that cannot be shown")
        return name

    @model_validator(mode="after")
    def _schedule_fits(self) -> Self:
        if bool(self.milestones) != (self.schedule == "steps"):
            raise ValueError("milestones: needed with schedule: steps, and only there")
        return self

    def network(self, num_classes: int, layout: str) -> STGATConfig:
        """The network that is trained. Raises ValueError."""
        return STGATConfig(num_classes=num_classes, layout=layout, **self.model.model_dump())


class PooledTrainConfig(TrainConfig):
    """A run on windows in seconds of several raw data sets, on one body: what a webcam will deliver.

    idle: adds the class "idle", of rest in all data sets. A `label_table` beside these keys, which
    stgat.training.load_config reads, is where the data sets' labels come from unless they have their own,
    and so are the parts: what of the body makes each action; all of it where nothing is said.
    """

    data: tuple[DataConfig, ...] = Field(min_length=1)
    preprocessing: Preprocessing = Preprocessing()
    augment: AugmentConfig = AugmentConfig()
    mirror_labels: dict[str, str] = {}
    idle: IdleConfig | None = None
    parts: dict[str, Parts] = {}

    @property
    def labels(self) -> tuple[str, ...]:
        """The class names, in the order in which the data sets' tables first name them; "idle" comes last."""
        named = dict.fromkeys(label for data in self.data for label in data.labels.values())
        return (*named, IDLE) if self.idle is not None and IDLE not in named else tuple(named)

    @model_validator(mode="after")
    def _can_be_trained(self) -> Self:
        # The readers' sequences come so, whatever is asked for; live windows would be prepared otherwise.
        if (self.preprocessing.layout, self.preprocessing.body) != (NTU25.name, ONE_BODY):
            raise ValueError(f"preprocessing: networks are trained on layout {NTU25.name}, body {ONE_BODY}")
        if self.augment.moment_share and self.preprocessing.lookahead_s is None:
            raise ValueError(
                "augment.moment_share: needs preprocessing.lookahead_s, which says where it lies"
            )
        if self.augment.joined_share and self.idle is None:
            raise ValueError("augment.joined_share: needs idle, the class of the ways between two clips")
        _check_network(self, len(self.labels), self.preprocessing)
        return self


class PreparedTrainConfig(TrainConfig):
    """A run on the trimmed clips of one prepared data set.

    preprocessing: its layout follows from the data and need not be given; its body is "as-measured" unless
    given. sampling: which frames of a clip the network sees. "clip" spreads its frames over the clip, or over
    a random part of it in training, by interpolation; "drawn" is the authors': drawn_frames of those with a
    body, in order, at random in training and evenly in tests, then a crop, at random or in the middle.
    """

    data: PreparedDataConfig
    preprocessing: Preprocessing = Preprocessing(body="as-measured")
    augment: ClipAugmentConfig = ClipAugmentConfig()
    sampling: Literal["clip", "drawn"] = "clip"
    drawn_frames: int = Field(default=150, ge=4, le=4096)

    @field_validator("preprocessing", mode="before")
    @classmethod
    def _as_measured(cls, given: object) -> object:
        # A section that says other things leaves this default as it is.
        return {"body": "as-measured", **given} if isinstance(given, dict) else given

    @model_validator(mode="after")
    def _can_be_trained(self) -> Self:
        _check_network(self, 2, self.preprocessing)
        if self.sampling == "drawn" and self.augment.crop != (1.0, 1.0):
            raise ValueError("augment.crop: has no place beside sampling: drawn, which crops in its own way")
        if self.sampling == "drawn" and self.drawn_frames < self.preprocessing.num_frames:
            raise ValueError(
                f"drawn_frames: {self.drawn_frames} are too few to crop {self.preprocessing.num_frames}"
            )
        return self


def _check_network(config: TrainConfig, num_classes: int, preprocessing: Preprocessing) -> None:
    try:
        network = config.network(num_classes, preprocessing.layout)
    except ValidationError as error:
        reason = error.errors()[0]["msg"].removeprefix("Value error, ")
        raise ValueError(f"model: {reason}") from None
    check_causal(network, preprocessing)


AnyTrainConfig = PooledTrainConfig | PreparedTrainConfig
