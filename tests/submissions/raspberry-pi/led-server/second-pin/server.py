import socket
import RPi.GPIO as GPIO

GPIO.setmode(GPIO.BOARD)
GPIO.setwarnings(False)
GPIO.setup([13, 19], GPIO.OUT)

s = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
s.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
s.bind(('0.0.0.0', 1234))
s.listen(5)

while True:
    conn, addr = s.accept()
    data = conn.recv(1024).decode().strip().lower()
    print(addr, data)
    GPIO.output(19, 1)
    GPIO.output(19, 0)
    if data == 'on':
        GPIO.output(13, True)
    elif data == 'off':
        GPIO.output(13, False)
    conn.close()
