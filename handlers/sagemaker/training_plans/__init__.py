"""Training plans: capacity that is searched for, reserved, described. State only, and free: there are no machines."""
