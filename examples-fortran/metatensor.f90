! Some functions of libmetatensor for Fortran: those that forces.f90 needs. Others are declared the same way, see the headers.
module metatensor
    use, intrinsic :: iso_c_binding
    implicit none

    ! types of elements, as DLPack describes them
    type, bind(C) :: dl_data_type
        integer(c_int8_t) :: code
        integer(c_int8_t) :: bits
        integer(c_int16_t) :: lanes
    end type
    type(dl_data_type), parameter :: float64 = dl_data_type(2_c_int8_t, 64_c_int8_t, 1_c_int16_t)

    ! the length of an axis that can have any: all bits are set
    integer(c_size_t), parameter :: any_length = -1_c_size_t

    interface
        function mts_last_error_message() bind(C) result(message)
            import :: c_ptr
            type(c_ptr) :: message
        end function

        ! only given to mts_tensormap_load
        function mts_create_array(shape, shape_count, dtype, array) bind(C) result(status)
            import :: c_ptr, c_size_t, c_int, dl_data_type
            type(c_ptr), value :: shape, array
            integer(c_size_t), value :: shape_count
            type(dl_data_type), value :: dtype
            integer(c_int) :: status
        end function

        function mts_tensormap_load(path, create_array) bind(C) result(tensor)
            import :: c_ptr, c_funptr, c_char
            character(kind=c_char), intent(in) :: path(*)
            type(c_funptr), value :: create_array
            type(c_ptr) :: tensor
        end function

        function mts_tensormap_free(tensor) bind(C) result(status)
            import :: c_ptr, c_int
            type(c_ptr), value :: tensor
            integer(c_int) :: status
        end function

        function mts_tensormap_block_where(tensor, names, values, count, block) bind(C) result(status)
            import :: c_ptr, c_size_t, c_int, c_int32_t
            type(c_ptr), value :: tensor
            type(c_ptr), intent(in) :: names(*)
            integer(c_int32_t), intent(in) :: values(*)
            integer(c_size_t), value :: count
            type(c_ptr), intent(out) :: block
            integer(c_int) :: status
        end function

        function mts_block_gradient(block, parameter, gradient) bind(C) result(status)
            import :: c_ptr, c_char, c_int
            type(c_ptr), value :: block
            character(kind=c_char), intent(in) :: parameter(*)
            type(c_ptr), intent(out) :: gradient
            integer(c_int) :: status
        end function

        function mts_block_elements(block, dtype, shape, shape_count) bind(C) result(elements)
            import :: c_ptr, c_size_t, dl_data_type
            type(c_ptr), value :: block
            type(dl_data_type), value :: dtype
            integer(c_size_t), intent(inout) :: shape(*)
            integer(c_size_t), value :: shape_count
            type(c_ptr) :: elements
        end function

        function mts_block_labels(block, axis) bind(C) result(labels)
            import :: c_ptr, c_size_t
            type(c_ptr), value :: block
            integer(c_size_t), value :: axis
            type(c_ptr) :: labels
        end function

        function mts_labels_values_cpu(labels, values, count, size) bind(C) result(status)
            import :: c_ptr, c_size_t, c_int
            type(c_ptr), value :: labels
            type(c_ptr), intent(out) :: values
            integer(c_size_t), intent(out) :: count, size
            integer(c_int) :: status
        end function

        function mts_labels_free(labels) bind(C) result(status)
            import :: c_ptr, c_int
            type(c_ptr), value :: labels
            integer(c_int) :: status
        end function

        function mts_gradient_map(block, parameter, map) bind(C) result(status)
            import :: c_ptr, c_char, c_int
            type(c_ptr), value :: block
            character(kind=c_char), intent(in) :: parameter(*)
            type(c_ptr), intent(out) :: map
            integer(c_int) :: status
        end function

        function mts_gradient_map_parents(map, parents, gradient_rows) bind(C) result(status)
            import :: c_ptr, c_size_t, c_int
            type(c_ptr), value :: map
            type(c_ptr), intent(out) :: parents
            integer(c_size_t), intent(out) :: gradient_rows
            integer(c_int) :: status
        end function

        function mts_gradient_map_free(map) bind(C) result(status)
            import :: c_ptr, c_int
            type(c_ptr), value :: map
            integer(c_int) :: status
        end function
    end interface

contains

    ! Stop the program with the message of the last error, if a function returned a status.
    subroutine check(status)
        integer(c_int), intent(in) :: status
        if (status /= 0) call fail()
    end subroutine

    ! The same for functions that return a pointer.
    subroutine check_pointer(pointer)
        type(c_ptr), intent(in) :: pointer
        if (.not. c_associated(pointer)) call fail()
    end subroutine

    subroutine fail()
        use, intrinsic :: iso_fortran_env, only: error_unit
        character(kind=c_char), pointer :: message(:)
        integer :: i
        call c_f_pointer(mts_last_error_message(), message, [1000])
        do i = 1, size(message)
            if (message(i) == c_null_char) exit
            write (error_unit, '(a)', advance='no') message(i)
        end do
        write (error_unit, *)
        error stop 1
    end subroutine
end module
