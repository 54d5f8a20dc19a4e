!> A body is a module procedure, so that c_funloc gives a plain function's address: that of an internal
!> procedure would stand for a trampoline on the stack and be dead when its host returns.
module hello_body
  use, intrinsic :: iso_c_binding, only: c_f_pointer, c_int32_t, c_ptr
  implicit none
  private
  public :: product_t, multiply

  type, bind(C) :: product_t
    integer(c_int32_t) :: first
    integer(c_int32_t) :: second
    integer(c_int32_t) :: result
  end type product_t

contains

  function multiply(ctx) bind(C) result(code)
    type(c_ptr), value :: ctx
    integer(c_int32_t) :: code
    type(product_t), pointer :: product

    call c_f_pointer(ctx, product)
    print '(a)', 'hello from a task'
    product%result = product%first * product%second
    code = 0
  end function multiply

end module hello_body

!> One task, and a context through which it gets its input and hands back its result.
program hello
  use, intrinsic :: iso_c_binding, only: c_double, c_funloc, c_int64_t, c_loc, c_null_ptr, c_size_t
  use :: parla_bare, only: check, parla_finalize, parla_init, parla_spawn, parla_wait, PARLA_CPU
  use :: hello_body, only: product_t, multiply
  implicit none

  type(product_t), target :: product
  integer(c_int64_t) :: task

  print '(a)', 'hello from the main program'
  call check(parla_init(c_null_ptr))

  product = product_t(first=6, second=7, result=0)
  call check(parla_spawn(c_funloc(multiply), c_loc(product), PARLA_CPU, 0.0_c_double, &
    n_deps=0_c_size_t, task=task))

  ! `product` is used by the task, so the task must be over before anyone touches it here.
  call check(parla_wait([task], 1_c_size_t, -1_c_int64_t))
  print '(a,i0)', 'the task computed ', product%result
  print '(a,i0)', 'finalize returned ', parla_finalize()
end program hello
