from __future__ import annotations

import numpy as np

from recon.reconstruction.look_sheet import HIDDEN, SEEN, dotted


def test_dots_lie_where_they_are_told_in_their_colours() -> None:
    grey = np.full((40, 40, 3), 128, np.uint8)
    shown = dotted(grey, np.array([[10.5, 20.5], [30.5, 5.5], [-9.0, 70.0]]), [SEEN, HIDDEN, SEEN])
    assert shown[20, 10].tolist() == list(SEEN) and shown[5, 30].tolist() == list(HIDDEN)
    changed = (shown != grey).any(2)
    assert 30 < changed.sum() < 90 and not changed[35:].any() and (grey == 128).all()
