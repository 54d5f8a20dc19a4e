"""Those functions of parla.h which the programs of this folder call, declared for ctypes.

``ctypes.CDLL`` gives up the interpreter lock (GIL) while a call of libparla runs, so that bodies on other
threads can have it; a body that ctypes wraps takes it by itself. ``ctypes.PyDLL`` would keep it: the first
wait would stand still for ever.

``initialize`` asks for ``PARLA_WAIT_THREAD``: bodies then run on their threads' own stacks, the only ones
that the interpreter knows, and one that waits keeps its thread. ``stack_size`` is what C code under Python's
recursion limit, such as ``repr`` and ``json``, may need.
"""

import ctypes
from ctypes import POINTER, byref, c_char_p, c_double, c_int32, c_int64, c_size_t, c_uint32, c_uint64, c_void_p

PARLA_OK = 0
PARLA_CPU = 16777216
PARLA_WAIT_THREAD = 2

# int32_t (*parla_task_fn)(void *ctx). libparla knows only the address: the Python object behind it must
# live until the task is over. A function of a module, decorated with TASK_FN, does.
TASK_FN = ctypes.CFUNCTYPE(c_int32, c_void_p)


class ParlaConfig(ctypes.Structure):
    """typedef struct parla_config_t"""

    _fields_ = [
        ("size", c_uint32), ("num_threads", c_int32), ("bind", c_int32), ("wait_mode", c_int32),
        ("topology", c_char_p), ("stack_size", c_size_t), ("cpu_memory", c_uint64), ("stall_ms", c_int32),
        ("hold_stall_ms", c_int32), ("max_spare_threads", c_int32), ("spin_us", c_int32)]


_library = ctypes.CDLL("libparla.so")


def _declare(name, result, *arguments):
    function = getattr(_library, name)
    function.restype = result
    function.argtypes = arguments
    return function


parla_init = _declare("parla_init", c_int32, POINTER(ParlaConfig))
parla_finalize = _declare("parla_finalize", c_int32)
parla_status_string = _declare("parla_status_string", c_char_p, c_int32)
parla_last_error_message = _declare("parla_last_error_message", c_char_p)
parla_spawn = _declare(
    "parla_spawn", c_int32,
    TASK_FN, c_void_p, c_int32, c_double, POINTER(c_uint64), c_size_t, POINTER(c_uint64))
parla_wait = _declare("parla_wait", c_int32, POINTER(c_uint64), c_size_t, c_int64)
parla_set_failure_text = _declare("parla_set_failure_text", c_int32, c_char_p)
parla_task_state = _declare("parla_task_state", c_int32, c_uint64, POINTER(c_int32))
parla_task_failure = _declare(
    "parla_task_failure", c_int32,
    c_uint64, POINTER(c_int32), POINTER(c_uint64), c_char_p, c_size_t, POINTER(c_size_t))
parla_taskspace_create = _declare(
    "parla_taskspace_create", c_int32,
    c_char_p, c_uint32, POINTER(c_int64), POINTER(c_int64), POINTER(c_uint64))
parla_taskspace_destroy = _declare("parla_taskspace_destroy", c_int32, c_uint64)
parla_taskspace_task = _declare(
    "parla_taskspace_task", c_int32, c_uint64, POINTER(c_int64), POINTER(c_uint64))
parla_taskspace_spawn = _declare(
    "parla_taskspace_spawn", c_int32,
    c_uint64, POINTER(c_int64), TASK_FN, c_void_p, c_int32, c_double, POINTER(c_uint64), c_size_t,
    POINTER(c_uint64))
parla_taskspace_wait = _declare("parla_taskspace_wait", c_int32, c_uint64, c_int64)


def check(status):
    """Raises if a call failed unexpectedly."""
    if status != PARLA_OK:
        raise RuntimeError(
            f"{parla_status_string(status).decode()}: {parla_last_error_message().decode()}")


def initialize():
    """Starts the runtime as the interpreter needs it."""
    config = ParlaConfig(
        size=ctypes.sizeof(ParlaConfig), wait_mode=PARLA_WAIT_THREAD, stack_size=8 << 20)
    check(parla_init(byref(config)))


def yes_or_no(condition):
    return "yes" if condition else "no"
