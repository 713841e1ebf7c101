"""VRN (Jackson et al., 2017): direct volumetric regression of the head from one image."""
