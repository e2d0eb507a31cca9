"""What people touch: settings, wiring, command line, HTTP API, web console, file imports, delivery."""
