"""Accidents that must end well: races, kills, lost indexes, locked and full disks."""
