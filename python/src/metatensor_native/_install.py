"""Puts the operations of this package in place of the official ones, and takes them away again."""

import contextlib
import functools
import importlib.util
import sys


class _Installation(contextlib.AbstractContextManager):
    """What :py:func:`install` gives: ``with metatensor_native.install(): ...`` ends as it was before."""

    def __init__(self, before):
        self._before = before

    def __exit__(self, *_):
        if self._before is None:
            uninstall()
        else:
            from .operations._run import Strict

            strict, warned = self._before
            install(strict=strict)
            Strict.warned.update(warned)


# what was replaced: (module, name) -> official function
_REPLACED = {}
_FINDER = None


def installed() -> bool:
    """Whether the operations of metatensor are those of this package at the moment."""
    return bool(_REPLACED)


def install(*, strict: bool = False) -> contextlib.AbstractContextManager:
    """Puts :py:mod:`metatensor_native.operations` in place of the official operations, for the whole process.

    These are then the functions of ``metatensor``, ``metatensor.operations`` and ``metatensor.torch``, also if the last one is imported
    later. Functions that were imported by name before (``from metatensor import add``) stay the official ones, and so do those that
    scripted functions and modules of torch call, whenever they are scripted.

    :param strict: whether to warn (:py:class:`DifferentOnPurpose`), once for each operation, where results differ from those of the
        official functions, which are known to be wrong there
    :return: a context manager, which can be ignored. At the end of a ``with`` block, everything is as it was before this call: the official
        operations are back, but for a block inside of another one
    """
    import metatensor
    import metatensor_operations

    from . import operations
    from .operations._run import ORIGINALS, Strict

    before = (Strict.enabled, set(Strict.warned)) if installed() else None
    Strict.enabled = strict
    Strict.warned.clear()
    if not _REPLACED:
        for name in _names(operations):
            native = getattr(operations, name)
            ORIGINALS[metatensor_operations.__name__, name] = getattr(metatensor_operations, name)
            for module in (metatensor_operations, metatensor):
                _replace(module, name, native)
    if "metatensor_torch" in sys.modules:
        _install_in_torch()
    else:
        _watch_torch()
    return _Installation(before)


def uninstall() -> None:
    """Puts the official operations back where :py:func:`install` has replaced them."""
    global _FINDER

    from .operations._run import ORIGINALS, Strict

    for (module, name), function in _REPLACED.items():
        setattr(module, name, function)
    _REPLACED.clear()
    ORIGINALS.clear()
    Strict.enabled = False
    if _FINDER is not None:
        sys.meta_path.remove(_FINDER)
        _FINDER = None


def _names(operations):
    """The operations: switches and exceptions are those of the official package anyhow."""
    functions = ((name, getattr(operations, name)) for name in operations.__all__)
    return [name for name, function in functions if getattr(function, "__module__", "").startswith(operations.__name__)]


def _replace(module, name, function):
    if hasattr(module, name):
        _REPLACED.setdefault((module, name), getattr(module, name))
        setattr(module, name, function)


def _install_in_torch():
    import metatensor_torch

    from . import operations
    from .operations._run import ORIGINALS

    torch_operations = sys.modules["metatensor_torch.operations"]
    for name in _names(operations):
        native, official = getattr(operations, name), getattr(torch_operations, name, None)
        if official is None or (metatensor_torch, name) in _REPLACED:
            continue
        ORIGINALS[torch_operations.__name__, name] = official
        function = _for_torch(native, official)
        for module in (torch_operations, metatensor_torch):
            _replace(module, name, function)


def _for_torch(native, official):
    """The same function, which is the official one for ``torch.jit.script``, like those made by ``torch.jit.script_if_tracing``."""

    @functools.wraps(native)
    def function(*args, **kwargs):
        return native(*args, **kwargs)

    # what the official one was compiled of: compiling it again gives the very same function
    function.__original_fn = getattr(official, "_torchdynamo_inline", official)
    setattr(function, "__script_if_tracing_wrapper", True)
    return function


class _TorchFinder:
    """Installs in ``metatensor.torch`` when that is imported."""

    def find_spec(self, name, path=None, target=None):
        if name != "metatensor_torch":
            return None
        sys.meta_path.remove(self)
        try:
            spec = importlib.util.find_spec(name)
        finally:
            sys.meta_path.insert(0, self)
        if spec is not None and spec.loader is not None:
            execute = spec.loader.exec_module

            def exec_module(module):
                execute(module)
                if _FINDER is not None:
                    _install_in_torch()

            spec.loader.exec_module = exec_module
        return spec


def _watch_torch():
    global _FINDER

    if _FINDER is None:
        _FINDER = _TorchFinder()
        sys.meta_path.insert(0, _FINDER)
