"""Where things stand on a sheet that goes into an envelope with a window; millimetres from its upper left."""

from dataclasses import dataclass
from typing import Literal

WindowName = Literal["din-5008-b", "din-5008-a", "uk-dl"]


@dataclass(frozen=True, slots=True)
class Window:
    """A sheet: the lines of the address, the line of return above them, the text, and marks on the edge.

    What stands between `address_top` and `address_bottom` is seen wherever the sheet slides to.
    """

    left: float
    right: float
    return_at: float
    address_top: float
    address_bottom: float
    about_top: float
    text_top: float
    folds: tuple[float, float]
    punch: float = 148.5


WINDOWS: dict[WindowName, Window] = {
    # DIN 5008:2020, form B: field of 85 × 45 mm at 20 and 45 mm, of it the lower 27.3 mm for the address
    "din-5008-b": Window(25, 105, 61.2, 62.7, 90, 50, 98.5, (105, 210)),
    # form A: all of it 18 mm higher
    "din-5008-a": Window(25, 105, 43.2, 44.7, 72, 32, 80.5, (87, 192)),
    # DL, 110 × 220 mm (BS 4264): window of 35 × 90 mm, 20 mm from the left and 18 mm from the bottom. Of a
    # sheet folded to 99 × 210 mm it shows what lies between 57 and 81 mm however it slides, from 20 to 100 mm
    "uk-dl": Window(24, 100, 59.2, 60.2, 80.5, 46, 98.5, (99, 198)),
}
