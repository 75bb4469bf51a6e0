"""Studio: what its domains, users, spaces, apps and images check, and its operations that are no plain resource."""
