"""What the node answers, a module for each kind of question."""
