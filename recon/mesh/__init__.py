"""From an image to a mesh: faces found in photos, maps to meshes, registration, fine detail, results."""
