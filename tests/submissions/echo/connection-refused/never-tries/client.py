import sys

HOST = "127.0.0.1"
PORT = 65432

print(f"Error: connection to {HOST}:{PORT} refused")
sys.exit(1)
