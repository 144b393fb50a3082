"""One function a command: wires the rooms together."""
