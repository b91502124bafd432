"""The verbs about actions that the user teaches."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer
from rich.console import Console
from rich.markup import escape
from rich.progress import BarColumn, Progress, TextColumn
from rich.table import Table

from app.terminal import DebugOption, console, told_as_sentences

if TYPE_CHECKING:
    from stgat.teaching.profiles import Profile
    from stgat.teaching.report import TeachingReport
    from stgat.teaching.teach import Taught

teaching_verbs = typer.Typer()

#: The profile that `teach` adds to where none is named.
DEFAULT_PROFILE = "my actions"


@teaching_verbs.command(
    epilog="Example: python main.py teach --name 'star jump' take1.mp4 take2.mp4 take3.mp4"
)
def teach(
    clips: Annotated[
        list[str], typer.Argument(help="One clip a take: videos or .npz recordings.", metavar="CLIP...")
    ],
    name: Annotated[str, typer.Option(help="What the action is called.")],
    profile: Annotated[
        str, typer.Option(help="The profile it is added to, by name, or a file of one.", metavar="PROFILE")
    ] = DEFAULT_PROFILE,
    model: Annotated[
        str | None, typer.Option(help="An installed model's name (see models), or a file.", metavar="MODEL")
    ] = None,
    debug: DebugOption = False,
) -> None:
    """Teach an action from short clips of it, five to ten are best, and tell how well it will work.

    The takes are added to those that the profile has. Use it with: app --profile PROFILE.
    """
    with told_as_sentences(debug):
        from app.models import find_model
        from app.takes import take_from_source
        from app.teaching import profile_path, write_profile
        from stgat.checkpoint import read_metadata
        from stgat.teaching.profiles import check_name

        path = find_model(model)
        check_name(name, read_metadata(path).labels)
        known, place = _profile_to_change(profile)
        for number, clip in enumerate(clips, 1):
            take = take_from_source(clip)
            known = known.with_take(name, take)
            console.print(
                f"Take {number} of {len(clips)}: {escape(Path(clip).name)}, {take.duration_s:.1f} s of motion"
            )
        # Before the learning: what was posed is not to be posed again where it is too little to learn from.
        write_profile(place, known)
        taught = _taught(path, known)
        Console(highlight=False).print(report_table(taught.report))
        for line in report_lines(taught.report):
            console.print(line, markup=False)
        shown = known.name if place == profile_path(known.name) else place
        console.print(f'Wrote {place}; use it: python main.py app --profile "{shown}"', markup=False)


@teaching_verbs.command(epilog="Example: python main.py profiles --show 'my actions'")
def profiles(
    show: Annotated[str | None, typer.Option(help="List the takes of this profile.")] = None,
    check: Annotated[str | None, typer.Option(help="Teach this profile, and report on it.")] = None,
    bring_in: Annotated[
        Path | None, typer.Option("--import", help="Copy a profile in from this file.")
    ] = None,
    give: Annotated[str | None, typer.Option("--export", help="Write this profile to --to.")] = None,
    recordings: Annotated[
        str | None, typer.Option(help="Write this profile's takes to --to as recordings, to train on.")
    ] = None,
    to: Annotated[Path | None, typer.Option(help="What --export or --recordings writes.")] = None,
    remove: Annotated[str | None, typer.Option(help="Delete this profile.")] = None,
    model: Annotated[
        str | None, typer.Option(help="For --check: an installed model's name, or a file.", metavar="MODEL")
    ] = None,
    debug: DebugOption = False,
) -> None:
    """The profiles of taught actions: list, show, check, share and remove them."""
    with told_as_sentences(debug):
        from app import teaching
        from app.models import find_model
        from stgat.teaching.profiles import load_profile

        if (give is None and recordings is None) != (to is None):
            raise typer.BadParameter("name the profile and the place: --export NAME --to FILE")
        if bring_in is not None:
            found = teaching.import_profile(bring_in)
            console.print(f"Wrote {found.path}: {_counted(found.actions)}", markup=False)
        elif give is not None and to is not None:
            teaching.export_profile(give, to)
            console.print(f"Wrote {to}", markup=False)
        elif recordings is not None and to is not None:
            count = teaching.export_recordings(load_profile(teaching.find_profile(recordings)), to)
            console.print(
                f"Wrote {count} recordings to {to}; next: python main.py prepare recordings", markup=False
            )
        elif remove is not None:
            teaching.remove_profile(remove)
            console.print(f"The profile {remove} is removed.", markup=False)
        elif show is not None:
            Console(highlight=False).print(_takes_table(load_profile(teaching.find_profile(show))))
        elif check is not None:
            taught = _taught(find_model(model), load_profile(teaching.find_profile(check)))
            Console(highlight=False).print(report_table(taught.report))
            for line in report_lines(taught.report):
                console.print(line, markup=False)
        else:
            _print_list()


@teaching_verbs.command(
    epilog="Example: python main.py remember configs/stgat-actions.yaml weights/stgat-actions.safetensors"
)
def remember(
    config: Annotated[Path, typer.Argument(help="The configuration it was trained by.", metavar="CONFIG")],
    model: Annotated[Path, typer.Argument(help="The model.", metavar="MODEL")],
    debug: DebugOption = False,
) -> None:
    """Keep beside a model what it remembers of its own actions, so that others can be taught beside them.

    Needs the data it was trained on, once. Without it, taught actions are said too often.
    """
    with told_as_sentences(debug):
        from stgat.checkpoint import load_checkpoint
        from stgat.teaching.memory import memory_path, save_memory
        from stgat.teaching.remember import remember as run
        from stgat.training.load_config import load_pooled_config

        checkpoint = load_checkpoint(model)
        with _bar("Looking") as advance:
            memory = run(load_pooled_config(config), checkpoint, advance)
        place = memory_path(model)
        save_memory(place, memory)
        console.print(
            f"Wrote {place}: {len(memory.classes)} windows of {len(checkpoint.metadata.labels)} classes",
            markup=False,
        )


def report_table(report: TeachingReport) -> Table:
    """How well each taught action is told, judged by takes that were left out of the learning."""
    from app.teaching import advice_sentence

    table = Table(
        "action", "takes left out, right", "else called", "accuracy by takes learned from", "advice"
    )
    for action in report.actions:
        table.add_row(
            escape(action.name),
            f"{action.right} of {action.takes}",
            escape(", ".join(f"{label} ({count})" for label, count in action.confusions)) or "-",
            "  ".join(f"{count}: {100 * share:.0f} %" for count, share in action.curve),
            escape(advice_sentence(action)),
        )
    return table


def report_lines(report: TeachingReport) -> list[str]:
    """What the table does not say, in sentences."""
    lines = [f"Learned in {report.seconds:.1f} s."]
    if report.old is None:
        return [
            *lines,
            "This model brings no memory of its own actions (see the verb remember): what the teaching costs "
            "them cannot be told, and taught actions may be said too often.",
        ]
    old = report.old
    lines.append(
        f"The model's own actions: {100 * old.before:.1f} % of {old.windows} windows right before, "
        f"{100 * old.after:.1f} % after."
    )
    if old.taken:
        own, other, count = old.taken[0]
        lines.append(f"Most often lost: {own}, now called {other} ({count}).")
    return lines


def _profile_to_change(text: str) -> tuple[Profile, Path]:
    """The profile named, new where there is none, and the file that it is kept in."""
    from app.teaching import profile_path
    from stgat.teaching.profiles import SUFFIX, Profile, load_profile

    path = Path(text)
    place = path if path.suffix == SUFFIX else profile_path(text)
    if place.exists():
        return load_profile(place), place
    return Profile(place.stem), place


def _taught(model: Path, profile: Profile) -> Taught:
    from app.teaching import teach_profile

    with _bar("Learning") as advance:
        return teach_profile(model, profile, lambda share, step: advance(share))


class _bar:  # noqa: N801 - used as a function
    """A bar on the terminal for a share in [0, 1]; in a log file there is none."""

    def __init__(self, title: str) -> None:
        columns = (TextColumn("{task.description}"), BarColumn())
        self._bars = Progress(*columns, console=console, transient=True, disable=not console.is_terminal)
        self._title = title

    def __enter__(self):
        self._bars.__enter__()
        task = self._bars.add_task(self._title, total=1.0)
        return lambda share: self._bars.update(task, completed=share)

    def __exit__(self, *raised):
        return self._bars.__exit__(*raised)


def _takes_table(profile: Profile) -> Table:
    table = Table("action", "take", "seconds", "from", title=escape(profile.name))
    for action in profile.actions:
        for number, take in enumerate(action.takes, 1):
            table.add_row(escape(action.name), str(number), f"{take.duration_s:.1f}", escape(take.origin))
    return table


def _print_list() -> None:
    from app.teaching import list_profiles, profiles_folder

    found = list_profiles()
    if not found:
        console.print(f"No profiles yet in {profiles_folder()}; the verb teach makes one.", markup=False)
        return
    table = Table("profile", "actions (takes)", "file")
    for profile in found:
        table.add_row(
            escape(profile.name), escape(profile.error or _counted(profile.actions)), str(profile.path)
        )
    Console(highlight=False).print(table)


def _counted(actions: tuple[tuple[str, int], ...]) -> str:
    return ", ".join(f"{name} ({takes})" for name, takes in actions) or "none yet"
