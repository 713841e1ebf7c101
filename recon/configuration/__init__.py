"""Typed configuration: a frozen dataclass from a YAML file and `--key value` overrides.

    config = read_config(TrainConfig, Path("configs/recon/pix2vertex.yaml"), {"steps": "100", "net.width": "32"})

Keys nest as the dataclasses do; an override names a nested field with dots. jsonargparse checks and reads each value.
Whatever a user can get wrong (a missing file, broken YAML, an unknown key, a wrong type, a number out of its range) is
a `UserError` of one sentence. `settings_of` lists a dataclass's settings with type, default, range and meaning: the
dataclass is the one place that says them, its fields the first three and its docstring the last.
"""

from recon.configuration.fields import bounded, positional
from recon.configuration.meanings import Setting, settings_of
from recon.configuration.reading import changed, from_plain, from_words, read_config, read_yaml
from recon.configuration.writing import flat, to_plain, write_config

__all__ = [
    "Setting",
    "bounded",
    "changed",
    "flat",
    "from_plain",
    "from_words",
    "positional",
    "read_config",
    "read_yaml",
    "settings_of",
    "to_plain",
    "write_config",
]
