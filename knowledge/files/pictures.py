"""Pictures made anew: upright, without what a camera notes about place and person, in three sizes of WebP."""

from __future__ import annotations

import io
import warnings
from pathlib import Path

from PIL import Image, ImageCms, ImageOps

from knowledge.content.fields import N_
from knowledge.content.media import WIDTHS
from knowledge.files.refusal import Refusal
from knowledge.files.store import NO_ROOM

MOST_PIXELS = 50_000_000
ROOM = 2 * WIDTHS[-1]  # no side is longer while we work on it
QUALITY = 78
DAMAGED = N_("“{name}” is damaged or cut off. Please open it on your device, save it anew and add it then.")
TOO_MANY = N_("“{name}” has {pixels} million pixels; at most {most} million are taken. Please make it smaller.")


def make(path: Path, folder: Path) -> dict[str, tuple[int, int]]:
    """Write the sizes of a picture into a folder, each under its name; width and height of each. Raises Refusal."""
    warnings.simplefilter("error", Image.DecompressionBombWarning)
    Image.MAX_IMAGE_PIXELS = MOST_PIXELS
    try:
        with Image.open(path, formats=("JPEG", "PNG", "WEBP", "GIF")) as opened:
            _check_pixels(*opened.size)
            picture = _upright(opened)
        return {str(width): _write(picture, width, folder / str(width)) for width in _widths(picture.width)}
    except (Image.DecompressionBombWarning, Image.DecompressionBombError) as error:
        raise Refusal(TOO_MANY, pixels="> 50", most=MOST_PIXELS // 1_000_000) from error
    except Refusal:
        raise
    except Exception as error:  # a decoder raises what it likes at a damaged file
        if isinstance(error, OSError) and error.errno in NO_ROOM:
            raise
        raise Refusal(DAMAGED) from error


def _check_pixels(width: int, height: int) -> None:
    if width * height > MOST_PIXELS:
        raise Refusal(TOO_MANY, pixels=width * height // 1_000_000, most=MOST_PIXELS // 1_000_000)


def _upright(opened: Image.Image) -> Image.Image:
    """The first frame in plain colours, no larger than we need it."""
    opened.draft("RGB", (ROOM, ROOM))  # a JPEG is then decoded at a half or a quarter of its size
    opened.load()
    profile = opened.info.get("icc_profile")
    picture = ImageOps.exif_transpose(opened)
    picture.thumbnail((ROOM, ROOM), reducing_gap=3)
    if picture.mode.startswith(("I", "F")):
        picture = picture.convert("I").point(lambda value: value * (1 / 256)).convert("L")
    clear = "A" in picture.getbands() or "transparency" in picture.info
    picture = _standard(picture.convert("RGBA" if clear else "RGB") if picture.mode != "CMYK" else picture, profile)
    picture.info = {}
    return picture


def _standard(picture: Image.Image, profile: bytes | None) -> Image.Image:
    """Colours as every screen understands them, since the picture's own profile is not kept."""
    plain = "RGBA" if picture.mode == "RGBA" else "RGB"
    if profile and len(profile) < 1_000_000:
        try:
            source = ImageCms.ImageCmsProfile(io.BytesIO(profile))
            made = ImageCms.profileToProfile(picture, source, ImageCms.createProfile("sRGB"), outputMode=plain)
            if made is not None:
                return made
        except (ImageCms.PyCMSError, OSError, ValueError):
            pass  # a profile of another kind of colours: they are taken as they are
    return picture.convert(plain)


def _widths(width: int) -> list[int]:
    """Those smaller than the picture, and the picture's own or the largest: nothing is blown up."""
    return [w for w in WIDTHS if w < width] + ([] if width > WIDTHS[-1] else [width])


def _write(picture: Image.Image, width: int, target: Path) -> tuple[int, int]:
    height = max(1, round(picture.height * width / picture.width))
    sized = picture if width == picture.width else picture.resize((width, height), Image.Resampling.LANCZOS)
    sized.save(target, "WEBP", quality=QUALITY, method=4, exif=b"", xmp=b"", icc_profile=b"")
    return width, height
