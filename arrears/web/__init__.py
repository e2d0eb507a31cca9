"""The web console: pages drawn by the server for people in a browser."""
