"""Every target by its name."""

from __future__ import annotations

from tests.fuzzing import app_targets, data_targets
from tests.fuzzing.target import Target

TARGETS: dict[str, Target] = {target.name: target for target in (*data_targets.TARGETS, *app_targets.TARGETS)}
