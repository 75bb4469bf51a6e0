"""Private hubs: their contents, versions of those, and references to contents of the public hub."""
