"""Search and GetSearchSuggestions over every resource type that the model's ``SearchRecord`` has."""
