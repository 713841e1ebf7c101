"""Faces rendered in torch for losses: the exact rasteriser says which triangle a pixel sees, torch all that follows.

Gradients flow to shape, camera, light, albedo and normals, the same on CPU and CUDA. Which triangle is seen has none:
the silhouette moves by the landmarks' losses, not by the picture's.
"""
