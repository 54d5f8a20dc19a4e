"""A task fails with a code and a text, its dependent is skipped, and the waiter learns why."""

from ctypes import byref, c_bool, c_int32, c_uint64, create_string_buffer

from parla_bare import (
    PARLA_CPU, TASK_FN, check, initialize, parla_finalize, parla_last_error_message,
    parla_set_failure_text, parla_spawn, parla_task_failure, parla_task_state, parla_wait, yes_or_no)


@TASK_FN
def fail(_ctx):
    parla_set_failure_text(b"the pivot of row 3 is zero")
    return 42


@TASK_FN
def mark(ctx):
    c_bool.from_address(ctx).value = True
    return 0


def state_of(task):
    state = c_int32()
    check(parla_task_state(task, byref(state)))
    return state.value


initialize()

failing = c_uint64()
check(parla_spawn(fail, None, PARLA_CPU, 0.0, None, 0, byref(failing)))
ran = c_bool(False)
dependent = c_uint64()
check(parla_spawn(mark, byref(ran), PARLA_CPU, 0.0, byref(failing), 1, byref(dependent)))

# The message belongs to this thread's last failing call: ask before making another one.
status = parla_wait(byref(dependent), 1, -1)
message = parla_last_error_message()
code = c_int32()
origin = c_uint64()
text = create_string_buffer(256)
check(parla_task_failure(dependent, byref(code), byref(origin), text, len(text), None))

print("the wait returned", status)
print("the failing task: state", state_of(failing))
print(f"its dependent: state {state_of(dependent)}, its body ran: {yes_or_no(ran.value)}")
print(f"the failure: code {code.value}, its origin is the failing task: "
      f"{yes_or_no(origin.value == failing.value)}")
print("the text:", text.value.decode())
print("the last error message has the text:", yes_or_no(text.value in message))
print("finalize returned", parla_finalize())
