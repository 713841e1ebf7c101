"""Cameras, surfaces, fits. The conventions of the whole project, said once:

- Millimetres; radians inside, degrees at the command line and in names ending in `_deg`.
- Camera frame right-handed: x right, y up, z toward the viewer; the camera at the origin looks down -z.
- Image row 0 on top; pixel centres at +0.5, so pixel (row r, column c) is centred at u = c + 0.5, v = r + 0.5.
- Depth and position maps: camera frame minus the place of one fixed template point, the nasion (landmark 27); NaN or
  masked where there is nothing, never 0 taken for depth.
- Correspondence maps: x, y, z of the canonical face scaled to [0, 1].
- Triangles counter-clockwise seen from outside.
"""
