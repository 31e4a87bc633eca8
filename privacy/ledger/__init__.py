"""Everything ever released, and the protection and attack of what comes after it."""
