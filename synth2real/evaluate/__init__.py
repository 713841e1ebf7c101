"""What a generator is worth: realism and geometry, side by side."""
