"""YAML as it is loaded here: safe, without tags of Python, and without keys that stand twice."""

from __future__ import annotations

from typing import Any

import yaml

MOST_CHARACTERS = 50_000  # twenty times the longest of ours: reading so many takes a second
MOST_KEYS = 1000  # of one mapping, with those that it merges: a few lines can merge a few over and over


def load_yaml(text: str) -> Any:
    """Plain values.

    Raises:
        KeyTwice: a key stands twice in one mapping. yaml.YAMLError: it is no YAML, too long, or says that a value is of
            a kind that it is not. RecursionError: it nests too deeply.
    """
    if len(text) > MOST_CHARACTERS:
        raise yaml.YAMLError(f"it is longer than {MOST_CHARACTERS:,} characters")
    try:
        return yaml.load(text, _OnceLoader)
    except (ValueError, TypeError, LookupError, AttributeError) as error:  # `!!int x`, `!!bool x`, `2001-99-99`
        raise yaml.YAMLError(f"a value is not of its kind ({error})") from None


class KeyTwice(Exception):
    """Which key stands twice in one mapping; YAML forbids it, and a plain loader would take the last one."""


class _OnceLoader(yaml.SafeLoader):
    def construct_mapping(self, node: yaml.MappingNode, deep: bool = False) -> dict[Any, Any]:
        keys: set[Any] = set()
        for key, _ in node.value:
            if isinstance(key, yaml.ScalarNode):
                if key.value in keys:
                    raise KeyTwice(f"'{key.value}'")
                keys.add(key.value)
        return super().construct_mapping(node, deep)

    def flatten_mapping(self, node: yaml.MappingNode) -> None:
        super().flatten_mapping(node)
        if len(node.value) > MOST_KEYS:
            raise yaml.YAMLError(f"a mapping has more than {MOST_KEYS:,} keys")
