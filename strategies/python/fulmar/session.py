"""A session from its attachment to its end, with callbacks or as a loop over what happens."""

from __future__ import annotations

import ctypes
import json
import os
import signal
import threading
from collections import deque
from collections.abc import Iterator
from contextlib import contextmanager
from types import TracebackType
from typing import Any, Callable, NamedTuple, Optional

from .abi import (
    ABI_VERSION,
    BookUpdate,
    Callbacks,
    Error,
    Happened,
    Level,
    Options,
    Result,
    Strategy,
    Wait,
)
from .context import Context
from .error import FulmarError
from .library import check, library


class Event(NamedTuple):
    """What happened, for a loop of one's own."""

    kind: str
    """Which callback it would be, without its `on_`: "quote", "order_filled", ..."""

    what: Any
    """What that callback would be given; None of "start" and "stop"."""


class Session:
    """A strategy that is attached to an engine.

    With a strategy, `run` or `turn` call it back. Without one, `events` gives what happens one by one, and between two
    of them `context` may be asked and told:

        with fulmar.Session(name="outside") as session:
            for event in session.events():
                if event.kind == "quote":
                    print(event.what.bid.price)

    Use it from one thread; `stop` may be called from any.
    """

    def __init__(
        self,
        strategy: Optional[Strategy] = None,
        *,
        name: Optional[str] = None,
        socket: Optional[str] = None,
        wait: Wait = Wait.DEFAULT,
        take_over: bool = False,
    ) -> None:
        """Attaches; with `take_over` in the place of the process that is attached under the name, if one is.

        What is not said here the environment says: FULMAR_STRATEGY, FULMAR_SOCKET, FULMAR_WAIT, FULMAR_TAKE_OVER.
        """
        self._library = library()
        self._failure: Optional[BaseException] = None
        self._events: deque[Event] = deque()
        self._context: Optional[Context] = None
        self.words = ""
        """Why the session is over, in words, once it is: the engine's own where it sent the process away."""
        # The library keeps the functions, but no hold on them.
        self._callbacks = self._table(strategy)
        options = Options(
            abi_version=ABI_VERSION, wait=wait, take_over=take_over, name=_bytes(name), socket=_bytes(socket)
        )
        error = Error()
        self._session = self._library.fulmar_attach(options, self._callbacks, None, error)
        if not self._session:
            raise FulmarError(error.result, error.text)
        self._context = Context(self._library.fulmar_session_context(self._session))

    @property
    def context(self) -> Context:
        """What is seen, and the doors for what is wanted."""
        assert self._context is not None, "a session has one from its attachment on"
        return self._context

    def turn(self) -> bool:
        """One turn: what came is told, and where nothing came it waits a twentieth of a second at the most.

        True as long as the session goes on. What a callback raised is raised here, and the session is over.
        """
        return self._turn() == Result.OK

    def run(self) -> Result:
        """Turns until the session is over: `STOPPED`, `ENGINE_GONE`, `PLAYED` or `REPLACED`."""
        while True:
            result = self._turn()
            if result != Result.OK:
                return result

    def events(self) -> Iterator[Event]:
        """What happens, one by one, until the session is over."""
        while True:
            result = self._turn()
            while self._events:
                yield self._events.popleft()
            if result != Result.OK:
                return

    def stop(self) -> None:
        """Ends the session soon. From any thread, and from a signal handler."""
        if self._session:
            self._library.fulmar_stop(self._session)

    def detach(self) -> None:
        """Detaches, after `on_stop`. What becomes of the orders the engine's configuration says."""
        if self._session:
            check(self._library.fulmar_detach(self._session))
            self._session = None
        self._raise()

    def __enter__(self) -> Session:
        return self

    def __exit__(
        self,
        kind: Optional[type[BaseException]],
        error: Optional[BaseException],
        traceback: Optional[TracebackType],
    ) -> None:
        self.detach()

    def _turn(self) -> Result:
        if not self._session:
            raise FulmarError(Result.BUSY, "the session is detached")
        error = Error()
        result = Result(self._library.fulmar_turn(self._session, error))
        self._raise()
        if result < 0:
            raise FulmarError(result, error.text)
        self.words = error.text
        return result

    def _raise(self) -> None:
        """Raises once what a callback raised."""
        failure, self._failure = self._failure, None
        if failure is not None:
            raise failure

    def _table(self, strategy: Optional[Strategy]) -> Callbacks:
        table = Callbacks()
        for field in Callbacks._fields_:
            name, prototype = field[0], field[1]
            if strategy is None:
                setattr(table, name, prototype(self._call(name, self._keep(name))))
            elif getattr(type(strategy), name) is not getattr(Strategy, name):
                setattr(table, name, prototype(self._call(name, getattr(strategy, name))))
        return table

    def _keep(self, name: str) -> Callable[..., None]:
        kind = name[len("on_") :]
        return lambda _, what=None: self._events.append(Event(kind, what))

    def _call(self, name: str, method: Callable[..., None]) -> Callable[..., None]:
        """What the library calls: nothing that is raised may reach it."""

        def call(_user: Any, context: Any, *happened: Any) -> None:
            if self._failure is not None:
                return
            try:
                here = self._context or Context(context)
                if happened:
                    method(here, _copied(*happened))
                else:
                    method(here)
            except BaseException as failure:
                self._failure = failure
                self.stop()

        return call


def run(
    strategy: Strategy,
    *,
    name: Optional[str] = None,
    socket: Optional[str] = None,
    wait: Wait = Wait.DEFAULT,
    take_over: bool = False,
) -> Result:
    """Attaches a strategy and runs it until the engine is gone, or somebody wants an end with Ctrl-C or a signal.

    What a callback raises ends the session, and is raised here.
    """
    session = Session(strategy, name=name, socket=socket, wait=wait, take_over=take_over)
    with session, _stopped_by_signals(session):
        return session.run()


def parameters() -> dict[str, str]:
    """The parameters of the strategy: what `fulmar strategy run PATH --set NAME=VALUE` says."""
    text = os.environ.get("FULMAR_PARAMETERS") or "{}"
    try:
        stated = json.loads(text)
    except ValueError as error:
        raise FulmarError(Result.ARGUMENT, f"FULMAR_PARAMETERS is no JSON: {error}") from None
    if not isinstance(stated, dict):
        raise FulmarError(Result.ARGUMENT, "FULMAR_PARAMETERS is no JSON object")
    return {str(name): str(value) for name, value in stated.items()}


@contextmanager
def _stopped_by_signals(session: Session) -> Iterator[None]:
    """Has the signals that ask a program to end do so with `on_stop`; in the main thread, where Python hears them."""
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    kinds = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)
    before = {kind: signal.signal(kind, lambda *_: session.stop()) for kind in kinds}
    try:
        yield
    finally:
        for kind, handler in before.items():
            signal.signal(kind, handler)


def _copied(event: Any, payload: Any) -> Happened:
    """What happened, as Python's own."""
    what: Happened = type(payload.contents).from_buffer_copy(payload.contents)
    if isinstance(what, BookUpdate):
        what._bids = _own_levels(what._bids, what.bid_count)
        what._asks = _own_levels(what._asks, what.ask_count)
    happened = event.contents
    what.instrument_id = happened.instrument_id
    what.received_at = happened.received_at
    what.is_suspect = bool(happened.is_suspect)
    return what


def _own_levels(levels: Any, count: int) -> Any:
    copied = (Level * count).from_buffer_copy(ctypes.string_at(levels, count * ctypes.sizeof(Level)))
    return ctypes.cast(copied, ctypes.POINTER(Level))


def _bytes(text: Optional[str]) -> Optional[bytes]:
    return None if text is None else text.encode()
