"""Switches an LED on and off (starter): fill in what is marked TODO."""

import socket

try:
    import RPi.GPIO as GPIO
except ImportError:
    GPIO = None  # not on a Raspberry Pi, and not under the checker

PORT = 1234
LED_PIN = 13


def main():
    # TODO: choose a numbering (setmode) and make LED_PIN an output (setup).
    listener = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
    # TODO: bind to port PORT, listen, accept clients.
    # TODO: switch the pin as the commands say.
    print("GPIO is", "here" if GPIO else "missing", "and pin", LED_PIN, "waits for port", PORT)
    listener.close()


if __name__ == "__main__":
    main()
