"""What installs Understudy; `python -m deploy` writes the part that follows from other files."""
