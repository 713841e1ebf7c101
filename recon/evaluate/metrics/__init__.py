"""One measure a file: closed forms on arrays, no files, no networks."""
