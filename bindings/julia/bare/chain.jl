# A chain in a task space: T[i] depends on T[i-1], in whatever order they are spawned.
include("parla_bare.jl")

const LENGTH = 10

struct Step
    x::Ptr{Int64}
    index::Int64
end

# x = 2 x + i: any other order of the steps gives another x.
function step(ctx::Ptr{Cvoid})::Int32
    try
        me = unsafe_load(Ptr{Step}(ctx))
        unsafe_store!(me.x, 2 * unsafe_load(me.x) + me.index)
        return 0
    catch
        return 1
    end
end

function create_space()
    space = Ref{UInt64}(0)
    check(parla_taskspace_create(C_NULL, 1, C_NULL, Int64[LENGTH], space))
    return space[]
end

function task_of(space, index)
    task = Ref{UInt64}(1)
    check(parla_taskspace_task(space, Int64[index], task))
    return task[]
end

# Spawns step order[1], order[2], ... and returns x after all of them.
function run_chain(order)
    space = create_space()
    body = @cfunction(step, Int32, (Ptr{Cvoid},))
    x = Ref{Int64}(1)
    steps = Vector{Step}(undef, LENGTH)
    # libparla holds only addresses: what is behind them must stay until the steps are over.
    GC.@preserve x steps begin
        for (position, i) in enumerate(order)
            dependency = task_of(space, i - 1)
            steps[position] = Step(Base.unsafe_convert(Ptr{Int64}, x), i)
            check(parla_taskspace_spawn(
                space, Int64[i], body, pointer(steps, position), PARLA_CPU, 0.0,
                UInt64[dependency], 1, C_NULL))
        end
        check(parla_run_until(Ref(space), 1, -1))
    end
    check(parla_taskspace_destroy(space))
    return x[]
end

# T[-1] is outside of the space: the handle is 0, which is no dependency.
function border_is_free()
    space = create_space()
    task = task_of(space, -1)
    check(parla_taskspace_destroy(space))
    return task == 0
end

function main()
    check(parla_init(without_threads()))
    println("T[-1] is no dependency: ", yes_or_no(border_is_free()))
    println("in order: ", run_chain([0, 1, 2, 3, 4, 5, 6, 7, 8, 9]))
    println("out of order: ", run_chain([3, 0, 7, 4, 1, 8, 5, 2, 9, 6]))
    println("finalize returned ", parla_finalize())
end

main()
