"""Networks, each behind `base.Reconstructor`; their weights load strictly or fail loudly (`weights`)."""
