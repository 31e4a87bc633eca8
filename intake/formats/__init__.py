"""Readers of senders' formats. Each turns files into text rows of the record types; none judges what the rows say."""
