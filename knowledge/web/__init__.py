"""The web: one blueprint per audience. A view reads the request, calls one service, renders."""
