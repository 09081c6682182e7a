"""What went wrong between smartset and a meter, in one line: what it was, and what to try next."""

from softmeter.apps.smartset.credentials import Login
from softmeter.apps.smartset.settings import Settings
from softmeter.dlms.acse import Diagnostic, Mechanism
from softmeter.dlms.refusals import (
    AssociationRefusedError,
    CounterTooLowError,
    ServiceRefusedError,
    WrongKeyError,
    WrongPasswordError,
)
from softmeter.errors import MeterError, SecurityError
from softmeter.security.suites import Suite
from softmeter.transport.errors import TransportError

_MECHANISM_HINT = "try --mechanism lowest, lls, hls5, hls6 or hls7, or another --client"
_HINTS = {
    Diagnostic.NO_REASON: "it may not know client address {sap}; try another --client, --sap or --server-sap",
    Diagnostic.CONTEXT_NOT_SUPPORTED: "client address {sap} must come in {other}; try another --mechanism or --client",
    Diagnostic.CALLING_TITLE_NOT_RECOGNIZED: "it does not know system title {title}; try --title",
    Diagnostic.MECHANISM_NOT_RECOGNISED: _MECHANISM_HINT,
    Diagnostic.MECHANISM_REQUIRED: _MECHANISM_HINT,
    Diagnostic.AUTHENTICATION_FAILURE: "check {where}, and that the meter is of that --suite",
    Diagnostic.AUTHENTICATION_REQUIRED: _MECHANISM_HINT,
}
_PROOFS = {
    Mechanism.HLS_SHA256: "hls_secret",
    Mechanism.HLS_ECDSA: "signing_key, or signing_certificate of the meter beside it,",
}
"""What proves somebody, where it is no key of a cipher."""


class ExplainedError(MeterError):
    """A failure whose text is meant for the person at the keyboard."""


def explained(error: Exception, settings: Settings, login: Login, *, is_open: bool = False) -> ExplainedError:
    """The line for a failure of a conversation; `is_open`: the meter had let the client in."""
    meter, where = settings.serial or settings.meter, login.where
    match error:
        case TransportError() if is_open:
            return ExplainedError(f"{error.fact} in the middle of the conversation; try again, or allow more --timeout")
        case WrongPasswordError():
            ciphered = " (or its keys are not the meter's)" if login.credentials.is_ciphered else ""
            return ExplainedError(
                f"wrong password: {meter} refuses lls_password of {where}{ciphered}; correct it there"
            )
        case WrongKeyError():
            proof = _PROOFS.get(login.credentials.mechanism, "unicast_encryption_key or authentication_key")
            return ExplainedError(f"wrong key: {proof} of {where} is not that of {meter}; {_advice(settings, login)}")
        case CounterTooLowError():
            return ExplainedError(
                f"{meter} has seen a higher invocation counter from title {settings.title.hex()}: another program uses "
                "the same client at this moment; try again when it is done, or with another --title"
            )
        case AssociationRefusedError():
            other = "without ciphering" if login.credentials.is_ciphered else "with ciphering"
            hint = _HINTS.get(error.diagnostic, "try another --client or --mechanism")
            hint = hint.format(sap=login.sap, title=settings.title.hex(), where=where, other=other)
            return ExplainedError(f"{meter} opens no association for client {settings.client}: {hint}")
        case ServiceRefusedError():
            return ExplainedError(f"{meter}: {error}; smartset … info shows what it offers this client")
        case SecurityError():
            return ExplainedError(
                f"{meter} sent an answer that does not verify ({error}); is there another meter between?"
            )
        case TransportError() if (settings.hdlc or settings.mode_e) and settings.serial is None:
            return ExplainedError(f"{error}; if this is a port of the wrapper, leave out --hdlc and --mode-e")
        case TransportError():
            return ExplainedError(str(error))
        case _ if is_open:
            return ExplainedError(f"{meter} sent no right answer: {error}; smartset … trace shows what passes")
        case _:
            return ExplainedError(f"{meter} does not answer as a DLMS meter does: {error}; is this the right port?")


def _advice(settings: Settings, login: Login) -> str:
    """What to try where the meter does not take what these keys protect: above suite 0 right keys are not enough."""
    if login.credentials.suite is Suite.SUITE_0:
        return "take the key file of this meter, or its --suite"
    if settings.sign:
        return (
            "take the key file of this meter; if a request without --sign goes through, the meter does not keep your "
            "certificate (keys certificate import), or signing_certificate of [meter] is not its own"
        )
    return "take the key file of this meter; or it demands signed requests: try --sign"
