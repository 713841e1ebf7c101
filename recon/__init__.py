"""Face reconstruction: face models, renderer with exact labels, networks, training and evaluation.

Data flows downward through the rooms: geometry, faces, render, synthesis, nets, losses, train, mesh, evaluate.
"""
