module error_bodies
  use, intrinsic :: iso_c_binding, only: c_f_pointer, c_int32_t, c_null_char, c_ptr
  use :: parla_bare, only: parla_set_failure_text, PARLA_OK
  implicit none
  private
  public :: fail, mark

contains

  !> Fails with the code that the context holds, and a text. C ends a string with NUL, so the text does.
  function fail(ctx) bind(C) result(code)
    type(c_ptr), value :: ctx
    integer(c_int32_t) :: code
    integer(c_int32_t), pointer :: wanted

    call c_f_pointer(ctx, wanted)
    code = wanted
    if (parla_set_failure_text('the pivot of row 3 is zero' // c_null_char) /= PARLA_OK) code = 1
  end function fail

  !> Says that it ran.
  function mark(ctx) bind(C) result(code)
    type(c_ptr), value :: ctx
    integer(c_int32_t) :: code
    integer(c_int32_t), pointer :: ran

    call c_f_pointer(ctx, ran)
    ran = 1
    code = 0
  end function mark

end module error_bodies

!> A task fails with a code and a text, its dependent is skipped, and the waiter learns why.
program error
  use, intrinsic :: iso_c_binding, only: c_char, c_double, c_funloc, c_int32_t, c_int64_t, c_loc, &
    c_null_ptr, c_size_t
  use :: parla_bare, only: check, last_error, parla_finalize, parla_init, parla_spawn, parla_task_failure, &
    parla_task_state, parla_wait, yes_or_no, PARLA_CPU
  use :: error_bodies, only: fail, mark
  implicit none

  integer(c_size_t), parameter :: capacity = 256
  integer(c_int64_t) :: failing, dependent, origin
  integer(c_int32_t) :: status, failing_state, dependent_state, code
  integer(c_size_t) :: length
  character(kind=c_char, len=capacity) :: text
  integer(c_int32_t), target :: wanted, ran
  logical :: told

  call check(parla_init(c_null_ptr))
  wanted = 42
  call check(parla_spawn(c_funloc(fail), c_loc(wanted), PARLA_CPU, 0.0_c_double, &
    n_deps=0_c_size_t, task=failing))
  ran = 0
  call check(parla_spawn(c_funloc(mark), c_loc(ran), PARLA_CPU, 0.0_c_double, &
    [failing], 1_c_size_t, dependent))

  ! The message belongs to this thread's last failing call: ask before making another one.
  status = parla_wait([dependent], 1_c_size_t, -1_c_int64_t)
  call check(parla_task_state(failing, failing_state))
  call check(parla_task_state(dependent, dependent_state))
  call check(parla_task_failure(dependent, code, origin, text, capacity, length))
  told = index(last_error(), text(1:length)) > 0

  print '(a,i0)', 'the wait returned ', status
  print '(a,i0)', 'the failing task: state ', failing_state
  print '(a,i0,2a)', 'its dependent: state ', dependent_state, ', its body ran: ', yes_or_no(ran /= 0)
  print '(a,i0,2a)', 'the failure: code ', code, ', its origin is the failing task: ', &
    yes_or_no(origin == failing)
  print '(2a)', 'the text: ', text(1:length)
  print '(2a)', 'the last error message has the text: ', yes_or_no(told)
  print '(a,i0)', 'finalize returned ', parla_finalize()
end program error
