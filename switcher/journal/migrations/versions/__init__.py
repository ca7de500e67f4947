"""The migrations, named after what each brings."""
