"""Chooses what is withheld. It shares no code with the attack: only the names and rules one folder up."""
