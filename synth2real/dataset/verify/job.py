"""The job that a dataset's manifest tells of, as it can be run here."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from recon.configuration import from_plain
from recon.errors import UserError
from recon.faces import load
from recon.methods.pretrained import weights_file
from recon.synthesis.column import SCHEMA_VERSION
from recon.synthesis.job import Job
from recon.synthesis.render_job import RenderJob
from recon.synthesis.scene import SceneConfig
from synth2real import bundled
from synth2real.dataset.jobs import GenerateJob

OF_FOLDER = ("schema", "records_per_shard", "selected")  # what a manifest tells beside its job's own


def job_of(manifest: Mapping[str, Any], generator: Path | None = None, judges: Sequence[Path] | None = None) -> Job:
    """The job that a manifest tells of.

    generator, judges: the weights' files or Hub ids; None: the bundled ones.

    Raises:
        UserError: it is of another schema or face model, or tells of nothing that is known.
    """
    if manifest.get("schema") != SCHEMA_VERSION:
        raise UserError(
            f"the dataset is of schema {manifest.get('schema')}, this version knows {SCHEMA_VERSION}: use the version"
            " that made it, or make it again"
        )
    if manifest.get("model") != load("default").name:
        raise UserError(f"the dataset is of the face model {manifest.get('model')!r}, which can't be drawn here")
    kind = manifest.get("kind")
    if kind not in ("render", "generate"):
        raise UserError(f"manifest.json tells of no dataset that is known (kind {kind!r}): fetch it again")
    try:
        seed, size = int(manifest["seed"]), int(manifest["size"])
        scene = from_plain(SceneConfig, manifest["scene"], "manifest.json")
        if kind == "render":
            return RenderJob(seed, size, scene, renderer="pyrender" if "colours" in manifest else "own")
        if "generator" not in manifest["weights"]:
            return GenerateJob(seed, size, scene, None, ())
        drawn_by = weights_file(generator or bundled.generator_weights())
        judged_by = tuple(weights_file(judge) for judge in judges or bundled.judge_weights())
        return GenerateJob(seed, size, scene, drawn_by, judged_by, max_drift_mm=manifest["max_drift_mm"])
    except (KeyError, TypeError, ValueError) as error:
        raise UserError(f"manifest.json lacks what its rows depend on ({error}): fetch it again") from None


def refuse_other_makers(manifest: Mapping[str, Any], job: Job) -> None:
    """Raise UserError where the job, as it is here, makes other rows than the manifest tells of."""
    here = json.loads(json.dumps(job.manifest()))
    for key in sorted(here.keys() | manifest.keys() - set(OF_FOLDER)):
        for name, stored, now in _apart(key, manifest.get(key), here.get(key)):
            mend = "give the file as --generator or --judge" if key == "weights" else "use the version that made it"
            raise UserError(
                f"the rows can't be made again here, for {name} was {stored!r:.20} and is {now!r:.20}: {mend}, or ask"
                " for --sample 0"
            )


def _apart(name: str, stored: Any, now: Any) -> list[tuple[str, Any, Any]]:
    if isinstance(stored, Mapping) and isinstance(now, Mapping):
        keys = sorted(stored.keys() | now.keys())
        return [one for key in keys for one in _apart(f"{name}.{key}", stored.get(key), now.get(key))]
    return [] if stored == now else [(name, stored, now)]
