"""Irises, pupils, whites and veins."""
