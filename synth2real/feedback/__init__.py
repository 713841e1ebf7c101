"""The loop closed: networks trained anew on what the generator made, beside networks that saw renders alone."""
