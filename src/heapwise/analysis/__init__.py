"""From a recording to figures: pure functions over the model."""
