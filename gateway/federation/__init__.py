"""What founders and members do with their keys and files; the commands are thin over it."""
