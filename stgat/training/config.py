"""What a training run is told, from a YAML file and `key=value` overrides."""

from __future__ import annotations

import difflib
from pathlib import Path
from typing import Any, Literal, Self, get_args, get_origin

import yaml
from pydantic import BaseModel, ConfigDict, Field, ValidationError, model_validator

from stgat.data.labelled import DataConfig
from stgat.errors import ConfigError
from stgat.model import FrameWeighting, STGATConfig
from stgat.preprocessing import Preprocessing
from stgat.retarget import ONE_BODY
from stgat.skeleton import NTU25


class _Section(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class ModelConfig(_Section):
    blocks: tuple[tuple[int, int, int], ...]
    num_heads: int = 8
    frame_weighting: FrameWeighting = "u_div_v"
    dropout: float = 0.0


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
    tilt_deg: standard deviation of the camera's pitch and roll.
    yaw_deg: largest turn left over after normalisation.
    depth: range of the factor on depth, in half of the windows.
    bend_deg: how far each part of the body is held from where it was seen, through the whole window.
    jitter_m, drift_m: standard deviation of each joint's error from frame to frame, and of its slow part.
    mirror: swap left and right in half of the windows, by `mirror_labels` where that changes the action.
    """

    window_s: tuple[float, float] = (1.2, 2.8)
    tight_share: float = Field(default=0.5, ge=0, le=1)
    tilt_deg: float = Field(default=6.0, ge=0, le=45)
    yaw_deg: float = Field(default=20.0, ge=0, le=180)
    depth: tuple[float, float] = (0.3, 1.2)
    bend_deg: BendConfig = BendConfig()
    jitter_m: float = Field(default=0.005, ge=0)
    drift_m: float = Field(default=0.015, ge=0)
    mirror: bool = True


class TrainConfig(_Section):
    """One training run: data, network, optimiser. See configs/ for examples."""

    name: str
    seed: int = 0
    data: tuple[DataConfig, ...] = Field(min_length=1)
    preprocessing: Preprocessing = Preprocessing()
    model: ModelConfig
    augment: AugmentConfig = AugmentConfig()
    mirror_labels: dict[str, str] = {}
    epochs: int = Field(default=40, ge=1)
    batch_size: int = Field(default=16, ge=2)
    learning_rate: float = Field(default=0.05, gt=0)
    weight_decay: float = Field(default=5e-4, ge=0)
    warmup_epochs: float = Field(default=3, ge=0)
    label_smoothing: float = Field(default=0.1, ge=0, lt=1)
    ema_decay: float = Field(default=0.995, ge=0, lt=1)
    clip_norm: float = Field(default=5.0, gt=0)
    precision: Literal["fp32", "bf16"] = "bf16"
    threads: int = Field(default=1, ge=1)
    device: str = "auto"

    @property
    def labels(self) -> tuple[str, ...]:
        """The class names, in the order in which the data sets' tables first name them."""
        return tuple(dict.fromkeys(label for data in self.data for label in data.labels.values()))

    @property
    def network(self) -> STGATConfig:
        """The network that is trained."""
        return STGATConfig(
            num_classes=len(self.labels), layout=self.preprocessing.layout, **self.model.model_dump()
        )

    @model_validator(mode="after")
    def _can_be_trained(self) -> Self:
        # The readers' sequences come so, whatever is asked for; live windows would be prepared otherwise.
        if (self.preprocessing.layout, self.preprocessing.body) != (NTU25.name, ONE_BODY):
            raise ValueError(f"preprocessing: networks are trained on layout {NTU25.name}, body {ONE_BODY}")
        try:
            _ = self.network
        except ValidationError as error:
            raise ValueError(f"model: {_message(error.errors()[0])}") from None
        return self


def load_config(path: Path, overrides: list[str] | None = None) -> TrainConfig:
    """Read a YAML file and apply overrides such as `epochs=5` or `data.0.path=downloads/nw-ucla.zip`.

    Raises ConfigError for a file that is missing or no YAML, and for unknown keys, naming the nearest.
    """
    try:
        text = path.read_text(encoding="utf-8")
    except OSError as error:
        raise ConfigError(f"{path}: {error.strerror or error}") from error
    except UnicodeDecodeError as error:
        raise ConfigError(f"{path}: not a text file ({error.reason})") from error
    content = _parse(text, str(path))
    if not isinstance(content, dict):
        raise ConfigError(f"{path}: expected keys and values")
    for override in overrides or []:
        key, separator, value = override.partition("=")
        if not separator:
            raise ConfigError(f"{override!r}: expected key=value")
        _set(content, key.strip().split("."), _parse(value, repr(override)), override)
    try:
        return TrainConfig.model_validate(content)
    except ValidationError as error:
        raise ConfigError("\n".join(f"{path}: {_explain(item)}" for item in error.errors())) from error


def _parse(text: str, where: str) -> Any:
    try:
        return yaml.safe_load(text)
    except yaml.YAMLError as error:
        reason = " ".join(str(error).split())
        raise ConfigError(f"{where}: not readable as YAML: {reason}") from error


def _set(content: Any, keys: list[str], value: object, override: str) -> None:
    *parents, last = keys
    try:
        for key in parents:
            content = content[int(key)] if isinstance(content, list) else content.setdefault(key, {})
        if isinstance(content, list):
            content[int(last)] = value
        else:
            content[last] = value
    except (TypeError, ValueError, IndexError, AttributeError):
        raise ConfigError(f"{override!r}: no such place in the configuration") from None


def _explain(item: Any) -> str:
    place = ".".join(str(part) for part in item["loc"])
    if item["type"] != "extra_forbidden":
        return f"{place}: {_message(item)}" if place else _message(item)
    near = difflib.get_close_matches(
        str(item["loc"][-1]), _known_keys(TrainConfig, list(item["loc"][:-1])), n=1
    )
    return f"{place}: unknown key" + (f"; did you mean {near[0]}?" if near else "")


def _message(item: Any) -> str:
    return item["msg"].removeprefix("Value error, ")


def _known_keys(model: type[BaseModel], place: list[int | str]) -> list[str]:
    for part in place:
        if isinstance(part, int):
            continue
        field = model.model_fields.get(part)
        kinds = [field.annotation] if field else []
        while kinds and get_origin(kinds[0]):
            kinds = list(get_args(kinds[0]))
        if not kinds or not (isinstance(kinds[0], type) and issubclass(kinds[0], BaseModel)):
            return []
        model = kinds[0]
    return list(model.model_fields)
