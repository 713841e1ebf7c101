"""A person's reconstruction moved: other expressions, another jaw, another's motion, another's wrinkles."""
