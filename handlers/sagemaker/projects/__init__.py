"""Projects and the applications beside Studio: what their rows check, and the service catalog's switch."""
