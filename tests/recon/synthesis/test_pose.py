import pytest

from recon.synthesis.pose import angles_deg, head_rotation


@pytest.mark.parametrize("angles", [(0.0, 0.0, 0.0), (30.0, -10.0, 5.0), (-60.0, 20.0, -15.0)])
def test_angles_undo_the_rotation(angles):
    assert angles_deg(head_rotation(*angles).astype(float)) == pytest.approx(angles, abs=1e-3)
