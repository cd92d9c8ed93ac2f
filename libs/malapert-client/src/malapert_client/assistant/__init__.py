"""A Model Context Protocol server that lets an assistant ask a platform; it changes nothing there."""
