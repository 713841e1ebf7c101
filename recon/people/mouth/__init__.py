"""The inside of a mouth: teeth, gums and tongue."""
