"""What a meter's refusals mean to a client, as errors that say which it was."""

from softmeter.dlms.acse import Aare, Diagnostic, Mechanism
from softmeter.dlms.messages import ConfirmedServiceError, ExceptionResponse, InitiateError, ServiceError
from softmeter.errors import ProtocolError


class RefusalError(ProtocolError):
    """The meter would not do what was asked."""


class AssociationRefusedError(RefusalError):
    """The meter opened no association; `diagnostic` is its reason."""

    def __init__(self, message: str, diagnostic: Diagnostic) -> None:
        super().__init__(message)
        self.diagnostic = diagnostic


class WrongPasswordError(AssociationRefusedError):
    """The password is not the meter's."""


class WrongKeyError(RefusalError):
    """The keys or the system title of one side are not those the other expects."""


class KeyRefusedError(AssociationRefusedError, WrongKeyError):
    """The meter opened no association because of the keys, or because of a counter it has seen."""


class CounterTooLowError(RefusalError):
    """The meter has seen a higher invocation counter; `expected` is the lowest it would take."""

    def __init__(self, expected: int | None) -> None:
        start = "read it from the meter first" if expected is None else f"the next one must be {expected} or more"
        super().__init__(f"the invocation counter is too low: {start}")
        self.expected = expected


class ServiceRefusedError(RefusalError):
    """The meter does not offer the service, or not now."""


_HINTS = {
    Diagnostic.NO_REASON: "no reason given; perhaps an unknown client address",
    Diagnostic.CONTEXT_NOT_SUPPORTED: "this client may not use this application context (plain or ciphered)",
    Diagnostic.CALLING_TITLE_NOT_RECOGNIZED: "it does not know the client's system title",
    Diagnostic.MECHANISM_NOT_RECOGNISED: "this client must authenticate by another mechanism",
    Diagnostic.MECHANISM_REQUIRED: "this client must authenticate",
    Diagnostic.AUTHENTICATION_FAILURE: "authentication failed",
    Diagnostic.AUTHENTICATION_REQUIRED: "this client must authenticate",
}


def refused_service(answer: ExceptionResponse | ConfirmedServiceError) -> RefusalError:
    """The error that an answer in place of a response stands for."""
    if isinstance(answer, ConfirmedServiceError):
        return ServiceRefusedError(f"the meter answers with a service error {answer.kind}/{answer.error}")
    if answer.service is ServiceError.DECIPHERING_ERROR:
        return WrongKeyError(
            "the meter cannot decipher the request: check encryption key, authentication key and system title"
        )
    if answer.service is ServiceError.INVOCATION_COUNTER_ERROR:
        last = answer.invocation_counter
        return CounterTooLowError(None if last is None else last + 1)
    state, service = answer.state.name.replace("_", " ").lower(), answer.service.name.replace("_", " ").lower()
    return ServiceRefusedError(f"the meter refuses: {state}, {service}")


def refused_association(
    answer: Aare, mechanism: Mechanism, initiate: ConfirmedServiceError | None, *, ciphered: bool
) -> RefusalError:
    """The error that a rejecting AARE stands for; `initiate` is what its user-information said, if anything."""
    diagnostic = answer.diagnostic
    if diagnostic is Diagnostic.AUTHENTICATION_FAILURE:
        if mechanism is Mechanism.LLS:
            also = " (or a key)" if ciphered else ""
            return WrongPasswordError(f"the meter does not accept the password{also}", diagnostic)
        if ciphered:
            return KeyRefusedError(
                "authentication failed: the keys are not the meter's, or it has seen a higher invocation counter",
                diagnostic,
            )
    reason = _HINTS.get(diagnostic, diagnostic.name.replace("_", " ").lower())
    if initiate is not None and initiate.kind == 6 and initiate.error in set(InitiateError):
        reason = InitiateError(initiate.error).name.replace("_", " ").lower()
    return AssociationRefusedError(f"the meter opens no association: {reason}", diagnostic)
