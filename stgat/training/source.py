"""Where a run's windows come from: trimmed clips of a prepared set, or windows of pooled raw sets."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor

import numpy as np
import torch
from torch import Tensor

from stgat.data.labelled import DataConfig, load_sequences
from stgat.data.prepared import open_prepared
from stgat.data.splits import split_dataset
from stgat.errors import ConfigError, TrainingError
from stgat.labels import IDLE
from stgat.model import STGAT
from stgat.normalize import VERTICAL
from stgat.preprocessing import Preprocessing
from stgat.retarget import LAYOUTS, ONE_BODY
from stgat.skeleton import NTU25, get_layout
from stgat.training.augment import training_window
from stgat.training.clips import open_clips, prepare_clip
from stgat.training.config import ClipAugmentConfig, Parts, PooledTrainConfig, PreparedTrainConfig
from stgat.training.evaluate import Evaluation, evaluate
from stgat.training.recombine import Recombination
from stgat.training.sampling import Augmentation, drawn, generators, spread
from stgat.training.scoring import WholeClips, as_input, score
from stgat.training.surroundings import Surroundings

Batch = tuple[Tensor, Tensor]


class Source(ABC):
    """The data of one run.

    labels: the class names in the order of the logits. people: M of the network's input.
    preprocessing: with the layout that the network sees. num_train: clips or sequences in an epoch.
    """

    labels: tuple[str, ...]
    preprocessing: Preprocessing
    people: int
    num_train: int

    def __init__(self, batch_size: int) -> None:
        self.batch_size = batch_size

    @property
    @abstractmethod
    def steps_per_epoch(self) -> int:
        """Batches in an epoch."""

    @abstractmethod
    def batches(self, epoch: int, first: int = 0, rank: int = 0, world: int = 1) -> Iterator[Batch]:
        """An epoch from its batch `first` on: inputs (n, C, T, V, M) and labels (n,).

        n is this process's share of the batch. What is drawn depends on seed, epoch and batch alone.
        """

    @abstractmethod
    def evaluate(self, model: STGAT, part: str) -> Evaluation | None:
        """The network's scores on the "validation" or "test" part; None where there is none."""

    @abstractmethod
    def describe(self) -> tuple[str, str]:
        """What the data are and their licence, for the checkpoint."""


class PreparedSource(Source):
    """Trimmed clips of a prepared data set, sampled and augmented on the device.

    Raises DataError for unusable data, ConfigError where data and config do not fit together.
    """

    def __init__(self, config: PreparedTrainConfig, device: torch.device) -> None:
        self._config = config
        dataset = open_prepared(config.data.path)
        self._info, self._samples = dataset.info, dataset.samples
        self._split = split_dataset(dataset, config.data.split, config.data.holdout_subjects)
        self.labels = dataset.info.labels
        self.people = min(int(dataset.samples.people.max()), 2)
        self.num_train = len(self._split.train)
        super().__init__(min(config.batch_size, self.num_train))
        self.preprocessing = with_layout(config.preprocessing, dataset.info.layout)
        check_augment(config.augment, dataset.info.layout)
        self._layout = get_layout(self.preprocessing.layout)
        self._targets = torch.from_numpy(dataset.samples.label).to(device)
        self._clips = open_clips(dataset, self.preprocessing, self.people, device, config.data.residence)
        self._whole = WholeClips(self._clips, self.preprocessing, config.sampling, config.drawn_frames)

    @property
    def steps_per_epoch(self) -> int:
        return self.num_train // self.batch_size

    def batches(self, epoch: int, first: int = 0, rank: int = 0, world: int = 1) -> Iterator[Batch]:
        order = np.random.default_rng((self._config.seed, epoch)).permutation(self._split.train)
        share = self.batch_size // world
        mine = slice(rank * share, (rank + 1) * share)

        def make(step: int) -> Batch:
            clips = torch.from_numpy(order[step * self.batch_size : (step + 1) * self.batch_size])
            return self._training_batch(clips, mine, (self._config.seed, epoch, step))

        return ahead(make, range(first, self.steps_per_epoch))

    def _training_batch(self, clips: Tensor, mine: slice, key: tuple[int, ...]) -> Batch:
        config, device = self._config, self._clips.device
        generator, noise = generators(device, *key)
        vertical = VERTICAL[self.preprocessing.normalization]
        changes = Augmentation(config.augment, len(clips), self._layout, vertical, generator)
        lengths = self._clips.lengths[clips.to(device)]
        T = self.preprocessing.num_frames
        if config.sampling == "drawn":
            positions = drawn(lengths, config.drawn_frames, T, generator)
        else:
            positions = spread(lengths, T, changes.start.to(device), changes.length.to(device))
        joints = self._clips.frames(clips[mine], positions.of(mine))
        inputs = as_input(changes.apply(joints, mine, noise), self.preprocessing)
        return changes.lose_joints(inputs, mine), self._targets[clips[mine].to(device)]

    def test_batch(self, clips: Tensor) -> Tensor:
        """Whole clips as the network sees them: (n, C, T, V, M)."""
        return self._whole.inputs(clips)

    def evaluate(self, model: STGAT, part: str) -> Evaluation | None:
        rows = self._split.validation if part == "validation" else self._split.test
        if not len(rows):
            return None
        return Evaluation(
            scores=score(model, self._whole, torch.from_numpy(rows)),
            labels=self._samples.label[rows],
            names=tuple(self._samples.names[i] for i in rows),
            label_names=self.labels,
            datasets=(self._info.format,) * len(rows),
        )

    def describe(self) -> tuple[str, str]:
        held_out = " ".join(map(str, self._config.data.holdout_subjects)) or "none"
        return (
            f"{self._info.title}, split {self._config.data.split}, {len(self._split.train)} training, "
            f"{len(self._split.validation)} validation (subjects {held_out}) and "
            f"{len(self._split.test)} test clips; seed {self._config.seed}",
            f"{self._info.title}: {self._info.licence}",
        )


class PooledSource(Source):
    """Windows in seconds of several raw data sets on one body, made as a webcam would deliver them.

    Sequences are drawn with a weight of one over the root of their class's size, so that rare actions are
    seen. Raises DataError for unusable data.
    """

    people = 1

    def __init__(self, config: PooledTrainConfig, device: torch.device) -> None:
        self._config, self._device = config, device
        self.labels = config.labels
        self.preprocessing = config.preprocessing
        self._data = load_sequences(config.data, config.labels, config.idle)
        self._train = self._data.train
        self.num_train = len(self._train)
        super().__init__(min(config.batch_size, self.num_train))
        classes = np.array([sequence.label for sequence in self._train])
        weights = 1.0 / np.sqrt(np.bincount(classes)[classes])
        self._weights = weights / weights.sum()
        self._mirrored = mirrored_classes(config)
        parts = [parts_of(config, label) for label in self.labels]
        self._recombination = Recombination(parts, (sequence.joints_m for sequence in self._train))
        self._surroundings = (
            Surroundings(self._train, self.labels.index(IDLE)) if config.augment.joined_share else None
        )

    @property
    def steps_per_epoch(self) -> int:
        return self.num_train // self.batch_size

    def batches(self, epoch: int, first: int = 0, rank: int = 0, world: int = 1) -> Iterator[Batch]:
        config = self._config
        order = np.random.default_rng((config.seed, epoch))
        picked = order.choice(self.num_train, size=self.num_train, p=self._weights)

        def make(step: int) -> Batch:
            batch = range(step * self.batch_size, (step + 1) * self.batch_size)
            examples = [
                training_window(
                    self._train[picked[i]], config.preprocessing, config.augment, self._mirrored,
                    np.random.default_rng((config.seed, epoch, i)), self._recombination, self._surroundings,
                )
                for i in batch[rank::world]
            ]  # fmt: skip
            inputs = torch.from_numpy(np.stack([window for window, _ in examples]))
            labels = torch.tensor([label for _, label in examples])
            return inputs.to(self._device), labels.to(self._device)

        return ahead(make, range(first, self.steps_per_epoch))

    def evaluate(self, model: STGAT, part: str) -> Evaluation | None:
        return evaluate(model, self._data.test, self.preprocessing, self.labels) if part == "test" else None

    def describe(self) -> tuple[str, str]:
        data = "; ".join(f"{item.format}, held-out subjects {held_out(item)}" for item in self._config.data)
        return (
            f"{data}; {self.num_train} training and {len(self._data.test)} held-out sequences, "
            f"{len(self._data.rejected)} unusable; seed {self._config.seed}",
            "; ".join(f"{item.format}: {item.licence}" for item in self._config.data),
        )


def parts_of(config: PooledTrainConfig, label: str) -> Parts:
    """What of the body makes a class; who rests may hold the arms in any way."""
    return config.parts.get(label, "legs" if label == IDLE else "body")


def held_out(data: DataConfig) -> str:
    """The subjects of a data set that are not trained on, in words."""
    return (
        data.test_subjects
        if isinstance(data.test_subjects, str)
        else " ".join(map(str, data.test_subjects)) or "none"
    )


def open_source(config: PooledTrainConfig | PreparedTrainConfig, device: torch.device) -> Source:
    """The data that a config names. Raises DataError and ConfigError."""
    if isinstance(config, PooledTrainConfig):
        return PooledSource(config, device)
    return PreparedSource(config, device)


def with_layout(preprocessing: Preprocessing, layout: str) -> Preprocessing:
    """The preprocessing for data of a layout. Raises ConfigError where they do not fit together."""
    seen = NTU25.name if preprocessing.body == ONE_BODY else layout
    if "layout" in preprocessing.model_fields_set and preprocessing.layout != seen:
        raise ConfigError(
            f"preprocessing.layout: {preprocessing.layout}, but the data are {layout}, which a network with "
            f"body {preprocessing.body} sees as {seen}; leave the key out"
        )
    fitting = preprocessing.model_copy(update={"layout": seen})
    try:
        prepare_clip(np.ones((1, 1, get_layout(layout).num_joints, 3)), fitting, layout)
    except ValueError as error:
        raise ConfigError(f"preprocessing: {error}; choose another body or normalization") from error
    return fitting


def check_augment(augment: ClipAugmentConfig, layout: str) -> None:
    """Raises ConfigError for changes in space where the third coordinate is none: a pose's confidence."""
    changes = [name for name in ("turn_deg", "tilt_deg", "scale", "jitter") if getattr(augment, name)]
    if changes and layout not in LAYOUTS:
        raise ConfigError(
            f"augment.{changes[0]}: the data are {layout}, whose third coordinate is a confidence and no "
            "place; leave the key out"
        )


def mirrored_classes(config: PooledTrainConfig) -> np.ndarray:
    """(K,) the class that each class is in a mirror. Raises TrainingError for a name that is no label."""
    labels = list(config.labels)
    pairs = {**config.mirror_labels, **{b: a for a, b in config.mirror_labels.items()}}
    for name in pairs:
        if name not in labels:
            raise TrainingError(f"mirror_labels names {name!r}, which is no label of this run")
    return np.array([labels.index(pairs.get(label, label)) for label in labels])


def ahead(make: Callable[[int], Batch], steps: range) -> Iterator[Batch]:
    """make(step) for each step, the next one made in another thread while one is used."""
    with ThreadPoolExecutor(1, "batches") as pool:
        waiting = [pool.submit(make, step) for step in steps[:1]]
        for step in steps[1:]:
            batch = waiting.pop().result()
            waiting.append(pool.submit(make, step))
            yield batch
        if waiting:
            yield waiting.pop().result()
