"""Stand-in for the RPi.GPIO module, so that programs for a Raspberry Pi run on any computer.

Every call that would touch the hardware is reported as one short text: `setmode BCM`, `setup 13 OUT`,
`output 13 1`, `pwm 13 50.0`, `cleanup`. With GPIO_SOCKET in the environment each text goes as one
datagram to the Unix socket at that path; without it, it is printed on standard error, so that a student
without a Raspberry Pi can see what the pins would do.

Where the real module would raise because a step is missing (no mode, pin not set up), this one warns and
goes on: the report then names that one mistake instead of everything that comes after it.
"""

import os
import socket
import sys

BOARD = 10
BCM = 11
OUT = 0
IN = 1
LOW = 0
HIGH = 1
PUD_OFF = 20
PUD_DOWN = 21
PUD_UP = 22
RISING = 31
FALLING = 32
BOTH = 33
RPI_INFO = {"TYPE": "stand-in", "P1_REVISION": 3}
RPI_REVISION = 3
VERSION = "0.7.1"

_MODE_NAMES = {BOARD: "BOARD", BCM: "BCM"}
_mode = None
_directions = {}
_levels = {}
_socket = None


def _report(text):
    """Hands one line to whoever watches the pins."""
    global _socket
    path = os.environ.get("GPIO_SOCKET")
    if not path:
        print("[GPIO] " + text, file=sys.stderr, flush=True)
        return
    try:
        if _socket is None:
            _socket = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
        _socket.sendto(text.encode(), path)
    except OSError as error:
        print("[GPIO] cannot report to %s: %s" % (path, error), file=sys.stderr, flush=True)


def _warn(text):
    print("[GPIO] warning: " + text, file=sys.stderr, flush=True)


def _each(channel):
    """One channel, or a list or tuple of them, as a list of ints."""
    channels = list(channel) if isinstance(channel, (list, tuple)) else [channel]
    for number in channels:
        if isinstance(number, bool) or not isinstance(number, int):
            raise ValueError("Channel must be an integer or list/tuple of integers")
    return channels


def _level_of(value):
    return HIGH if value else LOW


def setmode(mode):
    """Chooses how pins are numbered: BCM (the chip's names) or BOARD (positions on the header)."""
    global _mode
    if mode not in _MODE_NAMES:
        raise ValueError("An invalid mode was passed to setmode()")
    if _mode is not None and _mode != mode:
        raise ValueError("A different mode has already been set!")
    _mode = mode
    _report("setmode " + _MODE_NAMES[mode])


def getmode():
    """The numbering chosen, or None."""
    return _mode


def setwarnings(flag):
    """Accepted and without effect."""
    del flag


def setup(channel, direction, pull_up_down=PUD_OFF, initial=None):
    """Makes one or several pins inputs or outputs."""
    del pull_up_down
    if direction not in (IN, OUT):
        raise ValueError("An invalid direction was passed to setup()")
    for number in _each(channel):
        _report("setup %d %s" % (number, "OUT" if direction == OUT else "IN"))
        if _mode is None:
            _warn("setup(%d) before setmode(): the real module raises RuntimeError here" % number)
        _directions[number] = direction
        if direction == OUT and initial is not None:
            _write(number, _level_of(initial))


def output(channel, value):
    """Writes a level to one pin, or levels to several."""
    channels = _each(channel)
    values = list(value) if isinstance(value, (list, tuple)) else [value] * len(channels)
    if len(values) != len(channels):
        raise RuntimeError("Number of channels != number of values")
    for number, level in zip(channels, values):
        _write(number, _level_of(level))


def _write(number, level):
    _report("output %d %d" % (number, level))
    if _directions.get(number) != OUT:
        _warn("output(%d) before setup(%d, OUT): the real module raises RuntimeError here" % (number, number))
    _levels[number] = level


def input(channel):
    """The level of a pin: what was written last; LOW for a pin never written."""
    if channel not in _directions:
        _warn("input(%d) before setup(%d, …): the real module raises RuntimeError here" % (channel, channel))
    return _levels.get(channel, LOW)


def gpio_function(channel):
    """IN or OUT; IN for a pin that was never set up."""
    return _directions.get(channel, IN)


def cleanup(channel=None):
    """Gives pins back: all of them, or those named."""
    global _mode
    if channel is None:
        if _directions:
            _report("cleanup")
        _directions.clear()
        _levels.clear()
        _mode = None
        return
    for number in _each(channel):
        _report("cleanup %d" % number)
        _directions.pop(number, None)
        _levels.pop(number, None)


def add_event_detect(channel, edge, callback=None, bouncetime=None):
    """Accepted; nothing ever changes an input here, so no edge is seen."""
    del channel, edge, callback, bouncetime


def remove_event_detect(channel):
    """Accepted and without effect."""
    del channel


def event_detected(channel):
    """Always False."""
    del channel
    return False


class PWM:
    """Pulse width modulation: its duty cycle is reported, and the pin counts as high while it is not 0."""

    def __init__(self, channel, frequency):
        if frequency <= 0:
            raise ValueError("frequency must be greater than 0.0")
        self._channel = channel
        self._running = False
        if _directions.get(channel) != OUT:
            _warn("PWM(%d) before setup(%d, OUT): the real module raises RuntimeError here" % (channel, channel))

    def start(self, duty_cycle):
        """Begins to pulse with this duty cycle in percent."""
        self._running = True
        self.ChangeDutyCycle(duty_cycle)

    def ChangeDutyCycle(self, duty_cycle):
        """Changes the duty cycle, 0 to 100."""
        if not 0.0 <= duty_cycle <= 100.0:
            raise ValueError("dutycycle must have a value from 0.0 to 100.0")
        if self._running:
            _report("pwm %d %s" % (self._channel, float(duty_cycle)))
            level = HIGH if duty_cycle else LOW
            if _levels.get(self._channel) != level:
                _write(self._channel, level)

    def ChangeFrequency(self, frequency):
        """Accepted; pulses are not simulated."""
        if frequency <= 0:
            raise ValueError("frequency must be greater than 0.0")

    def stop(self):
        """Ends the pulses; the pin is low afterwards."""
        if self._running:
            self._running = False
            _write(self._channel, LOW)
