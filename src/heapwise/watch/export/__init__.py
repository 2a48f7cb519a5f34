"""What is watched, told to other systems."""
