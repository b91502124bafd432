"""The verbs about trained networks: measure one, fuse several, and write one for other programs."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Annotated, Literal, TypeVar

import typer
from rich.console import Console

from app.terminal import DebugOption, console, told_as_sentences

evaluation_verbs = typer.Typer()

Number = TypeVar("Number", int, float)


@evaluation_verbs.command(
    epilog="Example: python main.py evaluate runs/nw-ucla-joint/best.safetensors --data data/nw-ucla "
    "--split ucla-xview"
)
def evaluate(
    checkpoints: Annotated[
        list[Path], typer.Argument(help="Checkpoints (.safetensors).", metavar="CHECKPOINT")
    ],
    data: Annotated[Path, typer.Option(help="A folder that `prepare` made.", metavar="FOLDER")],
    split: Annotated[str, typer.Option(help="ntu60-xsub, ...; a wrong name lists all.", metavar="NAME")],
    part: Annotated[Literal["test", "validation", "train"], typer.Option(help="Which part of it.")] = "test",
    holdout_subjects: Annotated[
        str, typer.Option(help="Training subjects that are the validation part.", metavar="1,2,...")
    ] = "",
    output: Annotated[
        Path | None,
        typer.Option(help="Default: evaluation-SPLIT-PART beside the checkpoint.", metavar="FOLDER"),
    ] = None,
    device: Annotated[str, typer.Option(help="auto, cpu, cuda or mps.", metavar="DEVICE")] = "auto",
    batch_size: Annotated[int, typer.Option(help="Clips at a time.", min=1)] = 128,
    debug: DebugOption = False,
) -> None:
    """Measure networks on a part of a prepared data set, clip by clip as training does.

    Writes metrics.json, per_class.csv, confusion.png and, for `ensemble`, scores.npz.
    """
    subjects = numbers(holdout_subjects, int, "--holdout-subjects")
    folders = [output or path.parent / f"evaluation-{split}-{part}" for path in checkpoints]
    if len(set(folders)) < len(folders):
        raise typer.BadParameter(
            "several checkpoints would be written to one folder; evaluate them one by one",
            param_hint="--output",
        )
    with told_as_sentences(debug):
        from app.errors import OutputError
        from app.evaluating import clips_bar, evaluation_tables
        from stgat.training.measure import measure
        from stgat.training.report import write_report

        for path, folder in zip(checkpoints, folders, strict=True):
            with clips_bar(console, f"Evaluating {path}") as on_progress:
                measured = measure(path, data, split, part, subjects, device, batch_size, on_progress)
            result, metadata = measured.result, measured.checkpoint.metadata
            title = f"{metadata.name} on {measured.data.title}, {split}, {part}: {len(result):,} samples"
            about = {
                "checkpoint": str(path),
                "checkpoint_sha256": measured.checkpoint.sha256,
                "name": metadata.name,
                "stream": metadata.preprocessing.stream,
                "data": measured.data.title,
                "data_samples_sha256": measured.data.samples_sha256,
                "split": split,
                "part": part,
                "holdout_subjects": subjects,
            }
            console.print(title, markup=False)
            Console(highlight=False).print(evaluation_tables(result))
            try:
                write_report(folder, result, about)
            except OSError as error:
                raise OutputError(f"{folder}: cannot be written to ({error.strerror or error})") from error
            console.print(f"Wrote {folder}", markup=False)


@evaluation_verbs.command(
    epilog="Example: python main.py ensemble runs/nw-ucla-*/evaluation-ucla-xview-test/scores.npz"
)
def ensemble(
    scores: Annotated[list[Path], typer.Argument(help="Files that `evaluate` wrote.", metavar="SCORES.npz")],
    weights: Annotated[str, typer.Option(help="One a file; all 1 by default.", metavar="1,1,0.5,...")] = "",
    probabilities: Annotated[
        bool, typer.Option("--probabilities", help="Add probabilities, not logits.")
    ] = False,
    output: Annotated[
        Path | None,
        typer.Option(help="Write the fused scores here, and their figures as .json.", metavar="FUSED.npz"),
    ] = None,
    debug: DebugOption = False,
) -> None:
    """Fuse networks, such as the four streams, by the weighted sum of their scores."""
    chosen = numbers(weights, float, "--weights") or None
    if output and output.suffix != ".npz":
        raise typer.BadParameter(f"{output} should end in .npz", param_hint="--output")
    with told_as_sentences(debug):
        from app.errors import OutputError
        from app.evaluating import ensemble_table
        from stgat.training.ensemble import describe, fuse_files
        from stgat.training.report import write_json
        from stgat.training.scores import save_scores

        fusion = fuse_files(scores, chosen, probabilities)
        Console(highlight=False).print(ensemble_table(fusion))
        if output:
            try:
                output.parent.mkdir(parents=True, exist_ok=True)
                save_scores(output, fusion.fused)
                write_json(output.with_suffix(".json"), describe(fusion))
            except OSError as error:
                raise OutputError(f"{output}: cannot be written ({error.strerror or error})") from error
            console.print(f"Wrote {output} and {output.with_suffix('.json').name}", markup=False)


@evaluation_verbs.command(
    epilog="Example: python main.py export weights/stgat-actions.safetensors actions.onnx --format onnx"
)
def export(
    checkpoint: Annotated[Path, typer.Argument(help="A checkpoint (.safetensors).", metavar="CHECKPOINT")],
    out: Annotated[Path, typer.Argument(help="The file to write.", metavar="OUT")],
    form: Annotated[
        Literal["onnx", "torch-export"],
        typer.Option("--format", help="ONNX, or an archive of torch.export (.pt2)."),
    ],
    people: Annotated[
        int | None, typer.Option(help="People in a window; as in training by default.", min=1, max=8)
    ] = None,
    batch: Annotated[
        str, typer.Option(help="A fixed number of windows at a time, or dynamic.", metavar="N")
    ] = "dynamic",
    debug: DebugOption = False,
) -> None:
    """Write a network for other programs, check that it answers alike, and tell how fast it is."""
    if batch != "dynamic" and not (batch.isascii() and batch.isdigit() and 1 <= int(batch) <= 4096):
        raise typer.BadParameter(f"{batch} is neither 1 to 4096 nor dynamic", param_hint="--batch")
    with told_as_sentences(debug):
        from app.errors import OutputError
        from app.evaluating import export_lines
        from stgat.training.export import export as run

        try:
            exported = run(checkpoint, out, form, people, None if batch == "dynamic" else int(batch))
        except OSError as error:
            raise OutputError(f"{out}: cannot be written ({error.strerror or error})") from error
        for line in export_lines(exported):
            console.print(line, markup=False)


def numbers(text: str, kind: Callable[[str], Number], option: str) -> tuple[Number, ...]:
    """A list such as 1,2,5; empty for no text. Raises BadParameter."""
    try:
        return tuple(kind(part) for part in text.split(",")) if text.strip() else ()
    except ValueError:
        raise typer.BadParameter(f"{text!r} is no list of numbers such as 1,2", param_hint=option) from None
