"""A chain in a task space: T[i] depends on T[i-1], in whatever order they are spawned."""

from ctypes import POINTER, Structure, byref, c_int64, c_uint64, pointer

from parla_bare import (
    PARLA_CPU, TASK_FN, check, initialize, parla_finalize, parla_taskspace_create,
    parla_taskspace_destroy, parla_taskspace_spawn, parla_taskspace_task, parla_taskspace_wait, yes_or_no)

LENGTH = 10


class Step(Structure):
    _fields_ = [("x", POINTER(c_int64)), ("index", c_int64)]


@TASK_FN
def step(ctx):
    """x = 2 x + i: any other order of the steps gives another x."""
    try:
        me = Step.from_address(ctx)
        me.x[0] = 2 * me.x[0] + me.index
        return 0
    except Exception:
        return 1


def create_space():
    space = c_uint64()
    check(parla_taskspace_create(None, 1, None, byref(c_int64(LENGTH)), byref(space)))
    return space


def task_of(space, index):
    task = c_uint64(1)
    check(parla_taskspace_task(space, byref(c_int64(index)), byref(task)))
    return task


def run_chain(order):
    """Spawns step order[0], order[1], ... and returns x after all of them."""
    space = create_space()
    x = c_int64(1)
    steps = (Step * LENGTH)()
    for i in order:
        dependency = task_of(space, i - 1)
        steps[i].x = pointer(x)
        steps[i].index = i
        check(parla_taskspace_spawn(
            space, byref(c_int64(i)), step, byref(steps[i]), PARLA_CPU, 0.0, byref(dependency), 1, None))
    # `x` and `steps` are alive at least until here, and no task uses them afterwards.
    check(parla_taskspace_wait(space, -1))
    check(parla_taskspace_destroy(space))
    return x.value


def border_is_free():
    """T[-1] is outside of the space: the handle is 0, which is no dependency."""
    space = create_space()
    task = task_of(space, -1)
    check(parla_taskspace_destroy(space))
    return task.value == 0


initialize()
print("T[-1] is no dependency:", yes_or_no(border_is_free()))
print("in order:", run_chain([0, 1, 2, 3, 4, 5, 6, 7, 8, 9]))
print("out of order:", run_chain([3, 0, 7, 4, 1, 8, 5, 2, 9, 6]))
print("finalize returned", parla_finalize())
