"""Joints: closed forms, batches and gradients."""

import torch

from recon.faces.articulation import JAW, NECK, ROOT, Articulation, rotation_matrices


def small(dtype: torch.dtype = torch.float64) -> Articulation:
    """Six vertices; the joints lie at the first five, a vertex follows its own joint, the last two of them."""
    weights = torch.eye(6, 5, dtype=dtype)
    weights[5, [NECK, JAW]] = 0.5
    correctives = torch.randn(36, 6, 3, dtype=dtype, generator=torch.Generator().manual_seed(0))
    return Articulation(torch.eye(5, 6, dtype=dtype), torch.zeros(5, 3, dtype=dtype), weights, correctives)


def test_a_quarter_turn_and_its_gradient_at_rest():
    quarter = rotation_matrices(torch.tensor([torch.pi / 2, 0.0, 0.0], dtype=torch.float64))
    assert torch.allclose(quarter @ quarter.new_tensor([0.0, 1, 0]), quarter.new_tensor([0.0, 0, 1]))
    rest = torch.zeros(3, dtype=torch.float64, requires_grad=True)
    assert torch.autograd.gradcheck(rotation_matrices, rest)
    assert torch.autograd.gradcheck(
        rotation_matrices, torch.tensor([0.3, -1, 0.2], dtype=torch.float64).requires_grad_()
    )


def test_joints_stay_where_they_are_attached_and_the_root_turns_all():
    joints = small()
    shape = torch.randn(6, 3, dtype=torch.float64, generator=torch.Generator().manual_seed(1))
    pose = torch.zeros(5, 3, dtype=torch.float64)
    assert torch.allclose(joints.posed(shape, rotation_matrices(pose)), shape, atol=1e-6)
    pose[ROOT] = torch.tensor([0.2, 0.5, -0.1])
    turned = rotation_matrices(pose)
    wanted = (shape - shape[0]) @ turned[ROOT].T + shape[0]
    assert torch.allclose(joints.posed(shape, turned), wanted, atol=1e-6), "no corrective is of the root"


def test_batches_are_each_by_itself_and_gradients_flow():
    joints = small()
    generator = torch.Generator().manual_seed(2)
    shapes = torch.randn(3, 6, 3, dtype=torch.float64, generator=generator, requires_grad=True)
    poses = torch.randn(3, 5, 3, dtype=torch.float64, generator=generator, requires_grad=True)
    together = joints.posed(shapes, rotation_matrices(poses))
    for k in range(3):
        assert torch.allclose(together[k], joints.posed(shapes[k], rotation_matrices(poses[k])))
    assert torch.autograd.gradcheck(lambda s, p: joints.posed(s, rotation_matrices(p)), (shapes[:1], poses[:1]))
