module chain_body
  use, intrinsic :: iso_c_binding, only: c_double, c_f_pointer, c_funloc, c_int32_t, c_int64_t, c_loc, &
    c_ptr, c_size_t
  use :: parla_bare, only: check, parla_taskspace_create, parla_taskspace_destroy, parla_taskspace_spawn, &
    parla_taskspace_task, parla_taskspace_wait, PARLA_CPU
  implicit none
  private
  public :: border_is_free, length, run_chain

  integer, parameter :: length = 10

  type, bind(C) :: step_t
    type(c_ptr) :: x
    integer(c_int64_t) :: index
  end type step_t

contains

  !> x = 2 x + i: any other order of the steps gives another x.
  function step(ctx) bind(C) result(code)
    type(c_ptr), value :: ctx
    integer(c_int32_t) :: code
    type(step_t), pointer :: me
    integer(c_int64_t), pointer :: x

    call c_f_pointer(ctx, me)
    call c_f_pointer(me%x, x)
    x = 2 * x + me%index
    code = 0
  end function step

  !> Spawns step order(1), order(2), ... and returns x after all of them.
  function run_chain(order) result(total)
    integer, intent(in) :: order(length)
    integer(c_int64_t) :: total
    integer(c_int64_t), target :: x
    type(step_t), target :: steps(0:length - 1)
    integer(c_int64_t) :: space, dependency, i
    integer :: position

    call check(parla_taskspace_create(ndim=1, shape=[int(length, c_int64_t)], space=space))
    x = 1
    do position = 1, length
      i = order(position)
      call check(parla_taskspace_task(space, [i - 1], dependency))
      steps(i) = step_t(c_loc(x), i)
      call check(parla_taskspace_spawn(space, [i], c_funloc(step), c_loc(steps(i)), PARLA_CPU, &
        0.0_c_double, [dependency], 1_c_size_t))
    end do
    call check(parla_taskspace_wait(space, -1_c_int64_t))
    call check(parla_taskspace_destroy(space))
    total = x
  end function run_chain

  !> T[-1] is outside of the space: the handle is 0, which is no dependency.
  function border_is_free() result(free)
    logical :: free
    integer(c_int64_t) :: space, task

    call check(parla_taskspace_create(ndim=1, shape=[int(length, c_int64_t)], space=space))
    task = 1
    call check(parla_taskspace_task(space, [-1_c_int64_t], task))
    call check(parla_taskspace_destroy(space))
    free = task == 0
  end function border_is_free

end module chain_body

!> A chain in a task space: T[i] depends on T[i-1], in whatever order they are spawned.
program chain
  use, intrinsic :: iso_c_binding, only: c_null_ptr
  use :: parla_bare, only: check, parla_finalize, parla_init, yes_or_no
  use :: chain_body, only: border_is_free, length, run_chain
  implicit none

  integer, parameter :: in_order(length) = [0, 1, 2, 3, 4, 5, 6, 7, 8, 9]
  integer, parameter :: out_of_order(length) = [3, 0, 7, 4, 1, 8, 5, 2, 9, 6]

  call check(parla_init(c_null_ptr))
  print '(2a)', 'T[-1] is no dependency: ', yes_or_no(border_is_free())
  print '(a,i0)', 'in order: ', run_chain(in_order)
  print '(a,i0)', 'out of order: ', run_chain(out_of_order)
  print '(a,i0)', 'finalize returned ', parla_finalize()
end program chain
