"""Skin read off photos and the linear space of it that drawn people's skins come from."""
