"""Reads and attacks tables that somebody else published."""
