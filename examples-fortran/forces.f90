! Forces from a map in a file.
!
!     forces DATA_DIRECTORY
!
! loads `radial-spectrum.mts` from the directory, and takes the block of nitrogen with nitrogen neighbors. The energy is the sum of
! the squares of its descriptors, x. Forces are minus its derivatives: 2 x dx for each row of the gradient, where the mapping tells
! which sample the row belongs to.
program forces
    use metatensor
    implicit none

    character(len=4096) :: directory
    character(kind=c_char, len=12), target :: center = "center_type" // c_null_char
    character(kind=c_char, len=14), target :: neighbor = "neighbor_type" // c_null_char
    character(kind=c_char, len=*), parameter :: positions = "positions" // c_null_char
    type(c_ptr) :: tensor, block, gradient, map, labels, pointer
    ! arrays of C are in row-major order: the last axis is the first one here
    real(c_double), pointer :: x(:, :), dx(:, :, :)
    integer(c_int64_t), pointer :: parents(:)
    integer(c_int32_t), pointer :: samples(:, :)
    integer(c_size_t) :: shape(2), gradient_shape(3), rows, columns
    real(c_double), allocatable :: force(:, :)
    integer :: row, xyz, atom

    if (command_argument_count() /= 1) error stop "usage: forces DATA_DIRECTORY"
    call get_command_argument(1, directory)

    tensor = mts_tensormap_load(trim(directory) // "/radial-spectrum.mts" // c_null_char, c_funloc(mts_create_array))
    call check_pointer(tensor)
    call check(mts_tensormap_block_where(tensor, [c_loc(center), c_loc(neighbor)], [7, 7], 2_c_size_t, block))
    call check(mts_block_gradient(block, positions, gradient))

    ! values and derivatives, where the library has them
    shape = any_length
    pointer = mts_block_elements(block, float64, shape, 2_c_size_t)
    call check_pointer(pointer)
    call c_f_pointer(pointer, x, [shape(2), shape(1)])
    gradient_shape = [any_length, 3_c_size_t, shape(2)]
    pointer = mts_block_elements(gradient, float64, gradient_shape, 3_c_size_t)
    call check_pointer(pointer)
    call c_f_pointer(pointer, dx, [gradient_shape(3), gradient_shape(2), gradient_shape(1)])

    ! the sample of each row of the gradient, counted from 0
    call check(mts_gradient_map(block, positions, map))
    call check(mts_gradient_map_parents(map, pointer, rows))
    call c_f_pointer(pointer, parents, [rows])

    ! rows of labels: sample, system, atom
    labels = mts_block_labels(gradient, 0_c_size_t)
    call check_pointer(labels)
    call check(mts_labels_values_cpu(labels, pointer, rows, columns))
    call c_f_pointer(pointer, samples, [columns, rows])

    allocate (force(3, 0:maxval(samples(3, :))), source=0.0_c_double)
    do row = 1, int(rows)
        atom = samples(3, row)
        do xyz = 1, 3
            force(xyz, atom) = force(xyz, atom) - 2 * dot_product(x(:, parents(row) + 1), dx(:, xyz, row))
        end do
    end do

    print '(a, f12.8)', "energy:", sum(x**2)
    do atom = minval(samples(3, :)), maxval(samples(3, :))
        print '(a, i0, a, 3f12.8)', "force on atom ", atom, ":", force(:, atom)
    end do
    if (maxval(abs(sum(force, dim=2))) > 1e-12) error stop "the forces have a sum"

    call check(mts_gradient_map_free(map))
    call check(mts_labels_free(labels))
    call check(mts_tensormap_free(tensor))
end program
