"""Switches an LED on a Raspberry Pi on and off as network clients say."""

import socket

import RPi.GPIO as GPIO

HOST = ""  # every address of this machine
PORT = 1234
LED_PIN = 18


def obey(command):
    """Carries out one command; anything but on and off is ignored."""
    command = command.strip().lower()
    if command == "on":
        GPIO.output(LED_PIN, GPIO.HIGH)
    elif command == "off":
        GPIO.output(LED_PIN, GPIO.LOW)


def serve(client):
    """Obeys a client until it closes."""
    while True:
        data = client.recv(1024)
        if not data:
            break
        for command in data.decode(errors="replace").splitlines():
            obey(command)


def main():
    GPIO.setmode(GPIO.BCM)
    GPIO.setup(LED_PIN, GPIO.OUT)
    with socket.socket(socket.AF_INET, socket.SOCK_STREAM) as listener:
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listener.bind((HOST, PORT))
        listener.listen(1)
        try:
            while True:
                client, _ = listener.accept()
                with client:
                    try:
                        serve(client)
                    except ConnectionError as error:
                        print("client lost:", error)
        except KeyboardInterrupt:
            print("LED server stopped")
        finally:
            GPIO.cleanup()


if __name__ == "__main__":
    main()
