"""The command line ``yzgeo``."""

from .application import main as main
