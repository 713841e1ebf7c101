"""One network under one protocol, and the values that arms are compared by: one of each person."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np

from recon.configuration import changed, from_plain, to_plain
from recon.errors import UserError, did_you_mean
from recon.evaluate.protocols import PROTOCOLS, load_protocol
from recon.methods.pretrained import digest
from recon.texts import read_json
from synth2real.feedback.config import Score
from synth2real.feedback.stages import stage


class Known(NamedTuple):
    """What of a protocol's values is compared: a measure, its unit, and the key that tells people apart ("" : all
    values are of one person)."""

    measure: str
    of: str
    person: str


KNOWN = {
    "landmarks_2d": Known("error", "% of the outer eye distance", "photo"),
    "renders": Known("depth_mean_mm", "mm", "index"),
    "scan_views": Known("network_mm", "mm", ""),
    "lfpa_34": Known("nme", "% of the box", "photo"),
    "florence_nme": Known("nme", "% of the outer interocular distance", "person"),
    "bu4dfe_nme": Known("nme", "% of the outer interocular distance", "person"),
}


@dataclass(frozen=True)
class Scored:
    """people: their names. values: (people,) float, less is better."""

    people: tuple[str, ...]
    values: np.ndarray


def known(name: str, score: Score) -> Known:
    """What is compared.

    Raises:
        UserError: there is no such protocol, or nobody said what of it.
    """
    if score.protocol not in PROTOCOLS:
        raise UserError(f"scores.{name}: no protocol '{score.protocol}'{did_you_mean(score.protocol, PROTOCOLS)}")
    usual = KNOWN.get(score.protocol)
    if usual is None and (score.measure is None or score.unit is None):
        raise UserError(f"scores.{name}: say what of {score.protocol} is compared: give its measure and its unit")
    usual = usual or Known("", "", "")
    same = score.measure in (None, usual.measure)
    measure = usual.measure if score.measure is None else score.measure
    return Known(measure, usual.of if same else measure, usual.person if score.unit is None else score.unit)


def settings_of(name: str, score: Score) -> Any:
    """The protocol's settings, without the network. Raises UserError for a key or value that it has not."""
    return from_plain(load_protocol(score.protocol).settings, score.settings, f"scores.{name}.settings")


def score_network(name: str, score: Score, weights: Path, folder: Path) -> Scored:
    """The network's values, measured where `folder` does not hold them yet (`NAME.json`, `NAME.values.json`)."""
    settings = settings_of(name, score)
    plain = {"protocol": score.protocol, "settings": to_plain(settings), "network": digest(weights)}

    def work() -> None:
        result = load_protocol(score.protocol).run(changed(settings, {"network": str(weights)}, "the score"))
        result.write(folder, name, ["synth2real", "feedback"])

    stage(folder, plain, work)
    return values_of(read_json(folder / f"{name}.values.json")["values"], known(name, score))


def values_of(values: Sequence[Mapping[str, Any]], what: Known) -> Scored:
    """One value a person: the mean over that person's images, and in each over the points where there are several."""
    of_person: dict[str, list[float]] = {}
    for value in values:
        if what.measure not in value:
            raise UserError(f"the protocol's values have no '{what.measure}'{did_you_mean(what.measure, value)}")
        found = value[what.measure]
        numbers = list(found.values()) if isinstance(found, Mapping) else found
        person = str(value[what.person]) if what.person else ""
        of_person.setdefault(person, []).append(float(np.mean(np.asarray(numbers, np.float64))))
    return Scored(tuple(of_person), np.array([np.mean(each) for each in of_person.values()]))
