"""A photo to faces, meshes, textures and the files that show them."""
