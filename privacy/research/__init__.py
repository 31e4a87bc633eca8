"""Record-level extracts for studies, and the check of what researchers bring back."""
