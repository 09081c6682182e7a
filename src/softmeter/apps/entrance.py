"""The entrance of both programs: light, so that who interrupts one while it is being loaded sees no traceback."""

from importlib import import_module

INTERRUPTED = 130


def softmeter() -> None:
    """Run `softmeter`."""
    _enter("softmeter.apps.main")


def smartset() -> None:
    """Run `smartset`."""
    _enter("softmeter.apps.smartset.main")


def _enter(module: str) -> None:
    try:
        import_module(module).main()
    except KeyboardInterrupt:
        raise SystemExit(INTERRUPTED) from None
