# A task fails with a code and a text, its dependent is skipped, and the waiter learns why.
include("parla_bare.jl")

function fail(::Ptr{Cvoid})::Int32
    parla_set_failure_text("the pivot of row 3 is zero")
    return 42
end

function mark(ctx::Ptr{Cvoid})::Int32
    unsafe_store!(Ptr{Bool}(ctx), true)
    return 0
end

function state_of(task)
    state = Ref{Int32}(0)
    check(parla_task_state(task, state))
    return state[]
end

function main()
    check(parla_init(without_threads()))

    failing = Ref{UInt64}(0)
    check(parla_spawn(
        @cfunction(fail, Int32, (Ptr{Cvoid},)), C_NULL, PARLA_CPU, 0.0, C_NULL, 0, failing))
    ran = Ref(false)
    dependent = Ref{UInt64}(0)
    status = GC.@preserve ran begin
        check(parla_spawn(
            @cfunction(mark, Int32, (Ptr{Cvoid},)), Base.unsafe_convert(Ptr{Bool}, ran), PARLA_CPU, 0.0,
            failing, 1, dependent))
        parla_run_until(dependent, 1, -1)
    end

    # The message belongs to this thread's last failing call: ask before making another one.
    message = unsafe_string(parla_last_error_message())
    code = Ref{Int32}(0)
    origin = Ref{UInt64}(0)
    buffer = Vector{UInt8}(undef, 256)
    length = Ref{Csize_t}(0)
    check(parla_task_failure(dependent[], code, origin, buffer, sizeof(buffer), length))
    text = String(buffer[1:length[]])

    println("the wait returned ", status)
    println("the failing task: state ", state_of(failing[]))
    println("its dependent: state ", state_of(dependent[]), ", its body ran: ", yes_or_no(ran[]))
    println("the failure: code ", code[], ", its origin is the failing task: ",
            yes_or_no(origin[] == failing[]))
    println("the text: ", text)
    println("the last error message has the text: ", yes_or_no(occursin(text, message)))
    println("finalize returned ", parla_finalize())
end

main()
