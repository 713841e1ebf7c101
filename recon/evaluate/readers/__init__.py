"""Published sets as they lie on a disk, one a file; what a folder lacks is named in one sentence."""
