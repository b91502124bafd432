"""Training runs that go on without the window: begun, watched, paused, continued and removed.

A run is a folder in `runs_folder()`: run.json says what was asked for; beside it are what app.jobs keeps of
the process and what stgat.training.run_folder keeps of the training.
"""

from __future__ import annotations

import json
import shutil
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from app.errors import OutputError
from app.jobs import Job, JobState, Standing, named_folders
from app.names import checked_name
from app.progress_file import number
from app.settings import home
from stgat.data.atomic import replacing
from stgat.reading import read_limited

RUN = "run.json"
MAX_PLAN_BYTES = 1 << 20
#: Of 100,000 epochs.
MAX_METRICS_BYTES = 1 << 25
#: Of stgat.training.run_folder, which would bring torch.
_CONFIG, _METRICS, _BEST = "config.yaml", "metrics.jsonl", "best.safetensors"


def runs_folder() -> Path:
    """Where the window keeps its runs."""
    return home() / "runs"


class Plan(BaseModel):
    """What was asked for. config: a YAML file. overrides: changes to it, as `train` takes them."""

    model_config = ConfigDict(frozen=True, extra="ignore")

    name: str = Field(min_length=1)
    config: Path
    overrides: tuple[str, ...] = ()
    epochs: int = Field(ge=1, le=1_000_000)
    began: str = ""


@dataclass(frozen=True)
class RunView:
    """A run as it stands.

    metrics: one dictionary an epoch, as metrics.jsonl has them. seconds_left: as training told it last; None
    where it has told nothing yet. best: the best validation top-1 in percent, else the last training top-1;
    None before the first epoch's end.
    can_resume: it can go on, or begin again. can_install: there is a checkpoint.
    """

    plan: Plan
    folder: Path
    standing: Standing
    metrics: tuple[dict[str, Any], ...] = ()
    can_install: bool = False
    log: tuple[str, ...] = field(default=(), repr=False)

    @property
    def name(self) -> str:
        return self.folder.name

    @property
    def state(self) -> JobState:
        return self.standing.state

    @property
    def can_resume(self) -> bool:
        return self.state in (JobState.STOPPED, JobState.FAILED)

    @property
    def epochs_done(self) -> int:
        return len(self.metrics)

    @property
    def seconds_left(self) -> float | None:
        progress = self.standing.progress
        seconds, pace = number(progress.get("seconds_left")), number(progress.get("samples_per_s"))
        return seconds if self.state is JobState.RUNNING and pace else None

    @property
    def share(self) -> float:
        """How much of it is done, 0 to 1, to the step while it runs."""
        progress = self.standing.progress
        epoch, step, steps = (number(progress.get(name)) for name in ("epoch", "step", "steps"))
        done = epoch - 1 + step / steps if epoch is not None and step is not None and steps else 0.0
        if self.state is JobState.FINISHED:
            return 1.0
        return min(1.0, max(done, self.epochs_done) / self.plan.epochs)

    @property
    def best(self) -> float | None:
        held_out = self.curve("validation_top1")
        if held_out:
            return max(value for _, value in held_out)
        trained = self.curve("top1")
        return trained[-1][1] if trained else None

    @property
    def checkpoint(self) -> Path:
        return self.folder / _BEST

    def curve(self, figure: str) -> list[tuple[int, float]]:
        """(epoch, value) of each epoch that has the figure."""
        return [
            (epoch, value)
            for epoch, line in enumerate(self.metrics, 1)
            if (value := number(line.get(figure))) is not None
        ]


def start_run(plan: Plan) -> Path:
    """Begin a run under the plan's name; returns its folder.

    Raises OutputError for a name that cannot be one or is a run's already, and where the folder or the
    process cannot be made.
    """
    folder = runs_folder() / checked_name(plan.name)
    if folder.exists():
        raise OutputError(f"There is a run called {folder.name} already; choose another name, or delete it.")
    plan = plan.model_copy(update={"began": datetime.now(UTC).isoformat(timespec="seconds")})
    try:
        folder.mkdir(parents=True)
        with replacing(folder / RUN) as temporary:
            temporary.write_text(plan.model_dump_json(indent=2) + "\n", encoding="utf-8")
    except OSError as error:
        shutil.rmtree(folder, ignore_errors=True)
        raise OutputError(
            f"{folder} cannot be made ({error.strerror or error}); check that the disk has room."
        ) from error
    try:
        _train(folder, plan)
    except OutputError:
        shutil.rmtree(folder, ignore_errors=True)  # a run that never began would only be in the way
        raise
    return folder


def resume_run(folder: Path) -> None:
    """Go on with a run from where it saved; one that saved nothing begins again.

    Raises OutputError where it runs already, is gone, or no process can be started.
    """
    plan = read_plan(folder)
    if plan is None:
        raise OutputError(f"{folder} is gone or damaged; delete the run and begin another.")
    _train(folder, plan)


def pause_run(folder: Path) -> None:
    """Ask a run to save at its next step and end; `resume_run` gives what it would have given without."""
    Job(folder).ask_to_stop()


def delete_run(folder: Path) -> None:
    """End a run and remove its folder. Raises OutputError where either fails, or it is no run of ours."""
    if folder.parent != runs_folder() or not (folder / RUN).is_file():
        raise OutputError(f"{folder} is not a run of this program; nothing was removed.")
    Job(folder).delete()


def list_runs() -> list[RunView]:
    """Every run, the one begun last first. What cannot be read is left out."""
    views = [view for folder in named_folders(runs_folder(), RUN) if (view := look(folder)) is not None]
    return sorted(views, key=lambda view: view.plan.began, reverse=True)


def look(folder: Path) -> RunView | None:
    """A run as it stands; None where its folder is gone or is no run's."""
    plan = read_plan(folder)
    if plan is None:
        return None
    job = Job(folder)
    return RunView(
        plan=plan,
        folder=folder,
        standing=job.standing(),
        metrics=read_metrics(folder / _METRICS),
        can_install=(folder / _BEST).is_file(),
        log=tuple(job.log_tail()),
    )


def read_plan(folder: Path) -> Plan | None:
    """None where there is none that can be read."""
    try:
        return Plan.model_validate_json(read_limited(folder / RUN, MAX_PLAN_BYTES))
    except (OSError, ValidationError):
        return None


def read_metrics(path: Path) -> tuple[dict[str, Any], ...]:
    """The epochs so far; a last line that is being written is left out, as is what is no line of figures."""
    try:
        lines = read_limited(path, MAX_METRICS_BYTES).decode("utf-8", "replace").splitlines()
    except OSError:
        return ()
    epochs = []
    for line in lines:
        try:
            figures = json.loads(line)
        except (ValueError, RecursionError):
            continue
        if isinstance(figures, dict):
            epochs.append(figures)
    return tuple(epochs)


def _train(folder: Path, plan: Plan) -> None:
    output = ("--output", str(folder))
    # What it was begun with goes before a configuration that may have changed since.
    if (folder / _CONFIG).is_file():
        Job(folder).start("train", str(folder / _CONFIG), *output, "--resume")
    else:
        Job(folder).start("train", str(plan.config), *plan.overrides, *output)
