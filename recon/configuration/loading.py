"""YAML as it is loaded here: safe, without tags of Python, and without keys that stand twice."""

from __future__ import annotations

from typing import Any

import yaml


def load_yaml(text: str) -> Any:
    """Plain values.

    Raises:
        KeyTwice: a key stands twice in one mapping. yaml.YAMLError: it is no YAML. RecursionError: it nests too deeply.
    """
    return yaml.load(text, _OnceLoader)


class KeyTwice(Exception):
    """Which key stands twice in one mapping; YAML forbids it, and a plain loader would take the last one."""


class _OnceLoader(yaml.SafeLoader):
    def construct_mapping(self, node: yaml.MappingNode, deep: bool = False) -> dict[Any, Any]:
        keys = [key.value for key, _ in node.value if isinstance(key, yaml.ScalarNode)]
        for number, key in enumerate(keys):
            if key in keys[:number]:
                raise KeyTwice(f"'{key}'")
        return super().construct_mapping(node, deep)
