"""One task, and a context through which it gets its input and hands back its result."""

from ctypes import Structure, byref, c_int32, c_uint64

from parla_bare import PARLA_CPU, TASK_FN, check, initialize, parla_finalize, parla_spawn, parla_wait


class Product(Structure):
    _fields_ = [("first", c_int32), ("second", c_int32), ("result", c_int32)]


@TASK_FN
def multiply(ctx):
    # An exception cannot leave a body: ctypes would print it and return 0, which means "done".
    try:
        product = Product.from_address(ctx)
        print("hello from a task")
        product.result = product.first * product.second
        return 0
    except Exception:
        return 1


print("hello from the main program")
initialize()

# The context is memory that this variable owns: it must live until the task is over.
product = Product(first=6, second=7)
task = c_uint64()
check(parla_spawn(multiply, byref(product), PARLA_CPU, 0.0, None, 0, byref(task)))
check(parla_wait(byref(task), 1, -1))

print("the task computed", product.result)
print("finalize returned", parla_finalize())
