"""Texts of the training window."""

from __future__ import annotations

from app.data_sets import DataSetView
from app.jobs import JobState
from app.training_configs import Choice, Fit
from app.training_runs import RunView
from app.ui.texts.language import _, number, plural

TRAIN = _("Train a network…")
TITLE = _("Training")
RUNS = _("Runs")
NEW_RUN = _("New run")
NO_RUNS = _("No run yet. Choose data, then start one.")

# A new run
DATA = _("Data")
DATA_SET = _("Data set")
OTHER_PREPARED = _("A prepared folder…")
PREPARE_NEW = _("Prepare a new one…")
PREPARED_FOLDER = _("Prepared folder")
KIND = _("Kind of data")
SOURCE = _("Folder or archive")
SET_NAME = _("Name of the data set")
PREPARE = _("Prepare")
PREPARING_GOES_ON = _("Preparing goes on when the window is closed.")
STOP_PREPARING = _("Stop")
CONTINUE_PREPARING = _("Continue")
DELETE_SET = _("Delete data set…")
ARCHIVES = _("Folder of the data sets")
SETTINGS = _("Settings")
CONFIGURATION = _("Configuration")
SPLIT = _("Division")
SPLIT_HINT = _("Which samples train and which test; “all” trains on everything.")
HOLDOUT = _("People held out")
HOLDOUT_HINT = _("Numbers such as 3, 5. The network is chosen by how well it does on these people.")
NOBODY_KNOWN = _("These data do not say who is who; nobody can be held out.")
EPOCHS = _("Epochs")
EPOCHS_HINT = _("How often all samples are gone through.")
DEVICE = _("Device")
NAME = _("Name of the run")
START = _("Start training")
DATA_MISSING = _("Choose a data set first, or prepare one.")
SOURCE_MISSING = _("Choose the folder or archive of the data set first.")
STARTING = _("Starting…")
DEVICES = {
    "auto": _("Best there is"),
    "cpu": _("Processor"),
    "cuda": _("NVIDIA graphics card"),
    "mps": _("Apple graphics processor"),
}
_KINDS_OF_DATA = {
    "Recordings of this application": _("Recordings of this application"),
    "NTU RGB+D as prepared by CTR-GCN": _("NTU RGB+D as prepared by CTR-GCN"),
    "NTU RGB+D as prepared by pyskl": _("NTU RGB+D as prepared by pyskl"),
}

# A run
STATES = {
    JobState.RUNNING: _("Running"),
    JobState.STOPPING: _("Pausing"),
    JobState.STOPPED: _("Paused"),
    JobState.FINISHED: _("Finished"),
    JobState.FAILED: _("Failed"),
}
PREPARE_STATES = {
    JobState.RUNNING: _("Preparing"),
    JobState.STOPPING: _("Stopping"),
    JobState.STOPPED: _("Stopped; it can be continued."),
    JobState.FINISHED: _("Ready"),
    JobState.FAILED: _("Failed"),
}
LOSS = _("Loss")
TOP1 = _("Top-1 accuracy, percent")
EPOCH = _("epoch")
TRAINING = _("training")
VALIDATION = _("validation")
NO_CURVE = _("The curves begin with the end of the first epoch.")
PAUSE = _("Pause")
RESUME = _("Resume")
BEGIN_AGAIN = _("Begin again")
OPEN_FOLDER = _("Open folder")
INSTALL = _("Install as a model…")
INSTALL_TITLE = _("Install as a model")
INSTALL_LABEL = _("Name of the model")
INSTALL_HINT = _("There is something to install once the first epoch with a result is over.")
REPLACE = _("Replace")
DELETE = _("Delete…")
DELETE_NOW = _("Delete")
SHOW_LOG = _("Log")
READING_DATA = _("Reading the data; the first step comes after that.")
PAUSING = _("It stops at the next step, and can go on from there.")
PAUSED = _("It goes on from here as if it had never stopped.")
ENDED_SILENTLY = _(
    "The run ended without a word: it was ended from outside, or the computer was switched off. Resume goes "
    "on from where it saved last."
)
GOES_ON = _("The run goes on when the window is closed.")
FOLDER_GONE = _("The folder of this run is gone.")
NO_VALIDATION = _("Without people held out there is no validation curve.")


def about(choice: Choice) -> str:
    """The line under the chosen configuration."""
    if choice.error:
        return _("Cannot be used: {error}").format(error=choice.error)
    return choice.about + "."


def kind_of_data(title: str) -> str:
    """A data set's title in the window's language; one that is a name stays as it is."""
    return _KINDS_OF_DATA.get(title, title)


def data_facts(fit: Fit) -> str:
    """What is in a prepared data set."""
    samples = plural("{count} sample", "{count} samples", fit.num_samples)
    actions = plural("{count} action", "{count} actions", len(fit.labels))
    people = plural("{count} person", "{count} people", len(fit.subjects)) if fit.subjects else ""
    return ", ".join(part for part in (f"{kind_of_data(fit.title)}: {samples}", actions, people) if part)


def set_line(view: DataSetView) -> str:
    """A data set in the list of those to choose from."""
    return (
        view.name if view.ready else f"{view.name} ({PREPARE_STATES[view.standing.state].partition(';')[0]})"
    )


def preparing(view: DataSetView) -> str:
    """How a preparation stands, in a sentence."""
    standing = view.standing
    if standing.state is JobState.FAILED:
        return standing.message or _("Preparing ended without a word; continue it.")
    done, total = standing.progress.get("done"), standing.progress.get("total")
    if standing.state is JobState.RUNNING and isinstance(total, int):
        return _("{done} of {total} recordings. {goes_on}").format(
            done=done, total=total, goes_on=PREPARING_GOES_ON
        )
    return PREPARE_STATES[standing.state]


def run_line(view: RunView) -> str:
    """A run in the list: its name, and under it how it stands."""
    return f"{view.name}\n{STATES[view.state]} · {percent_done(view)}"


def percent_done(view: RunView) -> str:
    return _("{percent} % done").format(percent=int(100 * view.share))


def epochs_done(view: RunView) -> str:
    """How far it is, how good it is, and how long it will take where that is known."""
    parts = [_("epoch {done} of {epochs}").format(done=view.epochs_done, epochs=view.plan.epochs)]
    if view.best is not None:
        words = (
            _("best on validation {value} %")
            if view.curve("validation_top1")
            else _("training top-1 {value} %")
        )
        parts.append(words.format(value=number(view.best)))
    if view.seconds_left is not None:
        parts.append(time_left(view.seconds_left))
    return " · ".join(parts)


def time_left(seconds: float) -> str:
    """Roughly, as nobody knows better."""
    minutes = round(seconds / 60)
    if minutes < 1:
        return _("less than a minute left")
    if minutes < 90:
        return plural("about {count} minute left", "about {count} minutes left", minutes)
    return plural("about {count} hour left", "about {count} hours left", round(minutes / 60))


def explanation(view: RunView) -> tuple[str, bool]:
    """The sentence about a run's state, and whether something went wrong."""
    if view.state is JobState.FAILED:
        return view.standing.message or ENDED_SILENTLY, True
    if view.state is JobState.STOPPING:
        return PAUSING, False
    if view.state is JobState.STOPPED:
        return PAUSED, False
    if view.state is JobState.RUNNING:
        return (GOES_ON if "epoch" in view.standing.progress else READING_DATA), False
    return "", False


def delete_question(view: RunView) -> str:
    words = (
        _("Delete the run {name}? It is ended, and its folder with its curves and checkpoints is removed. "
          "Models that were installed from it stay.")
        if view.standing.alive
        else _("Delete the run {name}? Its folder with its curves and checkpoints is removed. Models that "
               "were installed from it stay.")
    )  # fmt: skip
    return words.format(name=view.name)


def delete_set_question(name: str) -> str:
    return _("Delete the prepared data set {name}? What it was prepared from stays as it is.").format(
        name=name
    )


def replace_question(name: str) -> str:
    return _("There is a model called {name} already. Replace it?").format(name=name)


def installed(name: str) -> str:
    return _("Installed: the model is called {name} in the list of models.").format(name=name)
