import torch

from synth2real.gan.drift import label_drift
from synth2real.gan.geometry_loss import GeometryLoss, GeometryLossConfig
from tests.fakes import of_maps
from tests.synth2real.gan_fakes import BrightIsFace, TinyReconstructor, render_batch


def loss_of(loss: GeometryLoss, translated, batch):
    return loss(loss.predict(translated), loss.observe(batch["rgb"]), batch)


def test_the_identity_costs_nothing_whatever_the_mode():
    loss = GeometryLoss(TinyReconstructor(), GeometryLossConfig()).train()
    batch = render_batch(0)
    assert float(loss_of(loss, batch["rgb"], batch)) == 0.0


def test_gradients_reach_the_image_and_not_the_network():
    loss = GeometryLoss(TinyReconstructor(), GeometryLossConfig())
    batch = render_batch(0)
    image = (batch["rgb"] + 0.1 * torch.randn_like(batch["rgb"])).requires_grad_()
    loss_of(loss, image, batch).backward()
    assert image.grad is not None and image.grad.abs().sum() > 0
    assert all(p.grad is None and not p.requires_grad for p in loss.reconstructor.parameters())


def test_coordinates_outside_the_face_do_not_count_but_the_mask_does():
    batch = render_batch(0)
    moved = batch["rgb"].clone()
    moved[:, :, :3, :3] += 0.5  # more than the network's two pixels of reach away from the face
    coordinates_only = GeometryLoss(TinyReconstructor(), GeometryLossConfig(mask=0.0))
    assert float(loss_of(coordinates_only, moved, batch)) == 0.0
    with_mask = GeometryLoss(TinyReconstructor(), GeometryLossConfig(mask=1.0))
    assert float(loss_of(with_mask, moved, batch)) > 0.0


def test_a_face_that_grows_is_punished_in_proportion():
    batch = render_batch(0)
    batch["rgb"] = 0.8 * batch["mask"].expand(-1, 3, -1, -1)
    loss = GeometryLoss(BrightIsFace(), GeometryLossConfig(mask=1.0))
    costs = []
    for rows in (0, 2, 4):
        grown = batch["rgb"].clone()
        grown[:, :, 8 - rows : 8] = 0.8
        costs.append(float(loss_of(loss, grown, batch)))
    assert costs[0] == 0.0
    assert costs[2] > 0.1
    assert abs(costs[2] - 2 * costs[1]) < 1e-5


def test_the_mouth_weighs_more():
    batch = render_batch(0)
    batch["correspondence"] = torch.full_like(batch["rgb"], 0.5)
    moved = batch["rgb"] + 0.05
    here, elsewhere = torch.rand(20, 3) * 0.1 + 0.45, torch.rand(20, 3) * 0.01 + 5.0
    at_mouth = loss_of(GeometryLoss(TinyReconstructor(), GeometryLossConfig(mask=0.0, mouth=1.0), here), moved, batch)
    away = loss_of(GeometryLoss(TinyReconstructor(), GeometryLossConfig(mask=0.0, mouth=1.0), elsewhere), moved, batch)
    plain = loss_of(GeometryLoss(TinyReconstructor(), GeometryLossConfig(mask=0.0)), moved, batch)
    torch.testing.assert_close(away, plain)
    assert 1.5 * float(plain) < float(at_mouth) <= 2 * float(plain) * (1 + 1e-5)


def test_drift_of_a_known_shift():
    mask = render_batch(0)["mask"]
    zeros = torch.zeros(2, 3, 32, 32)
    shifted = zeros.clone()
    shifted[:, 0], shifted[:, 2] = 3.0, -4.0  # a length of 5 mm
    half = mask.clone()
    half[:, :, :16] = 0
    drift = label_drift(of_maps(mask, zeros, zeros), of_maps(half, shifted, zeros), mask)
    torch.testing.assert_close(drift["drift_mm"], torch.full((2,), 5.0))
    torch.testing.assert_close(drift["mask_iou"], torch.full((2,), 0.5))
    assert drift["drift_correspondence"].abs().max() == 0


def test_no_face_in_either_answer_is_full_agreement():
    zeros = torch.zeros(1, 3, 8, 8)
    empty = of_maps(zeros[:, :1], zeros, zeros)
    assert float(label_drift(empty, empty, zeros[:, :1] + 1)["mask_iou"]) == 1.0


def test_where_no_face_is_in_the_image_there_is_no_drift():
    zeros = torch.zeros(2, 3, 8, 8)
    mask = zeros[:, :1].clone()
    mask[1] = 1
    drift = label_drift(of_maps(mask, zeros, zeros), of_maps(mask, zeros + 1, zeros), mask)
    assert all(value.isnan().tolist() == [True, False] for value in drift.values())
