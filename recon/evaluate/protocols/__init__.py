"""A protocol is a metric with frozen numbers under one name."""
