"""The training loop, and a run that can be ended anywhere and continued from there."""

from __future__ import annotations

import math
import threading
import time
from collections import deque
from copy import deepcopy
from pathlib import Path

import numpy as np
import torch
import torch.nn.functional as F
from lightning_fabric import Fabric
from pydantic import ValidationError
from torch import Tensor, nn

from stgat.checkpoint import Checkpoint, Metadata, load_checkpoint
from stgat.device import choose_device
from stgat.errors import TrainingError, TrainingStopped
from stgat.networks import build
from stgat.training.compiling import failures_told
from stgat.training.config import AnyTrainConfig
from stgat.training.curves import Curves
from stgat.training.distributed import (
    for_training,
    one_fate,
    open_fabric,
    parting,
    share_batch_norm,
    total,
)
from stgat.training.interrupts import interrupts
from stgat.training.kept_memory import kept_memory
from stgat.training.optimization import learning_rate, make_optimizer, update_average
from stgat.training.pretrained import begin_with
from stgat.training.progress import Progress, Report
from stgat.training.run_folder import BEST, Place, RunFolder
from stgat.training.source import Source, open_source

SAVE_EVERY_S = 300.0


def train(
    config: AnyTrainConfig,
    report: Report = lambda progress: None,
    folder: Path | None = None,
    resume: bool = False,
) -> Checkpoint:
    """Train as the config says.

    The result is the averaged network of the epoch that was best on the validation part, or of the last one
    where there is no such part. The test part is looked at once, at the end.

    folder: where the run is kept (stgat.training.run_folder); with resume it goes on there, to the same
        weights as if it had never been ended.

    Raises ConfigError and DataError for what cannot be trained, DeviceError for a missing device,
    TrainingError where the loss is no longer a number, TrainingStopped after Ctrl-C.
    """
    torch.set_num_threads(config.threads)
    torch.manual_seed(config.seed)
    device = choose_device(config.device)
    fabric = open_fabric(config, device)
    with kept_memory(), parting(fabric):
        return _train(config, fabric, report, folder, resume)


def _train(
    config: AnyTrainConfig, fabric: Fabric, report: Report, folder: Path | None, resume: bool
) -> Checkpoint:
    source = open_source(config, fabric.device)
    if source.batch_size % fabric.world_size:
        raise TrainingError(
            f"{source.num_train} training samples make a batch that {fabric.world_size} processes cannot "
            "share equally; use fewer processes"
        )
    config = config.model_copy(update={"preprocessing": source.preprocessing})  # the layout with it
    with one_fate(fabric):
        run = RunFolder(folder, config, resume) if folder is not None and fabric.is_global_zero else None
    trainer = _Trainer(config, source, fabric, run, report)
    if resume and folder is not None:
        trainer.resume(run or RunFolder(folder, config, resume=True, reads_only=True))
    trainer.fit()
    return trainer.finish()


class _Trainer:
    def __init__(
        self, config: AnyTrainConfig, source: Source, fabric: Fabric, run: RunFolder | None, report: Report
    ) -> None:
        self.config, self.source, self.fabric, self.run, self.report = config, source, fabric, run, report
        describe(config, source, {})  # what no checkpoint can say is found out before, not after
        self.network = build(config.network(len(source.labels), source.preprocessing.layout))
        if config.pretrained is not None:
            begin_with(config.pretrained, self.network, tuple(source.labels))
        self.average = deepcopy(self.network).eval().requires_grad_(False).to(fabric.device)
        self.optimizer = make_optimizer(self.network, config)
        share_batch_norm(self.network, fabric)
        module = for_training(self.network, config, fabric)
        self.model, wrapped = fabric.setup(module, self.optimizer)
        self.wrapped_optimizer = wrapped
        self.place = Place()
        self.recent: deque[str] = deque(maxlen=4)
        self.best: Checkpoint | None = None  # where there is no folder to keep it in
        self.saved_at = time.monotonic()
        # On a GPU each look at a loss makes the host wait for it.
        self.check_every = 1 if fabric.device.type == "cpu" else 10

    def resume(self, run: RunFolder) -> None:
        self.place = run.load_state(self.network, self.average, self.optimizer)
        with one_fate(self.fabric):
            if self.run:
                self.run.keep_metrics(self.place.epoch)

    def fit(self) -> None:
        curves = Curves(self.run.path if self.run else None)
        with interrupts() as interrupted, curves:
            while self.place.epoch < self.config.epochs:
                self._run_epoch(interrupted)
                curves.add(self._end_epoch())
                # Last: an epoch that was killed before it is run again, one that was killed after it is not.
                self._save()

    def _run_epoch(self, interrupted: threading.Event) -> None:
        config, place, steps = self.config, self.place, self.source.steps_per_epoch
        self.model.train()
        started, waited, seen = time.monotonic(), 0.0, 0
        # Since the last look: the summed loss and right answers; and whether to stop, and to save.
        sums = torch.zeros(4, device=self.fabric.device)
        # A run that was ended after an epoch's last batch has only the epoch's end to do.
        rate = learning_rate(place.epoch + max(place.step - 1, 0) / steps, config)
        batches = self.source.batches(
            place.epoch, place.step, self.fabric.global_rank, self.fabric.world_size
        )
        while place.step < steps:
            asked = time.monotonic()
            inputs, labels = next(batches)
            waited += time.monotonic() - asked
            rate = learning_rate(place.epoch + place.step / steps, config)
            loss, right = self._step(inputs, labels, rate)
            sums[:2] += torch.stack((loss * len(labels), right))
            place.step += 1
            seen += self.source.batch_size
            last = place.step == steps
            if last or place.step % self.check_every == 0:
                sums[2] = interrupted.is_set()
                sums[3] = self.fabric.is_global_zero and time.monotonic() - self.saved_at > SAVE_EVERY_S
                loss_sum, right_sum, stop, save = total(self.fabric, sums).tolist()
                sums.zero_()
                fresh = place.step * self.source.batch_size - place.seen
                self._check(loss_sum / fresh, rate)
                place.loss, place.right = place.loss + loss_sum, place.right + right_sum
                place.seen += fresh
                elapsed = time.monotonic() - started
                if not last:
                    self._tell(rate, seen / elapsed, 100 * waited / elapsed)
                if stop:
                    place.seconds += elapsed
                    self._stop()
                if save:
                    self._save()
        elapsed = time.monotonic() - started
        place.seconds += elapsed
        self.pace = (rate, seen / max(elapsed, 1e-9), 100 * waited / max(elapsed, 1e-9))

    def _step(self, inputs: Tensor, labels: Tensor, rate: float) -> tuple[Tensor, Tensor]:
        """One step of the optimiser; the loss, and how many of this process's share were right."""
        config, place = self.config, self.place
        for group in self.optimizer.param_groups:
            group["lr"] = rate
        # Dropout draws from here: the same draws whether or not the run was ended in between.
        torch.manual_seed(step_seed(config.seed, place.epoch, place.step, self.fabric.global_rank))
        with failures_told():
            logits = self.model(inputs).float()
            loss = F.cross_entropy(logits, labels, label_smoothing=config.label_smoothing)
            self.wrapped_optimizer.zero_grad(set_to_none=True)
            self.fabric.backward(loss)
        norm = nn.utils.clip_grad_norm_(self.network.parameters(), config.clip_norm or math.inf)
        self.gradient_norm = norm
        self.wrapped_optimizer.step()
        step = place.epoch * self.source.steps_per_epoch + place.step
        update_average(self.average, self.network, min(config.ema_decay, (1 + step) / (10 + step)))
        return loss.detach(), (logits.argmax(dim=1) == labels).sum()

    def _check(self, loss: float, rate: float) -> None:
        """Before the weights are saved: neither the loss nor the gradient may have left the numbers."""
        norm = float(self.gradient_norm)
        if not (math.isfinite(loss) and math.isfinite(norm)):
            what = "gradient's norm" if math.isfinite(loss) else "loss"
            before = "; ".join(self.recent) or "nothing: it was the first step looked at"
            raise TrainingError(
                f"the {what} became {norm if math.isfinite(loss) else loss} in epoch {self.place.epoch + 1}, "
                f"step {self.place.step}, at learning rate {rate:.2g}. Before it: {before}. A smaller "
                "learning_rate, a longer warmup_epochs or precision=fp32 may help"
            )
        self.recent.append(f"step {self.place.step} loss {loss:.3f} gradient {norm:.2f}")

    def _tell(
        self, rate: float, pace: float, waiting: float, validation: dict[str, float] | None = None
    ) -> Progress:
        place, steps = self.place, self.source.steps_per_epoch
        seen = max(place.seen, 1)
        left = (self.config.epochs - place.epoch) * steps - place.step
        progress = Progress(
            epoch=place.epoch + 1,
            epochs=self.config.epochs,
            step=place.step,
            steps=steps,
            loss=place.loss / seen,
            top1=100 * place.right / seen,
            learning_rate=rate,
            samples_per_s=pace,
            waiting=waiting,
            seconds_left=left * self.source.batch_size / max(pace, 1e-9),
            validation=validation or {},
        )
        if self.fabric.is_global_zero:
            self.report(progress)
        return progress

    def _end_epoch(self) -> dict[str, float]:
        place = self.place
        with one_fate(self.fabric):
            validation = self._validate() if self.fabric.is_global_zero else {}
        progress = self._tell(*self.pace, validation)
        line = {
            "epoch": place.epoch + 1,
            "loss": progress.loss,
            "top1": progress.top1,
            "learning_rate": progress.learning_rate,
            "samples_per_s": progress.samples_per_s,
            "waiting_percent": progress.waiting,
            "seconds": place.seconds,
            **{f"validation_{name}": value for name, value in validation.items()},
        }
        if self.fabric.device.type == "cuda":
            line["peak_memory_bytes"] = torch.cuda.max_memory_allocated(self.fabric.device)
        with one_fate(self.fabric):
            if self.run:
                self.run.add_metrics(line)
        self.place = Place(
            epoch=place.epoch + 1, seconds=place.seconds, best=place.best, best_epoch=place.best_epoch
        )
        return line

    def _validate(self) -> dict[str, float]:
        """The averaged network's figures on the validation part; it is kept where it is the best so far."""
        place, result = self.place, self.source.evaluate(self.average, "validation")
        if result is None:
            return {}
        figures = result.metrics()
        loss = round(result.loss(), 4)
        if figures["top1"] > place.best:
            place.best, place.best_epoch = figures["top1"], place.epoch + 1
            self._keep_best({f"validation {name}": value for name, value in figures.items()})
        return {**figures, "loss": loss}

    def _save(self) -> None:
        with one_fate(self.fabric):
            if self.run:
                self.run.save_state(self.place, self.network, self.average, self.optimizer)
        self.saved_at = time.monotonic()

    def _stop(self) -> None:
        self._save()
        where = f"epoch {self.place.epoch + 1}, step {self.place.step} of {self.source.steps_per_epoch}"
        if self.run:
            raise TrainingStopped(f"stopped in {where}; the same command with --resume goes on from there")
        raise TrainingStopped(f"stopped in {where}")

    def _keep_best(self, metrics: dict[str, float]) -> None:
        metadata = describe(self.config, self.source, metrics)
        if self.run:
            self.run.save_best(self.average, metadata)
        else:
            self.best = Checkpoint(deepcopy(self.average), metadata)

    def finish(self) -> Checkpoint:
        """Measure the result on the test part and save it; the first process does."""
        with one_fate(self.fabric):
            if self.fabric.is_global_zero:
                return self._measure()
        return Checkpoint(self.average.cpu(), describe(self.config, self.source, {}))

    def _measure(self) -> Checkpoint:
        best, metrics = self.average, dict[str, float]()
        kept = load_checkpoint(self.run.path / BEST) if self.run and self.place.best_epoch else self.best
        if kept is not None:
            best = kept.model.to(self.fabric.device)
            metrics |= {k: v for k, v in kept.metadata.metrics.items() if k.startswith("validation")}
        result = self.source.evaluate(best, "test")
        metrics |= result.metrics() if result is not None else {}
        metadata = describe(self.config, self.source, metrics)
        sha256 = self.run.save_best(best, metadata) if self.run else ""
        return Checkpoint(best.cpu(), metadata, sha256)


def step_seed(*key: int) -> int:
    """A seed for one step of one process."""
    return int(np.random.SeedSequence(key).generate_state(1, np.uint64)[0] >> np.uint64(1))


def describe(config: AnyTrainConfig, source: Source, metrics: dict[str, float]) -> Metadata:
    """What a checkpoint of this run says of itself."""
    data, licence = source.describe()
    sampling = config.model_dump(include={"sampling", "drawn_frames"})  # neither in a run on pooled windows
    try:
        return Metadata(
            name=config.name,
            model=config.network(len(source.labels), source.preprocessing.layout),
            preprocessing=source.preprocessing,
            labels=source.labels,
            people=source.people,
            **sampling,
            metrics=metrics,
            data=data,
            data_licence=licence,
            created_by=f"python main.py train (config {config.name}, torch {torch.__version__})",
        )
    except ValidationError as error:
        first = error.errors(include_url=False, include_input=False)[0]
        place = ".".join(str(part) for part in first["loc"])
        raise TrainingError(f"no checkpoint could say what was trained: {place}: {first['msg']}") from error
