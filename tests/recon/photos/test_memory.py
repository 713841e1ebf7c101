"""What a large photo costs in memory: a small multiple of its own pixels, whatever is done with it."""

import subprocess
import sys

import numpy as np
import pytest
from PIL import Image

MEASURED = """
import resource, sys
from pathlib import Path
import numpy as np
from recon.photos.detection import face_boxes, far_boxes
from recon.photos.framing import Framing, frame
from recon.photos.reading import read_photo
from recon.photos.region import region_of
def peak(): return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
before = peak()
photo = read_photo(Path(sys.argv[1]))
face_boxes(photo, thorough=True)
far_boxes(photo)
whole = Framing(np.array([4000.0, 3000.0]), 2000.0, 0.2)
frame(photo, whole, 128)
region_of(photo, whole)
print(peak() - before)
"""


@pytest.mark.slow
def test_a_photo_of_48_megapixels_costs_less_than_600_megabytes(tmp_path):
    noise = np.random.default_rng(0).integers(0, 255, (60, 80, 3), dtype=np.uint8)
    Image.fromarray(noise).resize((8000, 6000), Image.Resampling.BICUBIC).save(tmp_path / "large.jpg")
    done = subprocess.run(
        [sys.executable, "-c", MEASURED, str(tmp_path / "large.jpg")], capture_output=True, text=True, check=True
    )
    assert float(done.stdout) < 600
