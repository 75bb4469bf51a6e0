"""Model cards: versions of a document about a model, and its export as PDF."""
