"""Photos as they come from cameras and folders: read, faces detected, framed like the renders."""
