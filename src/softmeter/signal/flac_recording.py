"""Waveforms as FLAC (RFC 9639), decoded by libsndfile (the extra `flac`)."""

from fractions import Fraction
from typing import BinaryIO

from softmeter.errors import ConfigurationError
from softmeter.signal.extra import extra_module
from softmeter.signal.track import Track

MAX_SAMPLES = 1 << 28
"""Of all channels together."""
_MARK = b"fLaC"


def read_flac(stream: BinaryIO, name: str) -> Track:
    """The channels "1", "2", … of an open FLAC file, as fractions of full scale.

    Raises:
        ConfigurationError: it cannot be read.
    """
    library = extra_module("soundfile", "flac", name)
    if stream.read(len(_MARK)) != _MARK:
        raise ConfigurationError("is no FLAC file: it does not begin with fLaC", f"{name}:0")
    stream.seek(0)
    try:
        with library.SoundFile(stream) as file:
            rate, declared = file.samplerate, file.frames
            if declared * file.channels > MAX_SAMPLES:
                raise ConfigurationError(f"holds {declared} samples, which are too many", name)
            values = file.read(dtype="float64", always_2d=True)
    except (library.LibsndfileError, RuntimeError, OSError, ValueError) as error:
        reason = getattr(error, "error_string", str(error))
        raise ConfigurationError(f"is no readable FLAC file ({reason})", name) from error
    if not len(values):
        raise ConfigurationError("holds no sample", name)
    findings = []
    if 0 < len(values) < declared:
        findings.append(f"{name}:sample {len(values) + 1}: the file ends here; {declared} samples were announced")
    channels = {str(number + 1): values[:, number].copy() for number in range(values.shape[1])}
    return Track(Fraction(rate), channels, {}, findings=tuple(findings))
