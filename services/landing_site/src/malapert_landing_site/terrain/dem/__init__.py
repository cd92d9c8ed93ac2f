"""Reading digital elevation models: every fault of a file is told with the file's name and field."""
