"""The site that a request is for."""

from __future__ import annotations

from typing import cast

from flask import Flask, current_app

from knowledge.services.site import Site as Site


def site() -> Site:
    """The site this request is for."""
    return cast(Site, current_app.extensions["praxis"])


def extension(app: Flask) -> Site:
    """The site of an application outside a request."""
    return cast(Site, app.extensions["praxis"])
