"""One module a command, named after it; `registry` lists them and loads only the one that is wanted."""
