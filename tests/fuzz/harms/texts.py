"""Made to harm: texts."""

from __future__ import annotations


def yamls() -> dict[str, bytes]:
    laughs = "a0: &a0 [x, x]\n" + "".join(f"a{k}: &a{k} [{', '.join([f'*a{k - 1}'] * 9)}]\n" for k in range(1, 25))
    merged = "a0: &a0 {x: 1}\n" + "".join(
        f"a{k}: &a{k} {{<<: [*a{k - 1}, *a{k - 1}], k{k}: 1}}\n" for k in range(1, 30)
    )
    texts = {
        "a call": "a: !!python/object/apply:os.system ['touch ran']",
        "a module": "!!python/module:os",
        "laughs": laughs,
        "merged laughs": merged,
        "a digit too many": "seed: " + "9" * 5000,
        "no date": "a: 2001-99-99",
        "no whole number": "a: !!int x",
        "no truth": "a: !!bool x",
        "no number": "a: !!float ''",
        "an empty number": "a: !!int ''",
        "no time": "a: !!timestamp x",
        "itself": "&a [*a]",
        "a mapping of itself": "&a {a: *a}",
        "a key of itself": "&a {? *a : 1}",
        "deep": "[" * 20_000,
        "many keys": "\n".join(f"k{k}: 1" for k in range(20_000)),
        "long": "- a\n" * 400_000,
        "an ordered map": "!!omap [a, b]",
        "pairs": "!!pairs [[1]]",
        "not UTF-8": "a: é",
    }
    return {name: text.encode("latin1") for name, text in texts.items()}


def jsons() -> dict[str, bytes]:
    return {
        "deep": b"[" * 100_000,
        "deep objects": b'{"a":' * 100_000,
        "a long number": b'{"a": ' + b"9" * 10_000 + b"}",
        "a list": b"[1, 2]",
        "a number": b"1",
        "null": b"null",
        "not UTF-8": b'{"a": "\xff"}',
        "half of a letter": b'{"a": "\\ud800"}',
        "climbs out": b'{"../../x": {"sha256": "", "bytes": 1}, "/etc/hostname": {"sha256": "", "bytes": 1}}',
    }


def xmls() -> dict[str, bytes]:
    laughs = "<!DOCTYPE a [<!ENTITY a0 'ha'>" + "".join(f"<!ENTITY a{k} '{f'&a{k - 1};' * 10}'>" for k in range(1, 12))
    return {
        "laughs": f"{laughs}]><a>&a11;</a>".encode(),
        "a file": b"<!DOCTYPE a [<!ENTITY b SYSTEM 'file:///etc/hostname'>]><a><point x='1' y='1' z='&b;'/></a>",
        "deep": b"<a>" * 200_000,
    }


def csvs() -> dict[str, bytes]:
    return {
        "a field too long": b"file,left_eye_x\n" + b"a" * 200_000 + b",1\n",
        "a zero byte": b"file,left_eye_x\na\x00,1\n",
        "an open quote": b'file,"left\n' + b"a\n" * 100_000,
    }
