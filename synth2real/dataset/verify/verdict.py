"""What is said of a dataset that was looked through."""

from __future__ import annotations

from dataclasses import dataclass, field, replace


@dataclass(frozen=True)
class Finding:
    """One thing that is wrong, in rows `row` to `last` of a file (from 0 on), or in the file where `row` is None."""

    file: str
    text: str
    row: int | None = None
    last: int | None = None
    index: int | None = None

    def __str__(self) -> str:
        if self.row is None:
            return f"{self.file}: {self.text}"
        if self.last != self.row:
            return f"{self.file} rows {self.row} to {self.last}: {self.text}"
        index = "" if self.index is None else f" (index {self.index})"
        return f"{self.file} row {self.row}{index}: {self.text}"


@dataclass
class Verdict:
    """What was found. rows: that were read. remade: rows that were made again. wrong: the list. notes: what can't be
    known, or was done.
    """

    rows: int = 0
    remade: int = 0
    wrong: list[Finding] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)

    def __str__(self) -> str:
        head = f"{len(self.wrong)} things are wrong" if self.wrong else "nothing is wrong"
        said = f"{head}: {self.rows} rows read, {self.remade} of them made again"
        return "\n".join([*map(str, self.wrong), *self.notes, said])

    def add(self, finding: Finding) -> None:
        """Add it, or lengthen the one before, which says the same of the row before."""
        before = self.wrong[-1] if self.wrong else None
        if (
            before is not None
            and finding.row is not None
            and (before.file, before.text, before.last) == (finding.file, finding.text, finding.row - 1)
        ):
            self.wrong[-1] = replace(before, last=finding.row)
        else:
            self.wrong.append(replace(finding, last=finding.row))
