# One task, and a context through which it gets its input and hands back its result.
include("parla_bare.jl")

struct Product
    first::Int32
    second::Int32
    result::Int32
end

# A context is plain data behind a pointer. (A mutable struct would not do: the compiler may keep a local
# one on the stack without its type, so unsafe_pointer_to_objref cannot be trusted to give it back.) An
# exception must not leave a body: it would jump over libparla's frames.
function multiply(ctx::Ptr{Cvoid})::Int32
    try
        product = unsafe_load(Ptr{Product}(ctx))
        println("hello from a task")
        GC.gc()
        result = product.first * product.second
        unsafe_store!(Ptr{Product}(ctx), Product(product.first, product.second, result))
        return 0
    catch
        return 1
    end
end

function main()
    println("hello from the main program")
    check(parla_init(without_threads()))

    # libparla holds only an address: GC.@preserve keeps what is behind it alive until the task is over.
    body = @cfunction(multiply, Int32, (Ptr{Cvoid},))
    product = Ref(Product(6, 7, 0))
    task = Ref{UInt64}(0)
    GC.@preserve product begin
        ctx = Base.unsafe_convert(Ptr{Product}, product)
        check(parla_spawn(body, ctx, PARLA_CPU, 0.0, C_NULL, 0, task))
        check(parla_run_until(task, 1, -1))
    end

    println("the task computed ", product[].result)
    println("finalize returned ", parla_finalize())
end

main()
