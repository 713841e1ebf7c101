"""A face embedder: photos of one person near one another on a sphere, photos of different people apart."""
