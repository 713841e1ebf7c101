"""From a network's maps to a mesh: registration of a template, fine detail from the photo."""
