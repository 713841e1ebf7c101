"""From predicted maps to meshes: the map's own mesh, its camera, and a template registered to it."""
