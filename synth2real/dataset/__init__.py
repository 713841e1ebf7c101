"""Datasets of realistic faces: jobs, translation, cards and galleries."""
