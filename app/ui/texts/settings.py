"""What the settings say."""

from __future__ import annotations

from pathlib import Path

from app.devices import Device, Missing
from app.models import Model
from app.ui.texts import headline
from app.ui.texts.language import _, number, plural

SETTINGS = _("Settings")
RECOGNITION, MODEL, DEVICE, GENERAL = _("Recognition"), _("Model"), _("Device"), _("General")
RESET = _("Reset")
RESET_ALL = _("Reset all…")
RESET_ALL_TITLE = _("Reset all settings?")
RESET_ALL_QUESTION = _(
    "Everything is set as on the first start: sensitivity, model, device, language, appearance, the window's "
    "place and the list of recent files. Recordings and taught actions stay."
)
RESET_ALL_YES = _("Reset everything")
CANCEL = _("Cancel")

# Recognition
SENSITIVITY = _("Sensitivity")
FEWER, MORE = _("fewer, surer"), _("more, sooner")
SENSITIVITY_MEANS = _("How sure the application has to be before it names an action.")
ADVANCED = _("Advanced")
SMOOTHING = _("Smoothing")
SMOOTHING_MEANS = _(
    "How far back the average over the network's answers reaches. Longer is calmer and comes later."
)
SMOOTHING_OWN = _("Now as the sensitivity has it.")
SECONDS = _(" s")
WINDOW = _("Window")
WINDOW_UNKNOWN = _("Not known, since the model cannot be read.")
NOT_CALIBRATED = _(
    "This network's probabilities have not been calibrated: where it names too little or too much, move the "
    "slider above."
)
TAKES_EFFECT_AT_ONCE = _("Changes take effect at once.")

# Model
READING_MODELS = _("Reading the models…")
OPEN_MODEL = _("Open model file…")
OPEN_MODEL_TITLE = _("Open a model")
MODEL_FILTERS = _("Models (*.safetensors);;All files (*)")
USE_MODEL = _("Use this model")
IN_USE = _("in use")
SHIPPED_MODEL = _("default")
CANNOT_BE_USED = _("cannot be used")
MODEL_CARD = _("Model card…")
FIND_ACTION = _("Find an action")
MODELS = _("Models")
ABOUT_MODEL = _("About the model")
ACTIONS_IT_KNOWS = _("Actions it knows")
NOT_STATED = _("not stated")
NO_MODEL = _("No model is installed. Open a model file, or train one.")
REMOVED_REMEDY = _("Choose another model here, or put the file back.")

# Device
LOOKING = _("Looking at this machine…")
DEVICE_MEANS = _("Where the network runs. The pose is estimated by the processor in any case.")
AUTO = _("Automatic")
_MISSING = {
    Missing.NOT_BUILT: _("Not here: PyTorch is installed without CUDA."),
    Missing.NO_GPU: _("Not here: there is no NVIDIA graphics card, or no driver for it."),
    Missing.NO_ONNX: _("Not here: the packages onnx and onnxruntime are not installed."),
    Missing.NO_MAC: _("Not here: only Macs with Apple silicon have it."),
    Missing.NO_METAL: _("Not here: it takes Apple silicon and macOS 12.3 or later."),
}
DEVICE_NAMES = {
    "cpu": _("Processor (CPU)"),
    "onnxruntime": _("Processor, by ONNX Runtime"),
    "cpu-bf16": _("Processor, rounded to 16 bits (bfloat16)"),
    "cuda": _("NVIDIA graphics card (CUDA)"),
    "mps": _("Apple GPU (MPS)"),
}

# General
LANGUAGE = _("Language")
SYSTEM = _("As the system")
NEXT_START = _("Takes effect at the next start.")
APPEARANCE = _("Appearance")
LIGHT, DARK = _("Light"), _("Dark")
PICTURES_STAY = _(
    "Pictures are kept in memory only, and forgotten, unless you record. While a recording is made, a red "
    "dot at the bottom of the window says so."
)
FOR_THIS_RUN = _(
    "Named on the command line for this run; what you choose here goes before it and is remembered."
)


def sensitivity_sentence(place: float) -> str:
    """What this place of the slider means."""
    if place < 0.35:
        return _(
            "Says less, and is more often right. Short and doubtful actions are left out; answers come later."
        )
    if place <= 0.65:
        return _("A balance of the two, as it is shipped.") if place == 0.5 else _("A balance of the two.")
    return _("Names actions sooner and more of them. More of what it says is wrong.")


def window(seconds: float, frames: int, lookahead_s: float) -> str:
    """How much motion the network sees at once, and that it is not to be chosen."""
    words = _(
        "{seconds} s of motion in {frames} steps. This is the network's own, as it was trained; another "
        "model may have another."
    ).format(seconds=number(seconds, "g"), frames=frames)
    if lookahead_s:
        words += " " + _("It names the moment {seconds} s before the window's end.").format(
            seconds=number(lookahead_s, "g")
        )
    return words


def automatic(device: Device) -> str:
    """What "automatic" comes to here."""
    return _("The fastest there is; here: {device}.").format(device=DEVICE_NAMES[device.name])


def device_detail(device: Device, seconds: float | None = None) -> str:
    """seconds: what an answer takes there, None where it was not measured."""
    if device.missing is not None:
        return _MISSING[device.missing]
    parts = [device.detail]
    if seconds is not None:
        parts.append(
            _("{milliseconds} ms an answer, as measured here").format(milliseconds=number(1e3 * seconds))
        )
    if device.name == "cpu-bf16":
        parts.append(_("percentages may differ a little"))
    return "; ".join(filter(None, parts))


def found(shown: int, all_labels: int) -> str:
    """Above the list of labels."""
    return _("{shown} of {all} actions").format(shown=shown, all=all_labels)


def facts(model: Model, interval_s: float) -> list[tuple[str, str]]:
    """(name, words) of what is worth knowing of a usable model; interval_s: between two of its answers."""
    metadata = model.metadata
    assert metadata is not None
    top1 = metadata.metrics.get("top1")
    accuracy = _("{percent} % right on data it was not trained on")
    answers = (
        _("{count} a second").format(count=number(round(1 / interval_s, 1), "g"))
        if interval_s
        else _("every picture")
    )
    preprocessing = metadata.preprocessing
    if metadata.model.causal is None:
        operations = _("{count} billion a window of {seconds} s").format(
            count=number(model.flop / 1e9, ".2g"), seconds=number(preprocessing.window_s, "g")
        )
    else:
        rate = round((preprocessing.num_frames - 1) / preprocessing.window_s, 1)
        operations = _("{count} million a step, {rate} steps a second").format(
            count=number(model.flop / 1e6, ".2g"), rate=number(rate, "g")
        )
    size = _("{size} MB, {count} million parameters").format(
        size=number(_size_mb(model.path)), count=number(model.parameters / 1e6, ".2f")
    )
    together = plural("{count} person together", "{count} people together", metadata.people)
    return [
        (_("Knows"), plural("{count} action", "{count} actions", len(metadata.labels))),
        (_("Accuracy"), NOT_STATED if top1 is None else accuracy.format(percent=number(top1))),
        (_("Answers"), answers),
        (_("Operations"), operations),
        (_("Size"), size),
        (_("People"), _("each person alone") if metadata.people == 1 else together),
        (_("Data"), metadata.data),
        (_("Licence of the data"), metadata.data_licence),
        (_("File"), str(model.path)),
    ]


def _size_mb(path: Path) -> float:
    try:
        return path.stat().st_size / 1e6
    except OSError:
        return 0.0


def label_names(labels: tuple[str, ...]) -> dict[str, str]:
    """name for people -> label, in the order of the alphabet."""
    return dict(sorted(((headline(label), label) for label in labels), key=lambda pair: pair[0].casefold()))


def broken(name: str, why: str) -> str:
    """Of a file that is no usable model."""
    return _("{name} cannot be used: {reason}").format(name=name, reason=why)


def model_in_list(name: str, default: bool, in_use: bool, error: str) -> str:
    notes = [
        note for note, told in ((SHIPPED_MODEL, default), (IN_USE, in_use), (CANNOT_BE_USED, error)) if told
    ]
    return f"{name} ({', '.join(notes)})" if notes else name


def card_title(name: str) -> str:
    return _("Model card of {name}").format(name=name)
