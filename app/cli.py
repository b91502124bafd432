"""The verbs: each parses, calls and prints, nothing more."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Literal

import typer
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

from app.batch_verbs import batch_verbs
from app.benchmark_verbs import benchmark_verbs
from app.data_verbs import data_verbs
from app.devices import DEVICES
from app.evaluation_verbs import evaluation_verbs
from app.model_verbs import model_verbs
from app.program import run_as_python
from app.soak_verbs import soak_verbs
from app.teaching_verbs import teaching_verbs
from app.terminal import DebugOption, console, fill_help, told_as_sentences
from app.training_verbs import training_verbs

if TYPE_CHECKING:
    from app.sources import SourceInfo

cli = typer.Typer(
    name="main.py",
    help="STGAT Live: what people are doing, live, by their skeletons. Without a verb: app.",
    add_completion=False,
    no_args_is_help=False,
    pretty_exceptions_enable=False,
    rich_markup_mode="rich",
)
cli.add_typer(batch_verbs)
cli.add_typer(data_verbs)
cli.add_typer(training_verbs)
cli.add_typer(evaluation_verbs)
cli.add_typer(model_verbs)
cli.add_typer(teaching_verbs)
cli.add_typer(benchmark_verbs, name="benchmark")
cli.add_typer(soak_verbs)


#: None for what the window remembers.
RememberedDeviceOption = Annotated[
    str | None, typer.Option(help=f"{', '.join(DEVICES)}; else as in the settings.", metavar="DEVICE")
]
DeviceOption = Annotated[str, typer.Option(help=", ".join(DEVICES), metavar="DEVICE")]
ModelOption = Annotated[
    str | None, typer.Option(help="An installed model's name (see models), or a file.", metavar="MODEL")
]
ProfileOption = Annotated[
    str | None, typer.Option(help="Taught actions: a profile's name (see profiles), or a file.")
]
EventsOption = Annotated[
    Path | None, typer.Option(help="Write the events here: .csv, .json, or .srt or .vtt subtitles.")
]


def main(arguments: list[str] | None = None) -> None:
    """Run a verb; a bare call, or one that starts with an option, means `app`."""
    arguments = list(sys.argv[1:] if arguments is None else arguments)
    if run_as_python(arguments):
        return
    if not arguments or (arguments[0].startswith("-") and arguments[0] not in ("--help", "-h")):
        arguments.insert(0, "app")
    cli(arguments, prog_name="python main.py")


@cli.command(epilog="Example: python main.py app --source clip.mp4")
def app(
    source: Annotated[
        str | None, typer.Option(help="camera:0 (or camera:0@1280x720@30), a file, demo.")
    ] = None,
    model: ModelOption = None,
    device: RememberedDeviceOption = None,
    profile: ProfileOption = None,
    screenshot: Annotated[Path | None, typer.Option(help="Save a picture of the window here.")] = None,
    quit_after: Annotated[float | None, typer.Option(help="Close after so many seconds.", min=0.1)] = None,
    debug: DebugOption = False,
) -> None:
    """Open the window; on the first camera, or on the bundled demo where there is none."""
    with told_as_sentences(debug):
        from app.desktop import open_window

        used = loader(model, device or "auto", profile)
        raise typer.Exit(
            open_window(source, used, screenshot, quit_after, console, named=named(model, device))
        )


@cli.command(epilog="Example: python main.py replay clip.mp4 --headless --output clip.jsonl")
def replay(
    video: Annotated[
        str,
        typer.Argument(help="A video, a skeleton recording (.npz) or a session's folder.", metavar="VIDEO"),
    ],
    headless: Annotated[bool, typer.Option("--headless", help="No window; as fast as it goes.")] = False,
    output: Annotated[Path | None, typer.Option(help="Write JSON lines here.")] = None,
    save_video: Annotated[Path | None, typer.Option(help="Write the video, skeletons drawn in.")] = None,
    events: EventsOption = None,
    model: ModelOption = None,
    device: RememberedDeviceOption = None,
    profile: ProfileOption = None,
    debug: DebugOption = False,
) -> None:
    """Recognise a recorded video: in the window, or headless and losing no frame.

    --output, --save-video and --events work without a window. With --headless and none of these the JSON
    lines go to the terminal's standard output.
    """
    with told_as_sentences(debug):
        if not (headless or output or save_video or events):
            from app.desktop import open_window

            used = loader(model, device or "auto", profile)
            raise typer.Exit(open_window(video, used, None, None, console, named=named(model, device)))
        from app.desktop import print_events
        from app.replay import replay as run

        with progress_bar(f"Recognising {Path(video).name}") as (on_open, on_frame):
            report = run(
                video,
                loader(model, device or "auto", profile),
                output=output,
                to_stdout=output is None and save_video is None and events is None,
                save_video=save_video,
                events=events,
                on_open=on_open,
                on_frame=on_frame,
            )
        if report.warning:
            console.print(report.warning, style="yellow")
        print_events(report.events, console)
        tell_written(output, save_video, events)


@cli.command(epilog="Example: python main.py live --camera 0 --record recordings")
def live(
    camera: Annotated[int, typer.Option(help="The camera's number.", min=0)] = 0,
    size: Annotated[str, typer.Option(help="WIDTHxHEIGHT asked of it, or any.", metavar="SIZE")] = "640x480",
    fps: Annotated[str, typer.Option(help="Pictures a second asked of it, or any.", metavar="FPS")] = "30",
    output: Annotated[Path | None, typer.Option(help="Write JSON lines here, not to the terminal.")] = None,
    events: EventsOption = None,
    record: Annotated[
        Path | None, typer.Option(help="Record the session into a new folder in this one.", metavar="FOLDER")
    ] = None,
    skeleton_only: Annotated[bool, typer.Option("--skeleton-only", help="Record no picture.")] = False,
    demo: Annotated[
        bool, typer.Option("--demo", help="Play the bundled demo in the camera's place.")
    ] = False,
    model: ModelOption = None,
    device: DeviceOption = "auto",
    profile: ProfileOption = None,
    debug: DebugOption = False,
) -> None:
    """Recognise from a camera without a window, as JSON lines, until Ctrl-C."""
    if skeleton_only and record is None:
        raise typer.BadParameter("it says how to --record, which is missing", param_hint="--skeleton-only")
    with told_as_sentences(debug):
        from app.desktop import print_events
        from app.replay import replay as run
        from app.replay import tell_recorded

        name = "the demo" if demo else f"camera {camera}"
        console.print(f"{'Recording' if record else 'Recognising'} from {name}; Ctrl-C ends it.")
        report = run(
            "demo" if demo else f"camera:{camera}@{size}@{fps}",
            loader(model, device, profile),
            output=output,
            to_stdout=output is None and record is None,
            events=events,
            live=True,
            record=record,
            skeleton_only=skeleton_only,
            on_trouble=lambda what: console.print(what or "It goes on.", markup=False),
        )
        print_events(report.events, console)
        tell_written(output, events)
        if report.recorded is not None:
            console.print(tell_recorded(report.recorded), markup=False)
            raise typer.Exit(1 if report.recorded.problem else 0)


@cli.command(epilog="Example: python main.py pose clip.mp4 clip.npz --one-body")
def pose(
    video: Annotated[str, typer.Argument(help="A video.", metavar="VIDEO")],
    output: Annotated[Path, typer.Argument(help="The .npz file to write.", metavar="OUT.npz")],
    one_body: Annotated[bool, typer.Option("--one-body", help="After the rebuild on one body.")] = False,
    debug: DebugOption = False,
) -> None:
    """The 25 NTU joints of a video, in metres: joints_m, confidence, timestamps_s."""
    with told_as_sentences(debug):
        from app.replay import extract_pose

        if output.suffix.lower() != ".npz":
            raise typer.BadParameter(f"{output} should end in .npz", param_hint="OUT.npz")
        with progress_bar(f"Posing {Path(video).name}") as (on_open, on_frame):
            recording, warning = extract_pose(
                video, output, on_body=one_body, on_open=on_open, on_frame=on_frame
            )
        if warning:
            console.print(warning, style="yellow")
        people = "1 person" if recording.num_people == 1 else f"{recording.num_people} people"
        console.print(f"Wrote {output}: {recording.num_frames} frames, {people}")


@cli.command(
    "import-official",
    epilog="Example: python main.py import-official ntu60.pth ntu60.safetensors --labels ntu60.txt",
)
def import_official(
    checkpoint: Annotated[Path, typer.Argument(help="The authors' .pth file.", metavar="CKPT.pth")],
    output: Annotated[Path, typer.Argument(help="The file to write.", metavar="OUT.safetensors")],
    labels: Annotated[Path, typer.Option(help="A text file with one class name a line.")],
    window_s: Annotated[float, typer.Option(help="Seconds of motion the window holds.", min=0.2)] = 4.0,
    stream: Annotated[
        Literal["joint", "bone", "motion1", "motion2"],
        typer.Option(help="What it was trained on; the file does not say."),
    ] = "joint",
    debug: DebugOption = False,
) -> None:
    """Make a checkpoint of the STGAT authors usable here; nothing in the file is executed."""
    with told_as_sentences(debug):
        from stgat.importer import import_official as run

        metadata, sha256 = run(checkpoint, output, labels, window_s, stream=stream)
        console.print(
            f"Wrote {output}: {metadata.model.num_classes} classes, {metadata.model.layout}, "
            f"{stream} stream, {len(metadata.model.blocks)} blocks (sha256 {sha256[:16]}...)"
        )


@cli.command(epilog="Example: python main.py doctor")
def doctor(debug: DebugOption = False) -> None:
    """Check what the application needs, and say what to do about what is missing."""
    with told_as_sentences(debug):
        from app.doctor import render, run_checks

        checks = run_checks()
        Console().print(render(checks))
        raise typer.Exit(0 if all(check.ok for check in checks if check.required) else 1)


@cli.command("fetch-pose-model", epilog="Example: python main.py fetch-pose-model --wheel mediapipe.whl")
def fetch_pose_model(
    wheel: Annotated[Path | None, typer.Option(help="A downloaded mediapipe 0.10.21 wheel.")] = None,
    debug: DebugOption = False,
) -> None:
    """Make MediaPipe's pose model file in the user's cache; needs the network once, or the wheel."""
    with told_as_sentences(debug):
        from pose.models import build_pose_model

        path = build_pose_model(wheel, progress=console.print)
        console.print(f"The pose model is in place: {path}")


def loader(model: str | None, device: str, profile: str | None = None):
    """A loader for the model and device named, and with the actions of a profile.

    Raises BadParameter for a device nobody has, ModelError for a name no installed model has, TeachingError
    for a profile that is not there.
    """
    if device.split(":")[0] not in DEVICES:
        raise typer.BadParameter(f"{device} is none of {', '.join(DEVICES)}", param_hint="--device")
    from app.models import find_model
    from app.road import RecognizerLoader

    made = RecognizerLoader(find_model(model), device)
    if profile is not None:
        from app.teaching import find_profile

        made.teach_with(find_profile(profile))
    return made


def named(model: str | None, device: str | None) -> set[str]:
    """Which of the two the command line named: these go before what the window remembers."""
    return {name for name, value in (("model", model), ("device", device)) if value is not None}


def tell_written(*paths: Path | None) -> None:
    for path in paths:
        if path:
            console.print(f"Wrote {path}")


@contextmanager
def progress_bar(
    title: str,
) -> Iterator[tuple[Callable[[SourceInfo], None], Callable[[int], None]]]:
    """A bar on the terminal, told of the source and then of each frame."""
    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn())
    # In a log file a bar is a stray line.
    with Progress(*columns, console=console, transient=True, disable=not console.is_terminal) as progress:
        task = progress.add_task(title, total=None)
        yield (
            lambda info: progress.update(task, total=info.frame_count),
            lambda frames: progress.update(task, completed=frames),
        )


fill_help(cli)  # now that every verb is there
