"""Edge Manager: fleets of devices, and plans to bring models to them. No device ever answers: nothing is deployed."""
