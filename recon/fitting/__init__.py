"""A face model fitted to photos: records with labels where no truth was drawn, kept only where they can be checked."""
