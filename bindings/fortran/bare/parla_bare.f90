!> Those functions of parla.h which the programs of this folder call, one interface each.
!>
!> Handles are 64 bits and only compared and copied, so a signed integer carries them. An argument that
!> may be NULL in C is `optional`: one that is absent arrives as NULL.
module parla_bare
  use, intrinsic :: iso_c_binding, only: c_char, c_double, c_funptr, c_int32_t, c_int64_t, c_ptr, c_size_t
  use, intrinsic :: iso_fortran_env, only: error_unit
  implicit none
  private

  public :: parla_finalize, parla_init, parla_last_error, parla_set_failure_text, parla_spawn, &
    parla_task_failure, parla_task_state, parla_taskspace_create, parla_taskspace_destroy, &
    parla_taskspace_spawn, parla_taskspace_task, parla_taskspace_wait, parla_wait
  public :: check, last_error, yes_or_no

  integer(c_int32_t), parameter, public :: PARLA_OK = 0_c_int32_t
  integer(c_int32_t), parameter, public :: PARLA_CPU = 16777216_c_int32_t

  interface
    ! parla_status_t parla_init(const parla_config_t *config);
    function parla_init(config) bind(C, name='parla_init') result(status)
      import :: c_int32_t, c_ptr
      type(c_ptr), value :: config
      integer(c_int32_t) :: status
    end function parla_init

    ! parla_status_t parla_finalize(void);
    function parla_finalize() bind(C, name='parla_finalize') result(status)
      import :: c_int32_t
      integer(c_int32_t) :: status
    end function parla_finalize

    ! parla_status_t parla_last_error(char *text, size_t capacity, size_t *length);
    function parla_last_error(text, capacity, length) bind(C, name='parla_last_error') result(status)
      import :: c_char, c_int32_t, c_size_t
      character(kind=c_char), intent(out), optional :: text(*)
      integer(c_size_t), value :: capacity
      integer(c_size_t), intent(out), optional :: length
      integer(c_int32_t) :: status
    end function parla_last_error

    ! parla_status_t parla_spawn(parla_task_fn fn, void *ctx, parla_place_t place, double vcus,
    !                            const parla_handle_t *deps, size_t n_deps, parla_task_t *task);
    function parla_spawn(fn, ctx, place, vcus, deps, n_deps, task) bind(C, name='parla_spawn') result(status)
      import :: c_double, c_funptr, c_int32_t, c_int64_t, c_ptr, c_size_t
      type(c_funptr), value :: fn
      type(c_ptr), value :: ctx
      integer(c_int32_t), value :: place
      real(c_double), value :: vcus
      integer(c_int64_t), intent(in), optional :: deps(*)
      integer(c_size_t), value :: n_deps
      integer(c_int64_t), intent(out), optional :: task
      integer(c_int32_t) :: status
    end function parla_spawn

    ! parla_status_t parla_wait(const parla_handle_t *handles, size_t n, int64_t timeout_ns);
    function parla_wait(handles, n, timeout_ns) bind(C, name='parla_wait') result(status)
      import :: c_int32_t, c_int64_t, c_size_t
      integer(c_int64_t), intent(in) :: handles(*)
      integer(c_size_t), value :: n
      integer(c_int64_t), value :: timeout_ns
      integer(c_int32_t) :: status
    end function parla_wait

    ! parla_status_t parla_taskspace_wait(parla_taskspace_t space, int64_t timeout_ns);
    function parla_taskspace_wait(space, timeout_ns) bind(C, name='parla_taskspace_wait') result(status)
      import :: c_int32_t, c_int64_t
      integer(c_int64_t), value :: space
      integer(c_int64_t), value :: timeout_ns
      integer(c_int32_t) :: status
    end function parla_taskspace_wait

    ! parla_status_t parla_set_failure_text(const char *text);
    function parla_set_failure_text(text) bind(C, name='parla_set_failure_text') result(status)
      import :: c_char, c_int32_t
      character(kind=c_char), intent(in) :: text(*)
      integer(c_int32_t) :: status
    end function parla_set_failure_text

    ! parla_status_t parla_task_state(parla_task_t task, int32_t *state);
    function parla_task_state(task, state) bind(C, name='parla_task_state') result(status)
      import :: c_int32_t, c_int64_t
      integer(c_int64_t), value :: task
      integer(c_int32_t), intent(out) :: state
      integer(c_int32_t) :: status
    end function parla_task_state

    ! parla_status_t parla_task_failure(parla_task_t task, int32_t *code, parla_task_t *origin,
    !                                   char *text, size_t capacity, size_t *length);
    function parla_task_failure(task, code, origin, text, capacity, length) &
      bind(C, name='parla_task_failure') result(status)
      import :: c_char, c_int32_t, c_int64_t, c_size_t
      integer(c_int64_t), value :: task
      integer(c_int32_t), intent(out), optional :: code
      integer(c_int64_t), intent(out), optional :: origin
      character(kind=c_char), intent(out), optional :: text(*)
      integer(c_size_t), value :: capacity
      integer(c_size_t), intent(out), optional :: length
      integer(c_int32_t) :: status
    end function parla_task_failure

    ! parla_status_t parla_taskspace_create(const char *name, uint32_t ndim, const int64_t *lower,
    !                                       const int64_t *shape, parla_taskspace_t *space);
    function parla_taskspace_create(name, ndim, lower, shape, space) &
      bind(C, name='parla_taskspace_create') result(status)
      import :: c_char, c_int32_t, c_int64_t
      character(kind=c_char), intent(in), optional :: name(*)
      integer(c_int32_t), value :: ndim
      integer(c_int64_t), intent(in), optional :: lower(*)
      integer(c_int64_t), intent(in), optional :: shape(*)
      integer(c_int64_t), intent(out) :: space
      integer(c_int32_t) :: status
    end function parla_taskspace_create

    ! parla_status_t parla_taskspace_destroy(parla_taskspace_t space);
    function parla_taskspace_destroy(space) bind(C, name='parla_taskspace_destroy') result(status)
      import :: c_int32_t, c_int64_t
      integer(c_int64_t), value :: space
      integer(c_int32_t) :: status
    end function parla_taskspace_destroy

    ! parla_status_t parla_taskspace_task(parla_taskspace_t space, const int64_t *index, parla_task_t *task);
    function parla_taskspace_task(space, index, task) bind(C, name='parla_taskspace_task') result(status)
      import :: c_int32_t, c_int64_t
      integer(c_int64_t), value :: space
      integer(c_int64_t), intent(in) :: index(*)
      integer(c_int64_t), intent(out) :: task
      integer(c_int32_t) :: status
    end function parla_taskspace_task

    ! parla_status_t parla_taskspace_spawn(parla_taskspace_t space, const int64_t *index, parla_task_fn fn,
    !                                      void *ctx, parla_place_t place, double vcus,
    !                                      const parla_handle_t *deps, size_t n_deps, parla_task_t *task);
    function parla_taskspace_spawn(space, index, fn, ctx, place, vcus, deps, n_deps, task) &
      bind(C, name='parla_taskspace_spawn') result(status)
      import :: c_double, c_funptr, c_int32_t, c_int64_t, c_ptr, c_size_t
      integer(c_int64_t), value :: space
      integer(c_int64_t), intent(in) :: index(*)
      type(c_funptr), value :: fn
      type(c_ptr), value :: ctx
      integer(c_int32_t), value :: place
      real(c_double), value :: vcus
      integer(c_int64_t), intent(in), optional :: deps(*)
      integer(c_size_t), value :: n_deps
      integer(c_int64_t), intent(out), optional :: task
      integer(c_int32_t) :: status
    end function parla_taskspace_spawn
  end interface

contains

  !> Ends the program if a call failed unexpectedly.
  subroutine check(status)
    integer(c_int32_t), intent(in) :: status

    if (status == PARLA_OK) return
    write (error_unit, '(a,i0,2a)') 'status ', status, ': ', last_error()
    error stop 1
  end subroutine check

  !> What went wrong in this thread's last call that failed.
  function last_error() result(message)
    character(len=:), allocatable :: message
    character(kind=c_char, len=1024) :: text
    integer(c_size_t) :: length

    ! A longer message is cut, which is a status that does not matter here.
    if (parla_last_error(text, len(text, c_size_t), length) == PARLA_OK) continue
    message = text(1:min(length, len(text, c_size_t) - 1))
  end function last_error

  function yes_or_no(condition) result(text)
    logical, intent(in) :: condition
    character(len=:), allocatable :: text

    text = trim(merge('yes', 'no ', condition))
  end function yes_or_no

end module parla_bare
