"""Coverage-guided fuzzing: `targets` say what must hold, `run.py` searches for inputs for which it does not."""
