"""A batch of a track as bytes: columns of differences, compressed; about eight bytes a point.

Times are kept to the millisecond, degrees to 1e-7 (a centimetre), accuracies to a decimetre.
"""

import zlib

import numpy as np
from numpy.typing import NDArray

from services.patrol.domain.track import Floats, Track

# The first byte says how the rest is laid out.
_FORM = 1
_COLUMNS = 6
_MS, _DEGREE, _DECIMETRE = 1e3, 1e7, 10.0
_NONE = -1


def packed(track: Track) -> bytes:
    """Return a track as bytes."""
    phone_ms = _whole(track.phone_at, _MS)
    accuracy = np.where(np.isnan(track.accuracy_m), _NONE / _DECIMETRE, track.accuracy_m)
    columns = (
        track.seq,
        phone_ms,
        _whole(track.at, _MS) - phone_ms,
        _whole(track.lon, _DEGREE),
        _whole(track.lat, _DEGREE),
        _whole(accuracy, _DECIMETRE),
    )
    differences = np.stack([np.diff(column, prepend=0) for column in columns]).astype("<i8")
    # Bytes of one weight beside each other: most of them are nought.
    planes = differences.view(np.uint8).reshape(_COLUMNS, -1, 8).transpose(0, 2, 1)
    return bytes([_FORM]) + zlib.compress(planes.tobytes(), 9)


def unpacked(body: bytes) -> Track:
    """Return the track that `packed` made into bytes."""
    planes = np.frombuffer(zlib.decompress(body[1:]), np.uint8).reshape(_COLUMNS, 8, -1)
    differences = np.ascontiguousarray(planes.transpose(0, 2, 1)).view("<i8")[..., 0]
    seq, phone_ms, shift, lon, lat, accuracy = np.cumsum(differences, axis=1)
    return Track(
        seq=seq,
        at=(phone_ms + shift) / _MS,
        phone_at=phone_ms / _MS,
        lon=lon / _DEGREE,
        lat=lat / _DEGREE,
        accuracy_m=np.where(accuracy == _NONE, np.nan, accuracy / _DECIMETRE),
    )


def _whole(values: Floats, unit: float) -> NDArray[np.int64]:
    return np.rint(values * unit).astype(np.int64)
